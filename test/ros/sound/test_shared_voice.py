"""Sound beside a voice on the same topics has the voice's rate, and every sample its place."""

from __future__ import annotations

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from bare_node import BareNode
import numpy as np
import soxr
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import from_s16
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.sound.shared_voice import SharedVoice
from txt2vid_ros.ros.sound.speech_publisher import SpeechPublisher

RATE, VOICE, START = 16000, 22050, 5 * SECOND


def test_it_is_resampled_to_the_rate_of_the_voice_and_stays_in_its_place(
        bare_node: BareNode) -> None:
    heard: list[AudioDataStamped] = []
    bare_node.create_subscription(AudioDataStamped, 'voice/audio', heard.append, qos.CAPTURED)
    output = SpeechPublisher(bare_node, RATE)
    shared = SharedVoice(bare_node, output)
    # The voice states its format.
    stated = bare_node.create_publisher(AudioInfo, 'voice/audio_info', qos.INFO)
    stated.publish(messages.audio_info(VOICE))
    bare_node.spin_until(lambda: shared.rate == VOICE
                         and output._audio.get_subscription_count() > 0)
    sound = np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE).astype(np.float32) / 2
    for at in range(0, RATE, 320):
        shared.audio('ann#1', START + at * SECOND // RATE, sound[at:at + 320], RATE)
    shared.ended('ann#1', START + SECOND)
    bare_node.spin_until(lambda: bool(heard) and not heard[-1].audio.data)
    placed = np.zeros(VOICE + 1, np.float32)
    for message in heard[:-1]:
        at = round((messages.from_time(message.header.stamp) - START) * VOICE / SECOND)
        samples = from_s16(message.audio.data)
        placed[at:at + len(samples)] += samples
    assert messages.from_time(heard[-1].header.stamp) == START + SECOND
    wanted = soxr.resample(sound, RATE, VOICE)
    assert np.abs(placed[200:VOICE - 200] - wanted[200:VOICE - 200]).max() < 0.01
