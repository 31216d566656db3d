"""The other commands as processes: bench, say, render."""

from __future__ import annotations

import json
from pathlib import Path
import signal

from graph_harness import alive, Command, eventually, run
import numpy as np
import pytest
from stream_decoding import plain, Shown, transcribe
from txt2vid_ros.bench.rig.running_graph import descendants


def bench(folder: Path, *words: str) -> dict[str, object]:
    """Run a benchmark and return the one object that it prints."""
    with Command(folder, 'bench', *words, '--json') as command:
        assert command.wait(240) == 0, command.text
    objects = [line for line in command.lines if line.startswith('{')]
    assert len(objects) == 1, command.text
    return json.loads(objects[0])


def test_picture_and_sound_reach_a_viewer_in_step(tmp_path: Path) -> None:
    figures = bench(tmp_path, 'sync', '--seconds', '22')
    assert figures['claps'] >= 20
    assert abs(figures['offset_ms_median']) <= 20
    assert figures['offset_ms_p95'] <= 20  # so one of them may have met a stall of the machine
    assert 'drift_ms_per_min' in figures


def test_bench_latency_measures_every_stage(tmp_path: Path) -> None:
    figures = bench(tmp_path, 'latency', '--sentences', '3')
    assert figures['sentences'] == 3
    assert 0 < figures['text_to_sound_ms_p50'] <= figures['text_to_sound_ms_p95']
    # A sample is never at the viewer long before it is presented: the timeline would be broken.
    stages = figures['stages']
    assert set(stages) == {'text_to_first_chunk_ms', 'first_chunk_to_presentation_ms',
                           'presentation_to_viewer_ms'}
    assert stages['text_to_first_chunk_ms'] > 0
    assert figures['voice_alone_ms'] > 0 and figures['over_floor'] > 0


def test_bench_graph_counts_frames_processor_and_memory(tmp_path: Path) -> None:
    figures = bench(tmp_path, 'graph', '--seconds', '4')
    assert 0 <= figures['frames_on_time'] <= 1
    assert figures['cpu_cores'] > 0.05
    assert 100 < figures['rss_mb'] < 4000
    assert figures['frames'] > 50


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_benchmark_that_is_ended_takes_its_graph_with_it(
        tmp_path: Path, number: signal.Signals) -> None:
    # While it is still starting, too.
    with Command(tmp_path, 'bench', 'graph', '--seconds', '300') as command:
        started = eventually(lambda: found if len(found := descendants(command.pid)) > 4 else None,
                             'the graph')
        command.process.send_signal(number)
        assert command.wait() == 128 + number
    eventually(lambda: not any(map(alive, started)), 'the end of the graph')


def test_bench_render_compares_with_real_time(tmp_path: Path) -> None:
    figures = bench(tmp_path, 'render', '--seconds', '1', '--engine', 'flash')
    assert figures['speed'] == pytest.approx(figures['video_seconds'] / figures['seconds'])


def test_a_benchmark_is_a_table_for_people(tmp_path: Path) -> None:
    status, text = run(tmp_path, 'bench', 'render', '--seconds', '1', '--engine', 'flash')
    assert status == 0
    assert text.startswith('render on ')
    assert 'speed: ' in text


def test_say_without_a_talking_head_says_so(tmp_path: Path) -> None:
    status, text = run(tmp_path, 'say', '--timeout', '1', '--namespace', '/nobody', 'Hello')
    assert status == 2
    assert text.startswith('txt2vid: no tts node listens on /nobody/heard. Start ')
    assert '\n' not in text


@pytest.mark.parametrize(('words', 'pattern'), [
    ((), 'there is nothing to say'),
    (('--file', 'nowhere.txt'), 'nowhere.txt cannot be read'),
    (('--namespace', 'a b', 'Hello'), "namespace: 'a b' is no ROS namespace"),
])
def test_say_tells_what_is_wrong(tmp_path: Path, words: tuple[str, ...], pattern: str) -> None:
    status, text = run(tmp_path, 'say', *words)
    assert (status, text.count('\n')) == (2, 0)
    assert pattern in text


def test_render_makes_a_video_of_a_text_file(tmp_path: Path) -> None:
    (tmp_path / 'text.txt').write_text('The train leaves at half past nine.\n')
    out = tmp_path / 'train.mp4'
    status, text = run(tmp_path, 'render', '--text-file', str(tmp_path / 'text.txt'),
                       '--out', str(out), '--speed', '1.1', '--max-pixels', '307200')
    assert status == 0, text
    assert 'times real time' in text
    shown = Shown(out)
    assert transcribe(shown.timing.samples) == plain('The train leaves at half past nine')
    assert shown.frames.shape[1:] == (480, 640, 3)


def test_render_moves_the_lips_to_a_recording(tmp_path: Path) -> None:
    assert run(tmp_path, 'render', '--text', 'Hello over there.', '--engine', 'flash', '--out',
               str(tmp_path / 'voice.mkv'))[0] == 0
    out = tmp_path / 'lips.mp4'
    status, text = run(tmp_path, 'render', '--audio', str(tmp_path / 'voice.mkv'), '--out',
                       str(out), '--width', '320', '--height', '240', '--fps', '30')
    assert status == 0, text
    shown, voice = Shown(out), Shown(tmp_path / 'voice.mkv')
    assert transcribe(shown.timing.samples) == 'hello over there'
    assert np.allclose(np.diff(shown.timing.frame_times), 1 / 30, atol=0.002)
    assert abs(len(shown.timing.samples) - len(voice.timing.samples)) < 48000 * 0.1


@pytest.mark.parametrize(('words', 'pattern'), [
    (('--text', '😀'), 'nothing to pronounce'),
    (('--text', '你好，世界。'), "a voice for en has no sounds for this text: '你好'"),
    (('--text', 'Hi', '--fps', '0'), '--fps 0 is not possible'),
    (('--text', 'Hi', '--tts', 'nobody'), "--tts: there is no provider 'nobody'"),
    (('--text', 'Hi', '--engine', 'nobody'), "--engine: there is no provider 'nobody'"),
    (('--text', 'Hi', '--face', 'nobody.png'), 'nobody.png does not exist'),
    (('--text-file', 'nowhere.txt'), 'nowhere.txt cannot be read'),
    (('--audio', 'nowhere.wav'), 'nowhere.wav'),
    (('--text', 'Hi', '--audio', 'a.wav'), 'not allowed with'),
    ((), 'one of the arguments --text --text-file --audio --jobs is required'),
])
def test_render_tells_what_is_wrong(tmp_path: Path, words: tuple[str, ...], pattern: str) -> None:
    out = tmp_path / 'a.mp4'
    engine = () if '--engine' in words or '--face' in words else ('--engine', 'flash')
    status, text = run(tmp_path, 'render', *words, *engine, '--out', str(out))
    said = [line for line in text.split('\n') if pattern in line]
    assert status == 2, text
    assert len(said) == 1, text
    assert 'Traceback' not in text
    assert not out.exists()
