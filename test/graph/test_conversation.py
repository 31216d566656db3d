"""A spoken question is answered by a chat service, and heard before the answer is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import signal
import threading

from audio_common_msgs.msg import AudioDataStamped
from fake_chat import answer, DONE, event, FakeChat
from graph_harness import Command, eventually, FAST, ROOT, TalkingHead
from hearing import words
from hri_msgs.msg import LiveSpeech
import numpy as np
import pytest
from ros_observer import Observer, Recording
from speech_clips import clip, RATE, write
from std_msgs.msg import String
from std_srvs.srv import Trigger
from txt2vid_ros.ros import messages, qos

MORE = threading.Event()
"""What the service waits for in the middle of its first answer."""


@pytest.fixture(scope='module')
def service() -> Iterator[FakeChat]:
    with FakeChat([event('I heard you '), event('well. And'), MORE, event(' there is **more**.'),
                   event(None, finish_reason='stop'), DONE],
                  answer('Yes.'),
                  [event('This will be a very long story. Once upon a time '), threading.Event()],
                  (500, b''), (500, b''),
                  answer('Good.'),
                  answer('Here is another story. It goes on for a while, and on, and on.'),
                  answer('Sure.')) as fake:
        yield fake


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory, service: FakeChat) -> Iterator[TalkingHead]:
    folder = tmp_path_factory.mktemp('conversation')
    question = write(folder / 'speech.wav', np.concatenate(
        [np.zeros(RATE // 2, np.float32), clip('goforward').sound(), np.zeros(RATE, np.float32)]))
    with TalkingHead(folder, *FAST, '--tts', 'hibari', '--responder', 'chat', '--input',
                     str(question), '--param', 'mic.wait_for=2',
                     environment=service.environment) as head:
        yield head.ready()
        assert head.stop() == 0
        assert 'sk-mine' not in head.text
        assert 'heard you' not in head.text


def say(observer: Observer, text: str) -> None:
    """Publish what a recognizer would have understood."""
    observer.publisher(LiveSpeech, 'speech').publish(
        messages.to_speech('default', 1, 'en', 1.0, final=text))


def test_the_first_sentence_is_spoken_while_the_last_one_is_not_yet_written(
        head: TalkingHead, observer: Observer, audio: Recording, captions: Recording,
        service: FakeChat) -> None:
    # The second listener, for whom the question waits.
    observer.record(AudioDataStamped, 'mic/audio', qos.CAPTURED)
    first = audio.wait(lambda message: len(message.audio.data) > 0)
    captions.wait(lambda message: message.final == 'I heard you well.')
    assert not MORE.is_set()
    assert len(service.requests) == 1
    MORE.set()
    captions.wait(lambda message: message.final == 'And there is more.')
    asked = service.requests[0]['messages']
    assert [each['role'] for each in asked] == ['system', 'user']
    assert words(asked[1]['content']) == words(clip('goforward').text)
    # The person's words are not said by the face.
    assert {message.final for message in captions.messages if message.final} == {
        'I heard you well.', 'And there is more.'}
    assert first.header.frame_id.startswith('default#')


def test_others_speak_through_the_face_beside_it_and_the_history_is_of_the_conversation(
        head: TalkingHead, observer: Observer, captions: Recording, service: FakeChat) -> None:
    observer.text('Dinner is ready.')
    captions.wait(lambda message: message.final == 'Dinner is ready.')
    answers = observer.record(LiveSpeech, 'heard', qos.SPEECH)
    say(observer, 'Is there?')
    captions.wait(lambda message: message.final == 'Yes.')
    # In the language of the question, which the face speaks.
    assert answers.wait(lambda message: message.final == 'Yes.').locale == 'en'
    assert [each['content'] for each in service.requests[1]['messages'][2:]] == [
        'I heard you well. And there is more.', 'Is there?']


def test_an_interruption_ends_the_writing_and_a_failure_is_said_once(
        head: TalkingHead, observer: Observer, captions: Recording, service: FakeChat) -> None:
    say(observer, 'A story!')
    captions.wait(lambda message: message.incremental.startswith('This will'))
    observer.call(Trigger, 'tts/interrupt', Trigger.Request())
    assert service.left.acquire(timeout=60)
    cut = captions.wait(lambda message: message.final.startswith('This')).final
    assert cut.endswith('—')
    # It fails twice, and then says so.
    say(observer, 'Go on.')
    captions.wait(lambda message: message.final == 'I am sorry, I cannot answer right now.')
    assert len([line for line in head.lines if 'a fault of its own: HTTP 500' in line]) == 1
    say(observer, 'Please.')
    captions.wait(lambda message: message.final == 'Good.')
    turns = [each['content'] for each in service.requests[-1]['messages']]
    assert turns[-3:] == ['A story!', f'{cut.rstrip(" —")} —', 'Go on.\nPlease.']


def test_a_question_while_it_answers_another_is_answered(
        observer: Observer, captions: Recording) -> None:
    say(observer, 'Another one!')
    captions.wait(lambda message: message.incremental.startswith('Here is'))
    say(observer, 'A shorter one, please.')
    captions.wait(lambda message: message.final == 'Sure.')


@pytest.fixture(scope='module')
def captions(observer: Observer) -> Recording:
    """Record what is said."""
    return observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)


@pytest.mark.parametrize(('example', 'says'), [
    ('echo', ['How are you?']), ('responder', ['I am fine.', 'And you?'])])
def test_the_examples_answer_by_themselves(
        tmp_path: Path, example: str, says: list[str]) -> None:
    with FakeChat(answer('I am fine.', ' And you?')) as fake, \
            Command(tmp_path, '--ros-args', '-r', '__ns:=/alone', module=f'examples.{example}',
                    environment=fake.environment) as running, \
            Observer(running, '/alone') as observer:  # type: ignore[arg-type]
        texts = observer.record(String, 'text', qos.TEXT)
        say(observer, 'How are you?')
        eventually(lambda: len(texts.messages) == len(says), 'the answer')
        assert [each.data for each in texts.messages] == says
        running.process.send_signal(signal.SIGTERM)
        assert running.wait() == 0, running.text


def test_an_example_without_a_key_says_so_in_one_line(tmp_path: Path) -> None:
    with Command(tmp_path, module='examples.responder', cwd=ROOT,
                 environment={'OPENAI_API_KEY': '', 'OPENAI_BASE_URL': ''}) as command:
        assert command.wait() == 2
        assert len(command.lines) == 1
        assert 'OPENAI_API_KEY is not set' in command.text
