"""Sound on a topic is decoded as its AudioInfo says, and refused where that is not possible."""

from __future__ import annotations

import array

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from bare_node import BareNode
import numpy as np
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.sound.sound_input import SoundInput
from txt2vid_ros.ros.sound.sound_topic import ReceivedSound, SoundTopic
from txt2vid_ros.ros.sound.speech_input import SpeechInput

RATE = 48000


class Bench:
    """A node that publishes sound in any format to itself."""

    def __init__(self, node: BareNode, topic: str) -> None:
        self.node = node
        self.spin_until = node.spin_until
        self._audio = self.node.create_publisher(AudioDataStamped, topic, qos.CAPTURED)
        self._info = self.node.create_publisher(AudioInfo, f'{topic}_info', qos.INFO)

    def state(self, topic: SoundTopic, name: str, channels: int = 1, coding: str = '') -> None:
        """Publish an AudioInfo and wait until `topic` has taken it."""
        before = topic.format, topic.refused
        self._info.publish(AudioInfo(channels=channels, sample_rate=RATE, sample_format=name,
                                     coding_format=coding))
        self.spin_until(lambda: (topic.format, topic.refused) != before)

    def publish(self, data: bytes, frame_id: str = 'ann#1', stamp: int = 0) -> None:
        message = AudioDataStamped()
        message.header.stamp = messages.to_time(stamp)
        message.header.frame_id = frame_id
        message.audio.data = array.array('B', data)
        self._audio.publish(message)


@pytest.fixture
def voice(bare_node: BareNode) -> Bench:
    return Bench(bare_node, 'voice/audio')


@pytest.fixture
def microphone(bare_node: BareNode) -> Bench:
    return Bench(bare_node, 'mic/audio')


def test_a_format_that_is_unknown_is_refused_until_one_is_known(
        voice: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    taken: list[ReceivedSound] = []
    topic = SoundTopic(voice.node, 'voice/audio', 24000, taken.append)
    voice.state(topic, 'FLAC')
    assert voice.node.status()[:2] == ('error', (
        "voice/audio has 1 channel of 'FLAC' at 48000 Hz and is not used. Publish 1 to 8 channels "
        'of S16LE, S32LE or F32LE at 4000 to 192000 Hz, and say so on voice/audio_info.'))
    voice.publish(b'\x00\x40' * 10)
    voice.publish(b'')  # the end of an utterance, for which no format is needed
    voice.spin_until(lambda: bool(taken))
    assert [len(sound.data) for sound in taken] == [0]
    voice.state(topic, 'F32LE', channels=2)
    assert voice.node.status()[:2] == ('ok', 'running')
    voice.publish(np.full((10, 2), 0.5, '<f4').tobytes(), 'ann#2', 5 * SECOND)
    voice.spin_until(lambda: len(taken) > 1)
    sound = taken[1]
    assert (sound.frame_id, sound.stamp, sound.format.rate) == ('ann#2', 5 * SECOND, RATE)
    assert sound.sent > 0
    assert sound.format.decode(sound.data).tolist() == [[0.5, 0.5]] * 10
    assert capfd.readouterr().err.count('FLAC') == 1


def test_nothing_of_a_refused_format_reaches_a_timeline_or_a_recognizer(
        bare_node: BareNode) -> None:
    """Coded sound whose samples are said to be S16LE, as audio_capture states its mp3."""
    speech = SpeechTimeline()
    ended: list[int] = []
    taken: list[float] = []
    voice, microphone = Bench(bare_node, 'voice/audio'), Bench(bare_node, 'mic/audio')
    spoken = SpeechInput(bare_node, speech, ended=ended.append)
    heard = SoundInput(bare_node, lambda stamp, mono: taken.extend(mono))
    now = bare_node.get_clock().now().nanoseconds
    for bench, topic in ((voice, spoken.topic), (microphone, heard.topic)):
        bench.state(topic, 'S16LE', coding='mp3')
        bench.publish(b'\x00\x40' * RATE, 'ann#1', now)
    # The end of an utterance, and sound in a format that is known, come after it.
    voice.publish(b'', 'ann#1', now + SECOND)
    voice.spin_until(lambda: bool(ended))
    assert not speech.speaking(now / SECOND - 1, now / SECOND + 2)
    microphone.state(heard.topic, 'S16LE', coding='wave')
    microphone.publish(b'\x00\x20' * RATE, 'desk', now)
    microphone.spin_until(lambda: bool(taken))
    assert max(map(abs, taken)) < 0.3


def test_captured_sound_becomes_mono_at_the_rate_of_speech(microphone: Bench) -> None:
    taken: list[tuple[int, np.ndarray]] = []
    listening = SoundInput(microphone.node, lambda stamp, mono: taken.append((stamp, mono)))
    microphone.state(listening.topic, 'S32LE', channels=2)
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    # On one side only: as loud as on both.
    frames = np.stack([tone, np.zeros(RATE)], axis=1)
    for at in range(0, RATE, 4800):
        microphone.publish((frames[at:at + 4800] * 2 ** 31).astype('<i4').tobytes(), 'desk',
                           10 * SECOND + at * SECOND // RATE)
    microphone.spin_until(lambda: sum(len(mono) for _, mono in taken) > 15000)
    heard = np.concatenate([mono for _, mono in taken])
    assert abs(taken[0][0] - 10 * SECOND) < SECOND // 1000
    assert np.abs(heard[4000:12000]).max() == pytest.approx(0.5, abs=0.02)
    assert (listening.statistics.clipped, listening.statistics.invalid) == (0, 0)


def test_a_voice_with_several_channels_is_mixed_onto_the_timeline(voice: Bench) -> None:
    speech = SpeechTimeline()
    ended: list[int] = []
    listening = SpeechInput(voice.node, speech, ended=ended.append)
    voice.state(listening.topic, 'S16LE', channels=2)
    now = voice.node.get_clock().now().nanoseconds // SECOND * SECOND
    # On one side only: as loud as on both.
    voice.publish(np.tile(np.array([2 ** 14, 0], '<i2'), (RATE // 10, 1)).tobytes(), 'ann#1', now)
    voice.publish(b'', 'ann#1', now + SECOND // 10)
    voice.spin_until(lambda: bool(ended))
    middle = speech.samples(now / SECOND + 0.02, now / SECOND + 0.08, RATE)
    assert middle == pytest.approx(np.full(len(middle), 0.5), abs=1e-3)
