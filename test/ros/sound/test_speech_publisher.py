"""Speech goes out under ids that are used once, and a second voice on the topic is reported."""

from __future__ import annotations

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from bare_node import BareNode
import numpy as np
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.sound.speech_publisher import RIVAL_CHECKS, SpeechPublisher


def test_a_repeated_stamp_gets_an_id_of_its_own(bare_node: BareNode) -> None:
    speech = SpeechPublisher(bare_node, 16000)
    assert [speech.new_id('ann', 7) for _ in range(3)] == ['ann#7', 'ann#8', 'ann#9']
    assert speech.new_id('ben', 7) == 'ben#7'


def test_chunks_and_the_end_carry_the_utterance_and_the_format_is_stated(
        bare_node: BareNode) -> None:
    heard: list[AudioDataStamped] = []
    stated: list[AudioInfo] = []
    bare_node.create_subscription(AudioDataStamped, 'voice/audio', heard.append, qos.AUDIO)
    speech = SpeechPublisher(bare_node, 16000)
    speech.announce()
    bare_node.create_subscription(AudioInfo, 'voice/audio_info', stated.append, qos.INFO)
    bare_node.spin_until(lambda: bool(stated) and speech._audio.get_subscription_count() > 0)
    speech.audio('ann#7', 5_000_000_007, np.full(320, 0.5, np.float32), 16000)
    speech.ended('ann#7', 5_020_000_007)
    bare_node.spin_until(lambda: len(heard) == 2)
    assert [(each.header.frame_id, messages.from_time(each.header.stamp), len(each.audio.data))
            for each in heard] == [('ann#7', 5_000_000_007, 640), ('ann#7', 5_020_000_007, 0)]
    assert (stated[0].channels, stated[0].sample_rate, stated[0].sample_format) == (
        1, 16000, 'S16LE')


def test_another_voice_is_reported_while_it_lasts(bare_node: BareNode) -> None:
    speech = SpeechPublisher(bare_node, 16000)
    rival = bare_node.create_publisher(AudioDataStamped, 'voice/audio', qos.AUDIO)
    bare_node.spin_until(lambda: bare_node.count_publishers('voice/audio') == 2)
    for _ in range(RIVAL_CHECKS - 1):
        speech.check_rivals()
    assert bare_node.status()[0] == 'ok'
    speech.check_rivals()
    level, line, _ = bare_node.status()
    assert level == 'error'
    assert line.startswith('another node speaks on /voice/audio')
    bare_node.destroy_publisher(rival)
    bare_node.spin_until(lambda: bare_node.count_publishers('voice/audio') == 1)
    speech.check_rivals()
    assert bare_node.status()[0] == 'ok'


def test_who_only_states_a_format_is_contradicted(bare_node: BareNode) -> None:
    stated: list[int] = []
    speech = SpeechPublisher(bare_node, 16000)
    speech.announce()
    bare_node.create_subscription(AudioInfo, 'voice/audio_info',
                                  lambda told: stated.append(told.sample_rate), qos.INFO)
    stranger = bare_node.create_publisher(AudioInfo, 'voice/audio_info', qos.INFO)
    bare_node.spin_until(lambda: stranger.get_subscription_count() == 2)
    stranger.publish(AudioInfo(channels=255))

    def corrected() -> bool:
        speech.check_rivals()
        return 0 in stated and stated[-1] == 16000

    bare_node.spin_until(corrected)
