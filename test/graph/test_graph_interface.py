"""What a running graph offers to others: topics with their QoS, parameters, `txt2vid say`."""

from __future__ import annotations

from collections.abc import Iterator
import json
import os
from pathlib import Path
import pty
import select
import subprocess
import sys
import termios

from audio_common_msgs.msg import AudioInfo
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from graph_harness import (
    Command,
    eventually,
    FAST,
    node_environment,
    ROOT,
    run,
    TalkingHead,
    TIMEOUT,
)
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from ros_observer import end_of, Observer, Recording
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.parameters import READ_ONCE


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('interface')


@pytest.fixture(scope='module')
def head(folder: Path) -> Iterator[TalkingHead]:
    with TalkingHead(folder, *FAST, '--tts', 'hibari') as head:
        yield head.ready()
        assert head.stop() == 0


def test_who_joins_late_learns_the_sound_format(head: TalkingHead) -> None:
    with Observer(head) as late:
        info = late.record(AudioInfo, 'voice/audio_info', qos.INFO).wait()
    assert (info.channels, info.sample_rate, info.sample_format) == (1, VOICE_RATE, 'S16LE')


QOS = {'voice/audio': (300, False), 'voice/mouth': (50, False), 'voice/audio_info': (1, True),
       'voice/caption': (50, False), 'voice/speaking': (1, True), 'voice/speakers': (1, True),
       'voice/interrupted': (50, False), 'voice/held': (1, True),
       'face/image_raw': (5, False), 'face/image_raw/compressed': (5, False),
       'face/camera_info': (5, False), 'stream/url': (1, True), 'trace': (100, True)}


@pytest.mark.parametrize('topic', QOS)
def test_topics_are_reliable(head: TalkingHead, observer: Observer, topic: str) -> None:
    publishers = eventually(
        lambda: observer.node.get_publishers_info_by_topic(f'{head.namespace}/{topic}'), topic)
    profile = publishers[0].qos_profile
    assert profile.reliability == ReliabilityPolicy.RELIABLE
    assert (profile.durability == DurabilityPolicy.TRANSIENT_LOCAL) == QOS[topic][1]


def test_parameters_that_are_live_change_and_others_say_why_not(observer: Observer) -> None:
    taken, reason = observer.set_parameter('tts', 'queue', 3)
    assert not taken
    assert READ_ONCE in reason
    assert observer.get_parameter('tts', 'queue') == 64
    assert READ_ONCE in observer.describe('tts', 'queue').additional_constraints
    assert READ_ONCE not in observer.describe('tts', 'max_characters').additional_constraints
    taken, reason = observer.set_parameter('lipsync', 'jpeg_quality', 1000)
    assert not taken
    assert observer.set_parameter('lipsync', 'jpeg_quality', 60) == (True, '')
    assert observer.get_parameter('lipsync', 'jpeg_quality') == 60
    assert observer.set_parameter('tts', 'max_characters', 'many')[0] is False


def test_parameters_say_what_they_are(observer: Observer) -> None:
    speed = observer.describe('tts', 'speed')
    assert 'pace' in speed.description
    limits = speed.floating_point_range[0]
    assert (limits.from_value, limits.to_value) == (0.5, 2.0)
    assert 'superfast' in observer.describe('stream', 'preset').additional_constraints
    quality = observer.describe('lipsync', 'jpeg_quality').integer_range[0]
    assert (quality.from_value, quality.to_value) == (1, 100)


def say(head: TalkingHead, folder: Path, *words: str, **more: object) -> tuple[int, str]:
    """Run `txt2vid say` in the head's namespace."""
    return run(folder, 'say', '--namespace', head.namespace, *words, domain=head.domain, **more)


def test_say_waits_until_it_is_said(
        head: TalkingHead, folder: Path, audio: Recording) -> None:
    before = len(audio.messages)
    assert say(head, folder, 'Yes.') == (0, '')
    end = messages.from_time(end_of(audio, before).header.stamp)
    assert head.status()['now_ns'] >= end


def test_say_does_not_wait_where_it_is_not_to(
        head: TalkingHead, folder: Path, observer: Observer, audio: Recording) -> None:
    before = len(audio.messages)
    assert say(head, folder, '--no-wait', '--speaker', 'robot', 'x' * 60) == (0, '')
    assert not [each for each in audio.messages[before:] if not len(each.audio.data)]
    assert say(head, folder, '--interrupt') == (0, '')
    end_of(audio, before)


def test_say_reads_files_and_standard_input(
        head: TalkingHead, folder: Path, audio: Recording) -> None:
    (folder / 'two.txt').write_text('One\nline.\n\n\n\nTwo.\n')
    before = len(audio.messages)
    assert say(head, folder, '--file', str(folder / 'two.txt')) == (0, '')
    assert say(head, folder, '-', stdin=b'Three.') == (0, '')
    ends = [each for each in audio.messages[before:] if not len(each.audio.data)]
    assert len(ends) == 3


@pytest.fixture(scope='module')
def spoken(head: TalkingHead, folder: Path) -> str:
    """Have a sentence spoken; return it."""
    text = 'Good morning, everybody.'
    assert say(head, folder, '--speaker', 'anna', text) == (0, '')
    return text


