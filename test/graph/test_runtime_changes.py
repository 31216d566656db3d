"""Face, voice, stream and expression change while a graph speaks, and nobody hears it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
from pathlib import Path
import time
from typing import Any

from audio_common_msgs.msg import AudioDataStamped
import cv2
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PointStamped
from graph_harness import eventually, ROOT, TalkingHead
from hri_msgs.msg import Expression
from lifecycle import held_by
import numpy as np
import pytest
from rcl_interfaces.srv import ListParameters, SetParametersAtomically
from rclpy.parameter import Parameter
from ros_observer import end_of, Observer, Recording
from sensor_msgs.msg import Image
from txt2vid_ros.bench.rig.viewer import decode, Decoded, Viewer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.driving.driving_media import load_driving
from txt2vid_ros.ros import messages, qos

pytestmark = pytest.mark.xdist_group('runtime changes')

SIZE = (320, 240)
BEARD = ROOT / 'test' / 'portraits' / 'beard.jpg'
CLAPS = 9
"""One a second, and the same sound however busy the machine is."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture as it was published."""

    stamp: int
    pixels: np.ndarray


def picture(message: Image) -> Picture:
    pixels = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
    return Picture(messages.from_time(message.header.stamp), pixels.copy())


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    with TalkingHead(
            tmp_path_factory.mktemp('changes'), '--tts', 'clap', '--engine', 'viseme',
            '--width', str(SIZE[0]), '--height', str(SIZE[1]), '--engine-options',
            'viseme.life=false', '--param', 'stream.preset=ultrafast') as head:
        yield head.ready()


@pytest.fixture(scope='module')
def audio(observer: Observer) -> Recording:
    # Pictures take their time: no chunk of the sound may be lost meanwhile.
    return observer.record(AudioDataStamped, 'voice/audio', qos.CAPTURED)


@pytest.fixture(scope='module')
def pictures(observer: Observer) -> Recording:
    return observer.record(Image, 'face/image_raw', qos.IMAGE, keep=picture)


def shows(file: Path | None) -> Callable[[Picture], bool]:
    """Return whether a picture is one of a face; the mouth may move."""
    wanted = load_driving(file, width=SIZE[0], height=SIZE[1]).frames[0]

    def look(seen: Picture) -> bool:
        if seen.pixels.shape != wanted.shape:
            return False
        return float(np.abs(seen.pixels.astype(int) - wanted).mean()) < 12
    return look


def set_to(observer: Observer, node: str, name: str, value: Any) -> None:
    assert observer.set_parameter(node, name, value) == (True, '')


def said(observer: Observer, audio: Recording, text: str) -> list[AudioDataStamped]:
    """Say a text, and return its sound."""
    before = len(audio.messages)
    observer.text(text)
    return [each for each in audio.of(end_of(audio, before).header.frame_id)
            if len(each.audio.data)]


def seconds(chunks: list[AudioDataStamped]) -> float:
    return sum(len(each.audio.data) for each in chunks) / 2 / 24000


