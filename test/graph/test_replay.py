"""A bag replayed at any rate gives the recorded talking head, or makes a new one."""

from __future__ import annotations

import contextlib
from pathlib import Path
import signal
from typing import Any

from attempts import discarded
from audio_common_msgs.msg import AudioDataStamped
from graph_harness import Command, eventually, FAST, run, TalkingHead
from hri_msgs.msg import LiveSpeech
import pytest
from ros_observer import Observer
from rosbags.rosbag2 import Reader
from txt2vid_ros.bench.commands.sync import clap_times, figures, flash_times
from txt2vid_ros.bench.rig.viewer import decode, Decoded, Viewer
from txt2vid_ros.core.clock import SECOND

CLAPS = 4
SOUND = ('voice/audio', 'voice/audio_info')


@pytest.fixture(scope='module')
def bags(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a bag of the default topics, and one of the same speech with only `heard`."""
    folder = tmp_path_factory.mktemp('recorded')
    whole, heard = folder / 'whole', folder / 'heard'
    with TalkingHead(folder, *FAST).ready() as head, Observer(head) as observer, \
            contextlib.ExitStack() as stack:
        recorders = [stack.enter_context(Command(
            folder, 'bag', 'record', str(bag), '--namespace', head.namespace, *topics,
            domain=head.domain)) for bag, topics in ((whole, ()), (heard, ('--topics', 'heard')))]
        for recorder in recorders:
            recorder.wait_line('recording')
        voice = observer.record(AudioDataStamped, 'voice/audio')
        observer.publisher(LiveSpeech, 'heard', readers=3)
        observer.heard('x' * CLAPS, 'anna', 5 * SECOND)
        voice.wait(lambda message: not len(message.audio.data))
        for recorder in recorders:
            recorder.process.send_signal(signal.SIGINT)
            assert recorder.wait() == 0, recorder.text
    return whole, heard


class Replay:
    """A talking head on simulated time, its viewer, and a bag that is played into it."""

    def __init__(self, folder: Path, bag: Path, *options: str) -> None:
        folder.mkdir(parents=True)
        self._file = folder / 'live.ts'
        self._head = TalkingHead(folder, *FAST, '--use-sim-time', 'true')
        for sign in ('ready to speak', 'showing the face', 'watch in a browser'):
            self._head.wait_line(sign)
        self._viewer = Viewer(self._head.port, self._file)
        self._player = Command(folder, 'bag', 'play', str(bag), '--namespace',
                               self._head.namespace, *options, domain=self._head.domain)

    def played(self) -> tuple[int, Decoded]:
        """Wait for the end of the bag; return how many pictures were late, and the stream."""
        assert self._player.wait() == 0, self._player.text
        eventually(lambda: self._head.status()['now_ns'] > 0, 'the graph')
        late = self._head.late_pictures()
        self._viewer.close()
        assert self._head.stop() == 0
        return late, decode(self._file)

    def close(self) -> None:
        self._player.close()
        self._viewer.close()
        self._head.close()


def replayed(folder: Path, bag: Path, *options: str) -> dict[str, Any]:
    """
    Return the figures of a replay; repeat it where the machine was too busy for all pictures.

    A flash lasts one frame, which such a machine leaves out; the stream says so. What is wrong
    with the clock is wrong each time, with no picture late.
    """
    for attempt in range(3):
        with contextlib.closing(Replay(folder / str(attempt), bag, *options)) as replay:
            late, stream = replay.played()
        assert len(clap_times(stream.samples, stream.sample_times)) == CLAPS
        if len(flash_times(stream.brightness, stream.frame_times)) == CLAPS or not late:
            found = figures(stream)
            if abs(found['offset_ms_median']) <= 10 or not late:
                assert (found['claps'], found['claps_lost']) == (CLAPS, 0)
                assert abs(found['offset_ms_median']) <= 20
                return found
        discarded(attempt, 3, f'{late} pictures were late or left out')
    pytest.skip(f'this wants a machine that keeps up: three times, the last time {late} pictures '
                'were late or left out')


def test_at_full_and_at_half_rate_picture_and_sound_have_the_same_offset(
        bags: tuple[Path, Path], tmp_path: Path) -> None:
    full, half = (replayed(tmp_path / rate, bags[0], '--rate', rate, '--topics', *SOUND)
                  for rate in ('1', '0.5'))
    assert half['offset_ms_median'] == pytest.approx(full['offset_ms_median'], abs=10)


def test_a_bag_with_only_what_was_heard_becomes_a_full_talking_head(
        bags: tuple[Path, Path], tmp_path: Path) -> None:
    with Reader(bags[1]) as reader:
        assert [each.topic.rpartition('/')[2] for each in reader.connections] == ['heard']
    replayed(tmp_path / 'heard', bags[1])


def test_what_cannot_be_played_is_said_in_one_line(
        bags: tuple[Path, Path], tmp_path: Path) -> None:
    for words, says in (((str(tmp_path / 'none'),), 'there is no bag'),
                        ((str(bags[1]), '--topics', 'voice/audio'), 'is not in the bag'),
                        ((str(bags[1]), '--rate', '0'), '--rate 0 is out of range')):
        status, text = run(tmp_path, 'bag', 'play', *words)
        assert status == 2 and says in text and len(text.splitlines()) == 1, text
