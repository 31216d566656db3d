"""A voice from another package fails in the middle of a text; the viewer misses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import shutil
import subprocess
import sys

from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import eventually, ROOT, run, TalkingHead
import pytest
from ros_observer import end_of, Observer, Recording
from stream_decoding import plain, Shown, transcribe
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages

SENTENCES = ('Hello! How are you today? I would like a cup of tea. '
             'Please open the door for me.')


@pytest.fixture(scope='module')
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the example package as a user would; return an environment that finds it."""
    folder = tmp_path_factory.mktemp('example')
    shutil.copytree(ROOT / 'test' / 'example_provider', folder / 'source')
    subprocess.run(
        [sys.executable, '-m', 'pip', '--disable-pip-version-check', '-q', 'install', '--no-index',
         '--no-deps', '--no-build-isolation', '--target', str(folder / 'site'),
         str(folder / 'source')], check=True, timeout=120)
    return {'PYTHONPATH': f'{ROOT}:{folder / "site"}'}


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory, installed: dict[str, str]
         ) -> Iterator[TalkingHead]:
    with TalkingHead(
            tmp_path_factory.mktemp('fallback'), '--tts', 'flaky,hibari', '--tts-options',
            'flaky.good=2 flaky.bad=2', '--engine', 'flash', '--width', '160', '--height', '120',
            environment=installed) as head:
        yield head.ready()
        assert head.stop() == 0


def report(reports: Recording, namespace: str) -> dict[str, str]:
    """Return the latest diagnostics of the tts node."""
    for message in reversed(reports.messages):
        for status in message.status:
            if status.name == f'{namespace}/tts: tts':
                return {'message': status.message,
                        **{pair.key: pair.value for pair in status.values}}
    return {}


def test_every_sentence_is_heard_once_and_the_first_voice_comes_back(
        head: TalkingHead, tmp_path: Path) -> None:
    with Observer(head) as observer:
        audio = observer.record(AudioDataStamped, 'voice/audio')
        reports = observer.record(DiagnosticArray, '/diagnostics', 10)
        viewer = Viewer(head.port, tmp_path / 'seen.ts')
        eventually(lambda: viewer.arrivals, 'the stream')
        observer.text(SENTENCES)
        end = end_of(audio)
        first = audio.of(end.header.frame_id)[0]
        zero = head.status()['pts_zero_ns']
        start, stop = ((messages.from_time(each.header.stamp) - zero) / SECOND
                       for each in (first, end))
        eventually(lambda: viewer.arrivals[-1][1] > stop + 1.0, 'the end at the viewer')
        viewer.close()
        heard = Shown(tmp_path / 'seen.ts').sound(start - 0.3, stop + 0.3)
        assert transcribe(heard) == plain(SENTENCES)
        assert 'flaky: connection reset; voice hibari takes over' in head.text
        figures = eventually(
            lambda: (now := report(reports, head.namespace)).get('hibari.first_ms_p50') and now,
            'a report of both voices')
        assert figures['flaky.errors_outside'] == '2'
        assert float(figures['flaky.first_ms_p50']) > 0
        assert figures['failed'] == '0'
        # Sooner or later it is due, is tried beside the other, and speaks again.

        def speak_again() -> bool:
            known = len(audio.messages)
            observer.text('Next.')
            end_of(audio, known)
            return 'voice flaky is in use again' in head.text

        eventually(speak_again, 'the first voice')
        eventually(lambda: report(reports, head.namespace)['flaky.state'] == 'closed',
                   'a report of its health')


def test_render_falls_back_too(installed: dict[str, str], tmp_path: Path) -> None:
    status, output = run(
        tmp_path, 'render', '--text', 'One. Two. Three. Four.', '--tts', 'flaky,hibari',
        '--tts-options', 'flaky.good=1 flaky.bad=99', '--engine', 'flash', '--width', '160',
        '--height', '120', '--out', str(tmp_path / 'out.mp4'), environment=installed)
    assert status == 0, output
    assert 'voice hibari takes over' in output
    status, output = run(
        tmp_path, 'render', '--text', 'One.', '--tts', 'flaky', '--tts-options',
        'flaky.good=0 flaky.bad=99', '--engine', 'flash', '--width', '160', '--height', '120',
        '--out', str(tmp_path / 'none.mp4'), environment=installed)
    assert (status, output.splitlines()[-1]) == (1, 'txt2vid: no voice works: flaky: connection '
                                                 'reset')
    assert not (tmp_path / 'none.mp4').exists()