def test_everything_changes_while_it_speaks_and_no_sample_is_missing(
        head: TalkingHead, observer: Observer, audio: Recording, pictures: Recording,
        tmp_path: Path) -> None:
    viewer = Viewer(head.port, tmp_path / 'view.ts')
    eventually(lambda: viewer.arrivals, 'the stream')
    assert shows(None)(pictures.wait(after=len(pictures.messages)))
    first, before = len(pictures.messages), len(audio.messages)
    observer.text('x' * CLAPS)
    audio.wait(after=before)
    set_to(observer, 'tts', 'speed', 1.1)
    set_to(observer, 'lipsync', 'face.file', str(BEARD))
    changed = pictures.wait(shows(BEARD), after=first)
    set_to(observer, 'stream', 'max_bitrate', 500_000)
    set_to(observer, 'stream', 'audio_bitrate', 64_000)
    set_to(observer, 'lipsync', 'fps', 20.0)
    set_to(observer, 'stream', 'fps', 20)
    head.wait_status(lambda status: status['fps'] == 20, 'another rate')
    seen = len(pictures.messages)
    pictures.wait(after=seen + 10)
    set_to(observer, 'lipsync', 'face.file', '')
    pictures.wait(shows(None), after=seen)
    end = end_of(audio, before)
    chunks = [each for each in audio.of(end.header.frame_id) if len(each.audio.data)]
    stamps = [messages.from_time(each.header.stamp) for each in [*chunks, end]]
    assert seconds(chunks) == CLAPS
    assert all(abs(after - at - len(each.audio.data) * SECOND // 48000) < 3
               for each, at, after in zip(chunks, stamps[:-1], stamps[1:], strict=True))
    # No picture is shown twice, and none is away for long, also where the face changes.
    places = [each.stamp for each in pictures.messages[first:seen]]
    steps = np.diff(places) / SECOND
    assert steps.max() < 1 and steps.min() > 0
    assert steps[-1] == pytest.approx(0.05, abs=1e-6)
    assert changed.stamp in places
    zero = head.status()['pts_zero_ns']
    last = (stamps[-1] - zero) / SECOND
    assert viewer.wait_for(last + 1, 30)
    viewer.close()
    stream = decode(tmp_path / 'view.ts')
    steps = np.diff(stream.sample_times) * 48000
    assert steps.max() < 1.5 and steps.min() > 0.5
    claps = clap_times(stream)
    assert len(claps) == CLAPS
    assert claps == pytest.approx(
        [(stamps[0] - zero) / SECOND + 0.5 + number for number in range(CLAPS)], abs=0.01)
    assert head.status()['encoder_restarts'] == 0


def clap_times(stream: Decoded) -> list[float]:
    """Return when each clap begins."""
    loud = stream.sample_times[np.abs(stream.samples) > 0.2]
    return [float(loud[0]), *loud[1:][np.diff(loud) > 0.3]]


def test_the_next_utterance_has_the_new_pace_and_the_new_voice(
        head: TalkingHead, observer: Observer, audio: Recording) -> None:
    text = 'One two.'
    names = options(observer, 'tts')
    assert 'clap.voice' in names and 'hibari.voice' not in names
    # A name that means nothing to the next provider is no reason to stay with this one.
    speakers = observer.record(DiagnosticArray, 'voice/speakers', qos.INFO)
    set_to(observer, 'tts', 'voice', 'both hands')
    speakers.wait(lambda told: messages.from_speakers(told)[0][1] == 'both hands')
    set_to(observer, 'tts', 'provider', ['hibari'])
    head.wait_line("hibari has no voice 'both hands' and speaks with its default one")
    eventually(lambda: observer.get_parameter('tts', 'voice') == '', 'no name of a voice')
    names = options(observer, 'tts')
    assert 'clap.voice' not in names and 'hibari.voice' in names
    set_to(observer, 'tts', 'speed', 1.0)
    speak_with_hibari(observer, audio)
    usual = seconds(said(observer, audio, text))
    set_to(observer, 'tts', 'speed', 0.7)
    eventually(lambda: seconds(said(observer, audio, text)) > 1.2 * usual, 'a slow voice')


def speak_with_hibari(observer: Observer, audio: Recording) -> None:
    """Have it loaded, whichever test came before: its options are there with it alone."""
    set_to(observer, 'tts', 'provider', ['hibari'])
    eventually(lambda: seconds(said(observer, audio, 'x')) != 1, 'words instead of claps')


def options(observer: Observer, node: str) -> list[str]:
    answer = observer.call(ListParameters, f'{node}/list_parameters', ListParameters.Request())
    return list(answer.result.names)


def test_rates_that_differ_are_named_with_their_parameters(
        head: TalkingHead, observer: Observer) -> None:
    rate = observer.get_parameter('lipsync', 'fps')
    lines = len(head.lines)
    set_to(observer, 'lipsync', 'fps', rate / 2)
    head.wait_line('pictures come a second and stream.fps is .*: set lipsync.fps and stream.fps',
                   after=lines)
    set_to(observer, 'lipsync', 'fps', rate)


@pytest.mark.parametrize(('node', 'name', 'value', 'why'), [
    ('stream', 'width', 640, 'is read when the node is configured'),
    ('lipsync', 'face.file', '/nowhere/me.jpg', 'does not exist'),
    ('lipsync', 'face.crop', [0, 1], 'Give top, bottom, left, right'),
    ('lipsync', 'face.backdrop', 'blue', 'blue'),
    ('lipsync', 'viseme.blinks', 9.0, '3'),
    ('lipsync', 'people', '/nowhere/people.yaml', 'cannot be read'),
    ('tts', 'people', '/nowhere/people.yaml', 'cannot be read'),
    ('tts', 'provider', ['hibary'], "Did you mean 'hibari'"),
    ('stream', 'max_bitrate', 1, '50000'),
])
def test_what_cannot_be_is_refused_at_once(observer: Observer, node: str, name: str, value: Any,
                                           why: str) -> None:
    before = observer.get_parameter(node, name)
    taken, reason = observer.set_parameter(node, name, value)
    assert not taken
    assert why in reason
    assert observer.get_parameter(node, name) == before


@pytest.mark.parametrize(('node', 'name', 'value', 'said_of_it'), [
    ('lipsync', 'face.file', str(ROOT / 'README.md'), 'the face stays as it is: .*README.md'),
    ('tts', 'hibari.voice', 'nobody', 'the voice stays as it is: .*nobody'),
])
def test_what_cannot_be_loaded_leaves_what_is_there_and_says_why(
        head: TalkingHead, observer: Observer, audio: Recording, pictures: Recording, node: str,
        name: str, value: Any, said_of_it: str) -> None:
    if node == 'tts':
        speak_with_hibari(observer, audio)
    lines = len(head.lines)
    set_to(observer, node, name, value)
    head.wait_line(said_of_it, after=lines)
    eventually(lambda: observer.get_parameter(node, name) == '', 'the value that is in use')
    assert shows(None)(pictures.wait(after=len(pictures.messages)))
    assert said(observer, audio, 'Yes.')


def test_several_that_belong_together_are_set_in_one_go(
        observer: Observer, pictures: Recording) -> None:
    before = len(pictures.messages)
    answer = observer.call(
        SetParametersAtomically, 'lipsync/set_parameters_atomically',
        SetParametersAtomically.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in (
                ('width', 160), ('height', 120), ('face.file', str(BEARD)))]))
    assert answer.result.successful
    pictures.wait(lambda each: each.pixels.shape == (120, 160, 3), after=before)
    before = len(pictures.messages)
    for name, value in (('width', SIZE[0]), ('height', SIZE[1]), ('face.file', '')):
        set_to(observer, 'lipsync', name, value)
    pictures.wait(shows(None), after=before)


