"""Speech goes out under ids that are used once, and a second voice on the topic is reported."""

from __future__ import annotations

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from bare_node import BareNode
from hri_msgs.msg import Expression
import numpy as np
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.sound.cue_publisher import CuePublisher, LINGER
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


def test_cues_last_as_long_as_their_utterance_and_what_is_cut_off_is_taken_back(
        bare_node: BareNode) -> None:
    told: list[tuple[int, str]] = []
    bare_node.create_subscription(
        Expression, 'face/expression', lambda message: told.append(
            (messages.from_time(message.header.stamp), message.expression)), qos.EXPRESSION)
    cues = CuePublisher(bare_node)
    bare_node.spin_until(lambda: cues._topic.get_subscription_count() > 0)

    def shown_at(*times: int) -> list[str]:
        """Return what a face shows that lets the later message with a stamp count."""
        goals = dict(told)
        return [goals[max(start for start in goals if start <= time)] for time in times]

    second = 1_000_000_000
    cues.show('a#1', 10 * second, 'happy')
    cues.show('a#1', 14 * second, 'sad')
    cues.over('a#1', 16 * second)
    bare_node.spin_until(lambda: len(told) == 3)
    after = 16 * second + LINGER
    assert shown_at(11 * second, 15 * second, after) == ['happy', 'sad', 'neutral']
    # Somebody interrupts it after all, before it has become sad.
    cues.over('a#1', 12 * second)
    bare_node.spin_until(lambda: len(told) == 6)
    assert shown_at(11 * second, 12 * second + LINGER, 15 * second)[:2] == ['happy', 'neutral']
    assert 'sad' not in shown_at(*range(10 * second, 20 * second, second // 2))
    # The next one begins before the face would have come to rest, and goes on.
    cues.show('a#2', 12 * second + LINGER // 2, 'angry')
    bare_node.spin_until(lambda: len(told) == 10)
    assert shown_at(12 * second + 2 * LINGER) == ['angry']
    # Utterances without cues change nothing.
    cues.over('a#3', 30 * second)
    cues.over('a#2', 31 * second)
    bare_node.spin_until(lambda: len(told) == 11)
    assert shown_at(30 * second, 40 * second) == ['angry', 'neutral']
