"""What is heard can be read while it is heard."""

from __future__ import annotations

from collections.abc import Iterator
import time

from audio_common_msgs.msg import AudioDataStamped
from graph_harness import TalkingHead
from hri_msgs.msg import LiveSpeech
import pytest
from ros_observer import end_of, Observer
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages, qos

TEXT = 'Take bus 42 at 7.30 pm.'
WORDS = 'Take bus forty two at seven thirty p m.'


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    with TalkingHead(tmp_path_factory.mktemp('caption'), '--engine', 'flash', '--width', '160',
                     '--height', '120') as head:
        yield head.ready()


def test_the_caption_grows_with_the_voice(head: TalkingHead) -> None:
    with Observer(head) as observer:
        audio = observer.record(AudioDataStamped, 'voice/audio')
        caption = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        speaking = observer.record(Bool, 'voice/speaking', qos.SPEAKING)
        assert speaking.wait().data is False
        observer.heard(TEXT, 'anna', stamp=77)
        final = caption.wait(lambda message: bool(message.final))
        end = end_of(audio)
        speaking.wait(lambda message: not message.data, after=2)
    assert final.final.lower() == WORDS.lower()
    assert (final.header.frame_id, final.locale) == ('anna', 'en')
    grown = [message.incremental for message in caption.messages[:-1]]
    assert all(final.final.startswith(part) for part in grown)
    assert grown == sorted(set(grown), key=len)
    assert len(grown) > 3
    # The stamp of all is when the first word is heard.
    assert {messages.from_time(message.header.stamp) for message in caption.messages} == {
        messages.from_time(audio.messages[0].header.stamp)}
    assert [message.data for message in speaking.messages] == [False, True, False]
    begun, silent = speaking.sent[1:]
    start, stop = (messages.from_time(each.header.stamp) for each in (audio.messages[0], end))
    # Never before it is heard; how long after depends on how busy the machine is.
    assert start <= begun < silent
    assert stop <= silent <= time.time_ns()
    assert caption.sent[0] >= start
    assert (caption.sent[-1] - caption.sent[0]) / SECOND > 1.0


def test_an_interruption_and_what_cannot_be_said_can_be_read(head: TalkingHead) -> None:
    with Observer(head) as observer:
        caption = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        observer.text('Hello, one and two and three and four and five and six and seven.')
        caption.wait(lambda message: 'two' in message.incremental)
        observer.call(Trigger, 'tts/interrupt', Trigger.Request())
        cut = caption.wait(lambda message: bool(message.final))
        assert cut.final.endswith(' —')
        assert cut.final.startswith('Hello, one and two')
        assert 'seven' not in cut.final
        before = len(caption.messages)
        observer.text('你好 世界')
        told = caption.wait(lambda message: bool(message.final), after=before)
        assert told.final == '[2 words in Chinese not said]'


def test_a_text_in_a_language_that_the_voice_does_not_speak_is_not_said(head: TalkingHead) -> None:
    with Observer(head) as observer:
        caption = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        publisher = observer.publisher(LiveSpeech, 'heard')
        publisher.publish(LiveSpeech(final='Yes.', locale='en_GB'))
        publisher.publish(LiveSpeech(final='Ja.', locale='de-DE'))
        head.wait_line("a text is in 'de-DE', but the voice of default speaks en ")
        told = caption.wait(lambda message: message.final.startswith('['))
        assert told.final == '[1 word in German not said]'
    assert head.text.count('a text is in') == 1
