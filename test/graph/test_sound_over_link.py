"""Two link nodes carry speech as sound and as text, and change over in mid-conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
from pathlib import Path
import socket
import threading
import time

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from graph_harness import Command, eventually
from hri_msgs.msg import LiveSpeech
import numpy as np
import pytest
from ros_observer import Observer, Recording
from speech_clips import Clip, clip, RATE
from std_msgs.msg import String
from stream_decoding import transcribe
from txt2vid_ros.bench.commands.sender import distance
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import from_s16, VOICE_RATE
from txt2vid_ros.ros import messages, qos

CHUNK = 512
MISHEARD = 2
"""Words at most that the ear takes for others at 6 kbit/s: in one of eight, as packets begin."""


class Microphone:
    """Publishes mic/audio at its own pace on a thread: what it is given, and silence."""

    def __init__(self, observer: Observer) -> None:
        self._sound = observer.publisher(AudioDataStamped, 'mic/audio', qos.AUDIO)
        self._waiting: list[np.ndarray] = []
        self._changed = threading.Condition()
        self._begin = 0
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Microphone:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop = True
        self._thread.join(10)

    def say(self, spoken: Clip, meanwhile: Callable[[], object] = lambda: None) -> int:
        """Speak a clip, and do something in the middle of it; return its first sample's stamp."""
        sound = spoken.sound()
        chunks = [np.pad(part, (0, CHUNK - len(part))) for part in (
            sound[at:at + CHUNK] for at in range(0, len(sound), CHUNK))]
        with self._changed:
            self._waiting, self._begin = list(chunks), 0
            assert self._changed.wait_for(lambda: len(self._waiting) < len(chunks) // 2, 60)
        meanwhile()
        with self._changed:
            assert self._changed.wait_for(lambda: not self._waiting, 60)
        return self._begin

    def _run(self) -> None:
        begin, count = time.time_ns(), 0
        while not self._stop:
            stamp = begin + count * SECOND // RATE
            with self._changed:
                samples = self._waiting.pop(0) if self._waiting else np.zeros(CHUNK, np.float32)
                self._begin = self._begin or stamp
                self._changed.notify_all()
            count += CHUNK
            time.sleep(max(0.0, (begin + count * SECOND // RATE - time.time_ns()) / SECOND))
            self._sound.publish(messages.to_audio('a microphone', stamp, samples))


def heard_sound(recording: Recording) -> tuple[int, np.ndarray]:
    """Return the stamp of the first sample, and all of them in their places."""
    first = messages.from_time(recording.messages[0].header.stamp)
    placed = np.zeros(0, np.float32)
    for message in recording.messages:
        at = round((messages.from_time(message.header.stamp) - first) * RATE / SECOND)
        samples = from_s16(message.audio.data)
        placed = np.pad(placed, (0, max(0, at + len(samples) - len(placed))))
        placed[at:at + len(samples)] = samples
    return first, placed


def wrong_words(recording: Recording, spoken: Clip) -> int:
    """Return how many words the ear hears too many, too few or as others."""
    return distance(transcribe(heard_sound(recording)[1], RATE).split(), spoken.text.split())


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[Observer, Observer]]:
    """Two peers, near and far; far sends its speech as sound from the beginning."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        address = f'127.0.0.1:{probe.getsockname()[1]}'

    def words(name: str, *settings: str) -> list[str]:
        given = ('role:=peer', f'address:={address}', 'state_file:=off', *settings)
        return ['--ros-args', '-r', f'__ns:=/{name}',
                *(word for each in given for word in ('-p', each))]

    with contextlib.ExitStack() as stack:
        far = stack.enter_context(Command(
            tmp_path, *words('far', 'listen:=true', 'mode:=audio'),
            module='txt2vid_ros.nodes.link'))
        stack.enter_context(Command(
            tmp_path, *words('near'), module='txt2vid_ros.nodes.link', domain=far.domain))
        yield tuple(stack.enter_context(Observer(far, f'/{name}'))  # type: ignore[arg-type]
                    for name in ('near', 'far'))


def test_speech_goes_as_text_and_as_sound_and_no_word_twice(
        ends: tuple[Observer, Observer]) -> None:
    """The mode is set in the middle of sentences."""
    near, far = ends
    mode = near.record(String, 'link/mode', qos.INFO)
    far.record(String, 'link/mode', qos.INFO).wait(lambda told: told.data == 'audio')
    heard = far.record(LiveSpeech, 'heard', qos.SPEECH)
    sound = far.record(AudioDataStamped, 'peer/audio', qos.CAPTURED)
    back = near.record(AudioDataStamped, 'peer/audio', qos.CAPTURED)
    info = far.record(AudioInfo, 'peer/audio_info', qos.INFO).wait()
    assert (info.channels, info.sample_rate) == (1, RATE)
    speech = near.publisher(LiveSpeech, 'speech')
    assert mode.wait().data == 'text'

    def set_mode(wanted: str) -> None:
        assert near.set_parameter('link', 'mode', wanted)[0]

    def wait_mode(wanted: str) -> None:
        eventually(lambda: mode.messages[-1].data == wanted, f'the mode {wanted}')

    # With a mode of sound the node listens to its microphone, and goes on to.
    set_mode('audio')
    wait_mode('audio')
    said = [clip('0880'), clip('0930'), clip('goforward')]
    stamps = []
    with Microphone(near) as speaking, Microphone(far) as answering:
        set_mode('text')
        wait_mode('text')
        for each, then in zip(said, ('audio', 'text', 'text'), strict=True):
            stamps.append(speaking.say(each, lambda then=then: set_mode(then)))
            message = LiveSpeech(final=each.text, locale='en')
            message.header.stamp = messages.to_time(stamps[-1])
            speech.publish(message)
            wait_mode(then)
        answering.say(clip('something'))
        eventually(lambda: len(heard.messages) > 1, 'the texts')
        eventually(lambda: back.messages and wrong_words(back, clip('something')) <= MISHEARD,
                   'the answer')
    assert [message.final for message in heard.messages] == [said[0].text, said[2].text]
    # Only the second one went as sound, with the stamps of its microphone: one clock here.
    assert wrong_words(sound, said[1]) <= MISHEARD
    assert abs(heard_sound(sound)[0] - stamps[1]) < 0.5 * SECOND


def test_a_link_too_thin_for_sound_says_so(tmp_path: Path) -> None:
    with Command(tmp_path, '--ros-args', '-p', 'role:=peer', '-p', 'mode:=audio', '-p',
                 'rate:=300.0', '-p', 'state_file:=off', '-p', 'address:=127.0.0.1:5999',
                 module='txt2vid_ros.nodes.link') as node:
        assert node.wait() == 2
        assert [line for line in node.lines if 'may not send as much' in line]


def test_sound_that_follows_a_text_waits_until_that_has_been_spoken(tmp_path: Path) -> None:
    """As where a peer changes from text to sound, which is heard sooner after it was said."""
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/end', '-p', 'beside_voice:=true',
                 module='txt2vid_ros.nodes.playout') as node, \
            Observer(node, '/end') as there:  # type: ignore[arg-type]
        there.publisher(AudioInfo, 'voice/audio_info', qos.INFO).publish(
            messages.audio_info(VOICE_RATE))
        heard = there.record(AudioDataStamped, 'voice/audio', qos.CAPTURED)
        voice = there.publisher(AudioDataStamped, 'voice/audio', qos.VOICE)
        eventually(lambda: voice.get_subscription_count() == 2, 'who follows the voice')
        with Microphone(there) as speaking:
            begin = time.time_ns()
            for second in range(4):
                voice.publish(messages.to_audio(
                    'voice#1', begin + second * SECOND, np.zeros(VOICE_RATE, np.float32)))
            speaking.say(clip('goforward'))
            voice.publish(messages.to_audio(
                'voice#1', begin + 4 * SECOND, np.zeros(0, np.float32)))
            sound = heard.wait(lambda message: message.header.frame_id != 'voice#1')
        assert messages.from_time(sound.header.stamp) >= begin + 4 * SECOND
