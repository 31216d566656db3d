"""Who speaks over the face interrupts it, in a graph of real processes; a false start does not."""

from __future__ import annotations

from collections.abc import Iterator
import time

from graph_harness import Command, eventually, TalkingHead
from hri_msgs.msg import LiveSpeech
import pytest
from ros_observer import Observer
from speech_clips import clip
from std_msgs.msg import Bool, String
from txt2vid_ros.bench.rig.shared_room import SharedRoom
from txt2vid_ros.bench.speech.room import Room, speech_level
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.ros import messages, qos

TEXT = ('Only the text travels over the link and the face is made here, on this machine, and the '
        'voice goes on and on, without a pause, so that whoever wants to say something has to '
        'speak over it, which is what people do when they know already what they will be told.')
LONG = f'{TEXT} {TEXT}'
"""So long that a busy machine hears a person before it ends."""
LEVEL = 0.1
"""RMS amplitude about that of the voice."""


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    with TalkingHead(tmp_path_factory.mktemp('barge_in'), '--engine', 'flash', '--width', '160',
                     '--height', '120') as head:
        yield head.ready()


@pytest.fixture(scope='module')
def room(head: TalkingHead) -> Iterator[SharedRoom]:
    """Return a microphone beside the face, with an stt that cancels its voice."""
    with Command(head.folder, '--ros-args', '-r', f'__ns:={head.namespace}',
                 '-p', 'loudspeaker:=true', module='txt2vid_ros.nodes.stt',
                 domain=head.domain) as stt, \
            SharedRoom(head.namespace, Room(), head.domain) as room:
        stt.wait_line('listening')
        eventually(room.connected, 'the microphone to be heard')
        yield room


def speak(room: SharedRoom, text: str) -> None:
    """Have the face speak, in the middle of a sentence."""
    room.say(text)
    eventually(lambda: room.speaking, 'the face to speak')
    time.sleep(1.0)


def decided(room: SharedRoom, before: int) -> list[str]:
    return [word for _, word in room.decisions[before:]]


def test_a_person_silences_the_face_and_the_caption_says_where(
        head: TalkingHead, room: SharedRoom) -> None:
    with Observer(head) as observer:
        caption = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        speech = observer.record(LiveSpeech, 'speech', qos.SPEECH)
        # Its own voice, as loud as a person, is nobody.
        speak(room, LONG)
        time.sleep(2.0)
        assert room.speaking
        assert not room.decisions
        person = clip('0870').sound()
        room.talk(person * (LEVEL / speech_level(person)))
        eventually(lambda: 'drop' in decided(room, 0), 'an interruption')
        assert decided(room, 0)[0] == 'hold'
        eventually(lambda: not room.speaking, 'silence')
        cut = caption.wait(lambda message: bool(message.final))
        heard, unsaid = cut.final.removesuffix(' —'), cut.incremental
        assert cut.final != heard
        assert f'{heard} {unsaid}' == LONG
        # What the person said is understood.
        said = speech.wait(lambda message: bool(message.final))
        assert 'prudently in his power' in said.final
        # And answered: the face is there for what comes next.
        before = len(caption.messages)
        room.say('Yes, of course.')
        answer = caption.wait(lambda message: bool(message.final), after=before)
        assert (answer.final, answer.incremental) == ('Yes, of course.', '')


def test_after_a_false_start_it_goes_on_from_its_clause(
        head: TalkingHead, room: SharedRoom) -> None:
    eventually(lambda: not room.speaking, 'silence')
    before = len(room.decisions)
    with Observer(head) as observer:
        caption = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        held = observer.record(Bool, 'voice/held', qos.SPEAKING)
        speech = observer.record(LiveSpeech, 'speech', qos.SPEECH)
        # So long a time that a few words count as a cough.
        assert observer.set_parameter('stt', 'barge_in_after', 4.0) == (True, '')
        speak(room, TEXT)
        person = clip('0870').sound()[:2 * SPEECH_RATE]
        room.talk(person * (LEVEL / speech_level(person)))
        eventually(lambda: 'resume' in decided(room, before), 'the end of the pause')
        final = caption.wait(lambda message: bool(message.final))
        # One caption that grew to the whole text, though some of it was said twice.
        assert (final.final, final.incremental) == (TEXT, '')
        grown = [message.incremental for message in caption.messages[:-1]]
        assert grown == sorted(set(grown), key=len)
        assert {messages.from_time(message.header.stamp) for message in caption.messages} == {
            messages.from_time(final.header.stamp)}
        words = decided(room, before)
        assert words == ['hold', 'resume'] * (len(words) // 2)
        assert [each.data for each in held.messages] == [False] + [True, False] * (len(words) // 2)
        assert not any(message.final for message in speech.messages)


def test_by_topic_anybody_can_have_the_voice_wait(head: TalkingHead, room: SharedRoom) -> None:
    eventually(lambda: not room.speaking, 'silence')
    with Observer(head) as observer:
        held = observer.record(Bool, 'voice/held', qos.SPEAKING)
        caption = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        speak(room, LONG)
        barge_in = observer.publisher(String, 'barge_in', qos.SPEECH)
        barge_in.publish(String(data='nonsense'))
        barge_in.publish(String(data='hold'))
        held.wait(lambda message: message.data)
        eventually(lambda: not room.speaking, 'silence')
        assert not any(message.final for message in caption.messages)
        barge_in.publish(String(data='resume'))
        eventually(lambda: room.speaking, 'the face to go on')
        barge_in.publish(String(data='drop'))
        cut = caption.wait(lambda message: bool(message.final))
        assert cut.final.endswith(' —')
        assert cut.incremental
        head.wait_line("barge_in: 'nonsense' is none of hold, resume, drop")