def test_trace_shows_a_sentences_way_through_the_graph(
        head: TalkingHead, folder: Path, spoken: str) -> None:
    words = ('trace', '--namespace', head.namespace, '--count')
    # What was said before is remembered, whoever asks.
    status, text = run(folder, *words[:-1], '--json', '--once', domain=head.domain)
    assert status == 0, text
    traces = [json.loads(line) for line in text.split('\n')]
    trace = next(each for each in traces if each['text'] == spoken)
    assert trace['utterance'] == f'anna#{trace["begun_ns"]}'
    ms = trace['ms']
    assert 0 <= ms['tts.text'] < ms['tts.sound'] < ms['tts.heard'] < ms['tts.end']
    assert ms['tts.sound'] < ms['lipsync.sound'] and ms['tts.sound'] < ms['stream.sound']
    assert ms['lipsync.sound'] < ms['lipsync.frame'] < ms['stream.frame']
    assert ms['stream.sound'] < ms['stream.packet']
    with Command(folder, *words, '1', domain=head.domain) as command:
        assert command.wait() == 0, command.text
    assert 'first packet of its sound sent' in command.text


def test_nodes_tell_the_same_keys_and_warn_beyond_limits(
        head: TalkingHead, observer: Observer, spoken: str) -> None:
    reports = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)

    def told(node: str, after: int = 0, **wanted: str) -> dict[str, str]:
        def good(message: DiagnosticArray) -> bool:
            status, = message.status
            values = {each.key: each.value for each in status.values}
            return status.name == f'{head.namespace}/{node}: {node}' and all(
                values.get(key) == value for key, value in wanted.items())
        status, = reports.wait(good, after).status
        return {'message': status.message, 'level': status.level,
                **{each.key: each.value for each in status.values}}

    for node in ('tts', 'lipsync', 'stream'):
        figures = told(node, state='active')
        assert float(figures['memory_mb']) > 10
        assert {'pid', 'drops'} <= figures.keys()
    stream = told('stream')
    for stage in ('text_to_sound_ms', 'av_offset_ms', 'write_lateness_ms', 'packet_lateness_ms',
                  'picture_delay_ms'):
        p50, p95, p99 = (float(stream[f'{stage}_{each}']) for each in ('p50', 'p95', 'p99'))
        assert p50 <= p95 <= p99
    assert float(stream['text_to_sound_ms_p50']) > 0
    taken, reason = observer.set_parameter('tts', 'error_if', ['memory_mb beyond 1'])
    assert not taken
    assert "tts.error_if has 'memory_mb beyond 1'" in reason
    assert observer.set_parameter('tts', 'error_if', ['memory_mb>1']) == (True, '')
    broken = told('tts', len(reports.messages) + 1)
    assert broken['level'] == DiagnosticStatus.ERROR
    assert 'memory_mb is ' in broken['message'] and ', above 1' in broken['message']
    assert observer.set_parameter('tts', 'error_if', ['memory_mb>100000']) == (True, '')


def test_top_is_one_plain_snapshot_where_the_output_is_no_terminal(
        head: TalkingHead, folder: Path, spoken: str) -> None:
    pytest.importorskip('rich')
    status, text = run(folder, 'top', '--namespace', head.namespace, domain=head.domain,
                       environment={'COLUMNS': '80'})
    assert status == 0, text
    lines = text.split('\n')
    assert '\x1b' not in text
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f'{head.namespace}  ')
    rows = [line.split()[:2] for line in lines]
    for node in ('tts', 'lipsync', 'stream'):
        assert any(row in ([node, 'ok'], [node, 'warn']) for row in rows), text
    assert 'text → its sound' in text and 'picture behind sound' in text
    assert spoken in text


def test_top_gives_all_figures_as_json(head: TalkingHead, folder: Path, spoken: str) -> None:
    pytest.importorskip('rich')
    status, text = run(folder, 'top', '--json', '--namespace', head.namespace, domain=head.domain)
    assert status == 0, text
    found = json.loads(text)
    assert {'tts', 'lipsync', 'stream'} <= found['nodes'].keys()
    stream = found['nodes']['stream']
    assert stream['level'] in ('ok', 'warn') and stream['state'] == 'active'
    assert stream['frames'] > 0 and stream['text_to_sound_ms_p50'] > 0
    sentence = next(each for each in found['sentences'] if each['text'] == spoken)
    assert sentence['ms']['tts.text'] < sentence['ms']['stream.packet']


def test_the_key_q_ends_top_and_leaves_the_terminal_as_it_was(
        head: TalkingHead, folder: Path) -> None:
    pytest.importorskip('rich')
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    environment = {**node_environment(folder, head.domain), 'TERM': 'xterm'}
    process = subprocess.Popen(
        [sys.executable, '-m', 'txt2vid_ros.cli.main', 'top', '--namespace', head.namespace],
        cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    try:
        seen = b''
        while head.namespace.encode() not in seen:
            assert select.select([ours], [], [], TIMEOUT)[0], seen
            seen += os.read(ours, 4096)
        os.write(ours, b'xq')
        while process.poll() is None:  # it waits where nobody reads what it draws
            if select.select([ours], [], [], 0.1)[0]:
                os.read(ours, 4096)
        assert process.returncode == 0
        assert termios.tcgetattr(theirs) == before
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def test_who_watches_nothing_is_told_so(tmp_path: Path) -> None:
    for command in ('trace', 'top'):
        status, text = run(tmp_path, command, '--namespace', '/nobody', '--timeout', '0.5')
        assert (status, text.count('\n')) == (2, 0)
        assert 'no node reports under /nobody. Start one with "txt2vid live"' in text