def resting(pictures: Recording) -> np.ndarray:
    """Wait until two pictures in a row are the same; return one."""
    def still() -> np.ndarray | None:
        at = len(pictures.messages)
        two = [pictures.wait(after=at), pictures.wait(after=at + 1)]
        return two[0].pixels if np.array_equal(two[0].pixels, two[1].pixels) else None
    found: list[np.ndarray] = []
    eventually(lambda: (one := still()) is not None and (found.append(one) or True), 'rest')
    return found[0]


def change_at(pictures: Recording, first: int, rest: np.ndarray, stamp: int) -> Picture:
    """Wait for a face that has changed for good; it must not have done so before `stamp`."""
    pictures.wait(lambda each: each.stamp > stamp + SECOND, after=first)
    taken = pictures.messages[first:]
    # A machine that is too slow for every picture blends up to two of them into what follows.
    early = [each for each in taken if each.stamp <= stamp - SECOND // 8]
    assert [each.stamp - stamp for each in early if not np.array_equal(each.pixels, rest)] == []
    assert early
    soon = [each for each in taken if stamp + SECOND // 10 < each.stamp]
    assert not np.array_equal(soon[0].pixels, rest)
    return soon[-1]


def test_an_expression_and_a_gaze_are_seen_from_their_stamp_on(
        observer: Observer, pictures: Recording) -> None:
    rest = resting(pictures)
    expressions = observer.publisher(Expression, 'face/expression', qos.EXPRESSION)
    first = len(pictures.messages)
    message = Expression(expression='surprised')
    stamp = time.time_ns() + SECOND
    message.header.stamp = messages.to_time(stamp)
    expressions.publish(message)
    surprised = change_at(pictures, first, rest, stamp).pixels
    differs = np.abs(surprised.astype(int) - rest).sum(2)
    upper = differs[:SIZE[1] // 2]
    assert upper.max() > 60
    expressions.publish(Expression())
    first = len(pictures.messages)
    pictures.wait(lambda each: np.array_equal(each.pixels, rest), after=first)

    points = observer.publisher(PointStamped, 'face/look_at', qos.EXPRESSION)
    first = len(pictures.messages)
    point = PointStamped()
    stamp = time.time_ns() + SECOND
    point.header.stamp = messages.to_time(stamp)
    point.point.x, point.point.y = 1.0, 1.0     # to its left
    points.publish(point)
    aside = change_at(pictures, first, rest, stamp).pixels
    point.point.y = -1.0
    point.header.stamp = messages.to_time(0)
    points.publish(point)
    first = len(pictures.messages)
    other = pictures.wait(
        lambda each: not np.array_equal(each.pixels, aside), after=first + 15).pixels
    assert iris(aside) > iris(rest) > iris(other)
    # Off is off.
    set_to(observer, 'lipsync', 'expressions', False)
    first = len(pictures.messages)
    pictures.wait(lambda each: np.array_equal(each.pixels, rest), after=first)
    expressions.publish(message)
    at = len(pictures.messages)
    pictures.wait(after=at + 25)
    assert all(np.array_equal(each.pixels, rest) for each in pictures.messages[at:at + 25])
    set_to(observer, 'lipsync', 'expressions', True)


def iris(pixels: np.ndarray) -> float:
    """Return how far to the right the dark of an eye of the built-in portrait lies, in pixels."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)[97:105, 121:142].astype(float)
    dark = np.clip(115 - grey, 0, None)
    return float((dark.sum(0) * np.arange(dark.shape[1])).sum() / dark.sum())


def test_a_point_in_a_strange_frame_and_an_unknown_expression_are_said(
        head: TalkingHead, observer: Observer) -> None:
    point = PointStamped()
    point.header.frame_id = 'base_link'
    lines = len(head.lines)
    observer.publisher(PointStamped, 'face/look_at', qos.EXPRESSION).publish(point)
    head.wait_line("a point in the frame 'base_link' is not looked at", after=lines)
    observer.publisher(Expression, 'face/expression', qos.EXPRESSION).publish(
        Expression(expression='smug'))
    head.wait_line("face/expression: 'smug'", after=lines)


def test_signs_of_life_come_and_go(observer: Observer, pictures: Recording) -> None:
    rest = resting(pictures)
    set_to(observer, 'lipsync', 'viseme.life', True)
    first = len(pictures.messages)
    pictures.wait(lambda each: not np.array_equal(each.pixels, rest), after=first)
    set_to(observer, 'lipsync', 'viseme.life', False)
    pictures.wait(lambda each: np.array_equal(each.pixels, rest), after=len(pictures.messages))


def test_after_many_changes_nothing_is_left_of_the_old_ones(
        head: TalkingHead, observer: Observer, audio: Recording, pictures: Recording) -> None:
    def held() -> dict[str, tuple[int, int]]:
        return {node: held_by(head.node_pid(node)) for node in ('tts', 'lipsync', 'stream')}

    def changes(count: int) -> None:
        for number in range(count):
            first, before = len(pictures.messages), len(audio.messages)
            file = BEARD if number % 2 == 0 else None
            set_to(observer, 'lipsync', 'face.file', str(file or ''))
            set_to(observer, 'tts', 'speed', 1.0 + (number % 2 + 1) / 10)
            set_to(observer, 'stream', 'quality', 20 + number % 2)
            pictures.wait(shows(file), after=first)
            observer.text('Yes.')
            end_of(audio, before)

    # What is loaded or cached once is there after the first.
    changes(2)
    before = held()
    changes(4)
    eventually(lambda: all(now[0] < files + 4 and now[1] < threads + 4
                           for now, (files, threads) in zip(held().values(), before.values(),
                                                            strict=True)),
               f'no more than {before}; now {held()}')
