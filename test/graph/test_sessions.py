"""Sessions side by side never mix, and those that are over leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import itertools
import os
from pathlib import Path
import socket

from audio_common_msgs.msg import AudioDataStamped
import cv2
from graph_harness import Domain, eventually, FAST, run, TalkingHead
from hri_msgs.msg import LiveSpeech
import numpy as np
import pytest
from ros_observer import end_of, Observer, Recording
from stream_decoding import RATE, Shown
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.bench.speech.clap import TONE_FREQUENCY
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.side.side_node import SideNode

RED, BLUE = (0, 0, 255), (255, 0, 0)
"""Corners that distinguish the faces, BGR."""
SESSIONS = int(os.environ.get('TXT2VID_SESSIONS', '3'))
"""How many come one after another; docs/soak.md has the outcome of twenty."""


@dataclasses.dataclass(frozen=True)
class Session:
    """A talking head with all that it says and shows."""

    head: TalkingHead
    corner: tuple[int, int, int]
    observer: Observer
    audio: Recording
    captions: Recording
    viewer: Viewer
    file: Path

    def say(self, text: str, stamp: int) -> tuple[float, float]:
        """Have it say something; return from when to when that is heard, in its stream's time."""
        before = len(self.audio.messages)
        self.observer.heard(text, 'anna', stamp)
        end = end_of(self.audio, before)
        zero = self.head.status()['pts_zero_ns']
        start, stop = ((messages.from_time(each.header.stamp) - zero) / SECOND
                       for each in (self.audio.messages[before], end))
        eventually(lambda: self.viewer.arrivals[-1][1] > stop + 0.5, 'the end at the viewer')
        return start, stop

    def said(self) -> set[str]:
        """Return the utterances that its topics carried."""
        return {each.header.frame_id for each in self.audio.messages}


def marked(folder: Path, corner: tuple[int, int, int]) -> Path:
    portrait = cv2.imread(str(BUILT_IN_PORTRAIT))
    portrait[:60, :60] = corner
    file = folder / f'{"".join(map(str, corner))}.png'
    cv2.imwrite(str(file), portrait)
    return file


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[list[Session]]:
    """Run two in one domain, with different voices and faces; the second one in one process."""
    with contextlib.ExitStack() as stack:
        domain = Domain()
        stack.callback(domain.close)
        heads = [stack.enter_context(TalkingHead(
            tmp_path, '--tts', voice, '--width', '160', '--height', '120', '--face',
            str(marked(tmp_path, corner)), '--composed', composed, domain=domain.number))
            for voice, corner, composed in (('clap', RED, 'false'), ('hibari', BLUE, 'true'))]
        running = []
        for head, corner in zip(heads, (RED, BLUE), strict=True):
            head.ready()
            observer = stack.enter_context(Observer(head))
            file = tmp_path / f'{len(running)}.ts'
            viewer = Viewer(head.port, file)
            stack.callback(viewer.close)
            running.append(Session(
                head, corner, observer, observer.record(AudioDataStamped, 'voice/audio'),
                observer.record(LiveSpeech, 'voice/caption', qos.SPEECH), viewer, file))
        yield running


def test_two_side_by_side_never_mix(sessions: list[Session]) -> None:
    spans: list[list[tuple[float, float]]] = [[], []]
    texts = (('xx', 'xxx'), ('Hello.', 'Good bye.'))
    # By turns, and never at once: what one says would be heard in the silence of the other.
    for turn, (number, session) in itertools.product(range(2), enumerate(sessions)):
        spans[number].append(session.say(texts[number][turn], 1000 * (turn + 1) + number))
    for number, session in enumerate(sessions):
        session.viewer.close()
        assert session.said() == {f'anna#{1000 * (turn + 1) + number}' for turn in range(2)}
        assert {each.final for each in session.captions.messages} - {''} == {*texts[number]}
        shown = Shown(session.file)
        # Black is what there is before the first picture.
        corners = shown.frames[shown.timing.frame_times > spans[number][0][0], 5, 5]
        assert len(corners) > 50
        assert np.allclose(corners, session.corner, atol=90)
        loud = np.abs(shown.timing.samples) > 0.01
        times = shown.timing.sample_times
        own = np.zeros(len(times), bool)
        for start, stop in spans[number]:
            during = (times > start - 0.1) & (times < stop + 0.1)
            assert loud[during].any()
            own |= during
        assert not (loud & ~own).any()
        peak = np.argmax(np.abs(np.fft.rfft(shown.timing.samples))) * RATE / len(times)
        assert (abs(peak - TONE_FREQUENCY) < 50) == (number == 0)


def carrying(mark: str) -> list[int]:
    """Return the processes, zombies excepted, that have a variable in their environment."""
    found = []
    for place in Path('/proc').iterdir():
        with contextlib.suppress(OSError):
            if place.name.isdecimal() and mark.encode() in (place / 'environ').read_bytes():
                found.append(int(place.name))
    return found


def shared_memory_of(domain: int) -> set[str]:
    """Return the files of the ports of a ROS domain in shared memory (RTPS 2.3, 9.6.1.1)."""
    first = 7400 + 250 * domain
    return {each.name for each in Path('/dev/shm').glob('*fast*_port*')
            if any(f'port{port}' in each.name for port in range(first, first + 250))}


def files_below(folder: Path) -> set[str]:
    """Return all files there but the logs that ROS writes, one for each process."""
    return {str(each.relative_to(folder)) for each in folder.rglob('*')
            if each.relative_to(folder).parts[0] != 'log'}


def test_short_ones_one_after_another_leave_nothing_behind(
        tmp_path: Path, ros_domain: int) -> None:
    places = {name: tmp_path / name for name in ('tmp', 'home')}
    for place in places.values():
        place.mkdir()
    mark = f'txt2vid_session_{os.getpid()}'
    environment = {'TXT2VID_TEST': mark, 'TMPDIR': str(places['tmp']),
                   'HOME': str(places['home'])}
    with socket.socket() as chosen:
        chosen.bind(('127.0.0.1', 0))
        port = chosen.getsockname()[1]
    left = []
    before = shared_memory_of(ros_domain)  # of programs that were killed in this domain earlier
    # A program of the same domain that lives through all of them.
    with SideNode('witness', '/short') as witness:
        witness.node.create_subscription(LiveSpeech, 'voice/caption', print, qos.SPEECH)
        witness.node.create_publisher(LiveSpeech, 'heard', qos.SPEECH)
        witness.spin()
        for _ in range(SESSIONS):
            status, text = run(
                tmp_path, 'live', *FAST, '--http', f'127.0.0.1:{port}', '--namespace', '/short',
                '--say', 'x', '--exit-when-done', domain=ros_domain, environment=environment)
            assert status == 0, text  # a port that is still in use would end it
            assert not carrying(mark)
            assert not files_below(places['tmp'])
            left.append((files_below(tmp_path), *(
                len([*Path('/proc/self', kind).iterdir()]) for kind in ('task', 'fd'))))
        # The first one fills caches, and wakes threads of the witness.
        assert left[-1] == left[0]
    assert shared_memory_of(ros_domain) <= before
