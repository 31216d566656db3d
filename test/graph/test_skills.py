"""Robots ask for speech by the actions that they know: the skill say, tts_msgs, sound_play."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from pathlib import Path
import re
import subprocess
import sys
from typing import Any

from action_client import Client, SentGoal
from action_msgs.msg import GoalStatus
from graph_harness import Command, eventually, ROOT, TalkingHead, TIMEOUT
from hri_msgs.msg import LiveSpeech
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import pytest
from ros_observer import end_of, Observer, Recording
from std_srvs.srv import Trigger
from txt2vid_ros.ros import messages, qos

communication_skills = pytest.importorskip('communication_skills.action')
sound_play = pytest.importorskip('sound_play_msgs.msg')
sound_actions = pytest.importorskip('sound_play_msgs.action')
std_skills = pytest.importorskip('std_skills.msg')
tts_msgs = pytest.importorskip('tts_msgs.action')

pytestmark = pytest.mark.xdist_group('skills')

LONG = 'One and two and three and four and five and six and seven and eight and nine and ten.'
Sound = sound_play.SoundRequest
Result = std_skills.Result


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    folder = tmp_path_factory.mktemp('skills')
    people = folder / 'people.yaml'
    people.write_text('default: {}\nanna: {speed: 1.5}\n')
    with TalkingHead(folder, '--engine', 'flash', '--width', '160', '--height', '120',
                     '--skills', 'true', '--people', str(people)) as head:
        head.wait_line('taking goals: .*/skill/say, .*/tts_engine/tts, .*/sound_play')
        yield head.ready()
        assert head.stop() == 0


@pytest.fixture(scope='module')
def caption(observer: Observer) -> Recording:
    return observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)


@pytest.fixture(scope='module')
def say(observer: Observer) -> Client:
    return Client(observer, communication_skills.Say, 'skill/say')


@pytest.fixture(scope='module')
def tts(observer: Observer) -> Client:
    return Client(observer, tts_msgs.TTS, 'tts_engine/tts')


@pytest.fixture(scope='module')
def sounds(observer: Observer) -> Client:
    return Client(observer, sound_actions.SoundRequest, 'sound_play')


def meta(priority: int = 128) -> Any:
    return std_skills.Meta(caller='test', priority=priority)


def words_of(goal: SentGoal) -> list[str]:
    return [each.feedback.data_str for each in goal.feedback]


def test_a_goal_is_followed_word_by_word_and_ends_with_the_last_sample(
        say: Client, audio: Recording, caption: Recording) -> None:
    sounds, captions = len(audio.messages), len(caption.messages)
    goal = say.goal(
        meta=meta(), input='<set expression(happy)>Take bus 42 <do motion(wave)/>home.')
    status, result, when = goal.result()
    assert (status, result.result.error_code, result.result.error_msg) == (
        GoalStatus.STATUS_SUCCEEDED, Result.ROS_ENOERR, '')
    end = end_of(audio, sounds)
    assert when >= messages.from_time(end.header.stamp)
    final = caption.wait(lambda message: bool(message.final), after=captions)
    assert final.final.lower() == 'take bus forty two home.'
    assert ' '.join(words_of(goal)) == final.final
    shares = [each.feedback.data_float for each in goal.feedback]
    assert all(before < after for before, after in itertools.pairwise(shares))
    assert shares[-1] == 1.0


def test_one_goal_speaks_and_the_priority_decides_which(
        say: Client, tts: Client, audio: Recording, observer: Observer) -> None:
    before = len(audio.messages)
    first = say.goal(meta=meta(200), input=LONG)
    first.wait_feedback()
    assert say.send(meta=meta(199), input='Me.') is None
    assert tts.send(input='Me.') is None
    second = say.goal(meta=meta(200), input=LONG)
    assert first.fails().result.error_code == Result.ROS_EINTR
    second.wait_feedback()
    assert second.cancel()
    cancelled = second.fails(GoalStatus.STATUS_CANCELED)
    assert cancelled.result.error_code == Result.ROS_ECANCELED
    # Nothing of either comes after its end, which was long before that of the text.
    names = list(dict.fromkeys(each.header.frame_id for each in audio.messages[before:]))
    assert len(names) == 2
    third = say.goal(meta=meta(0), input='Three.')
    assert third.result()[0] == GoalStatus.STATUS_SUCCEEDED
    for name in names:
        chunks = audio.of(name)
        end = next(at for at, each in enumerate(chunks) if not len(each.audio.data))
        assert not any(len(each.audio.data) for each in chunks[end:])
        assert 'ten' not in words_of(first)[-1] + words_of(second)[-1]


@pytest.mark.parametrize('text', ['', ' \n', '<set expression(happy)>'])
def test_an_empty_text_is_answered_and_takes_nobodys_place(say: Client, text: str) -> None:
    speaking = say.goal(meta=meta(), input='Still here.')
    speaking.wait_feedback()
    assert say.goal(meta=meta(), input=text).fails().result.error_code == Result.ROS_EBADMSG
    assert speaking.result()[0] == GoalStatus.STATUS_SUCCEEDED


def test_a_language_and_a_voice_are_those_of_a_speaker_or_are_refused_with_a_reason(
        tts: Client, audio: Recording) -> None:
    assert "no voice speaks 'fr_FR'. Spoken: en; give" in tts.goal(
        input='Oui.', locale='fr_FR').fails().error_msg
    unknown = tts.goal(input='Yes.', voice='carla').fails()
    assert "no speaker is called 'carla'" in unknown.error_msg
    before = len(audio.messages)
    goal = tts.goal(input='Yes, it is me.', locale='en_GB', voice='anna')
    status, result, _ = goal.result()
    assert (status, result.error_msg) == (GoalStatus.STATUS_SUCCEEDED, '')
    assert [each.word for each in goal.feedback] == ['Yes,', 'it', 'is', 'me.']
    assert end_of(audio, before).header.frame_id.startswith('anna#')


def test_texts_of_the_topic_and_goals_share_a_queue_and_goals_end_no_text(
        say: Client, observer: Observer, audio: Recording) -> None:
    before = len(audio.messages)
    observer.text('This text is on the topic.')
    text = audio.wait(after=before).header.frame_id
    first = say.goal(meta=meta(), input='Never said.')
    second = say.goal(meta=meta(), input='Second.')
    third = say.goal(meta=meta(), input='Third.')
    assert first.fails().result.error_code == Result.ROS_EINTR
    assert second.cancel() or second.result()[0] == GoalStatus.STATUS_ABORTED
    assert third.result()[0] == GoalStatus.STATUS_SUCCEEDED
    ended = [each.header.frame_id for each in audio.messages[before:] if not len(each.audio.data)]
    spoken = list(dict.fromkeys(each.header.frame_id for each in audio.messages[before:]
                                if len(each.audio.data)))
    assert spoken == [text, ended[-1]]
    ends = [messages.from_time(each.header.stamp) for each in audio.of(text)]
    # It was heard to its end: no sooner end than that after its last sample.
    assert ends == sorted(ends)


def test_sound_play_says_by_action_and_by_topic_and_stops_what_it_said(
        head: TalkingHead, sounds: Client, observer: Observer, audio: Recording) -> None:
    topic = observer.publisher(Sound, 'robotsound', qos.TEXT)
    request = {'sound': Sound.SAY, 'command': Sound.PLAY_ONCE, 'volume': 1.0}
    goal = sounds.goal(sound_request=Sound(**request, arg='Hello.', arg2='voice_kal_diphone'))
    status, result, _ = goal.result()
    assert (status, result.playing) == (GoalStatus.STATUS_SUCCEEDED, False)
    assert goal.feedback[0].playing
    assert result.stamp.sec + result.stamp.nanosec > 0
    before = len(audio.messages)
    for text in ('One.', LONG, 'Three.'):
        topic.publish(Sound(**request, arg=text))
    one = end_of(audio, before)
    audio.wait(lambda each: each.header.frame_id != one.header.frame_id, after=before)
    topic.publish(Sound(sound=Sound.SAY, command=Sound.PLAY_STOP, arg=LONG))
    eventually(lambda: len({each.header.frame_id for each in audio.messages[before:]}) == 3, 'all')
    three = audio.messages[-1].header.frame_id
    assert len(audio.of(three)[0].audio.data)
    end_of(audio, before, three)
    speaking = sounds.goal(sound_request=Sound(**request, arg=LONG))
    speaking.wait_feedback()
    stopping = sounds.goal(sound_request=Sound(sound=Sound.ALL, command=Sound.PLAY_STOP))
    assert stopping.result()[0] == GoalStatus.STATUS_SUCCEEDED
    speaking.fails()
    topic.publish(Sound(sound=Sound.NEEDS_PLUGGING, command=Sound.PLAY_ONCE))
    head.wait_line('robotsound: sound 3 with command 1 is not played: a face only speaks')
    assert sounds.send(sound_request=Sound(sound=Sound.SAY, command=Sound.PLAY_START, arg='A')
                       ) is None
    head.wait_line('is rejected: a text is not said over and over')


EXAMPLES = re.findall(r'```python\n(import.*?)```', (ROOT / 'docs/skills.md').read_text(),
                      re.DOTALL)
TOLD = (r'Hello, \d+%\n.*you\? 100%\nended with 0', r"How\n.*do\?\nended with ''",
        'ended with False')


@pytest.mark.parametrize(('example', 'told'), [*zip(EXAMPLES, TOLD, strict=True)],
                         ids=['skill', 'tts', 'sound_play'])
def test_the_examples_of_the_documentation_run(
        head: TalkingHead, tmp_path: Path, example: str, told: str) -> None:
    file = tmp_path / 'example.py'
    file.write_text(example.replace('/txt2vid', head.namespace))
    done = subprocess.run([sys.executable, str(file)], env=head.environment, timeout=TIMEOUT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(told, done.stdout.strip(), re.DOTALL), done.stdout


def test_without_a_package_its_action_is_off_and_names_can_be_remapped(
        tmp_path: Path, head: TalkingHead) -> None:
    lacking = tmp_path / 'lacking'
    lacking.mkdir()
    (lacking / 'tts_msgs.py').write_text(
        "raise ModuleNotFoundError('No module named tts_msgs', name='tts_msgs')\n")
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/lone', '-r', 'skill/say:=/robot/say',
                 '-p', 'sound_play:=beep', module='txt2vid_ros.nodes.say',
                 environment={'PYTHONPATH': f'{lacking}:{ROOT}'}) as node:
        node.wait_line('taking goals: /robot/say, /lone/beep$')
    said = 'tts_msgs is not installed: there is no action tts_engine/tts'
    assert node.text.count(said) == 1


def test_an_interruption_by_others_ends_the_goal(say: Client, observer: Observer) -> None:
    goal = say.goal(meta=meta(), input=LONG)
    goal.wait_feedback()
    assert observer.call(Trigger, 'tts/interrupt', Trigger.Request()).success
    result = goal.fails().result
    assert (result.error_code, result.error_msg) == (
        Result.ROS_EINTR, 'the voice was interrupted')


def step(observer: Observer, node: str, *transitions: int) -> None:
    for transition in transitions:
        assert observer.call(ChangeState, f'{node}/change_state', ChangeState.Request(
            transition=Transition(id=transition))).success


def test_goals_end_with_the_node_that_took_them_and_with_the_voice(
        say: Client, observer: Observer, audio: Recording) -> None:
    goal = say.goal(meta=meta(), input=LONG)
    goal.wait_feedback()
    name = audio.messages[-1].header.frame_id
    step(observer, 'say', Transition.TRANSITION_DEACTIVATE)
    assert goal.fails().result.error_code == Result.ROS_EOTHER
    end_of(audio, utterance=name)
    assert say.send(meta=meta(), input='No.') is None
    step(observer, 'say', Transition.TRANSITION_CLEANUP, Transition.TRANSITION_CONFIGURE,
         Transition.TRANSITION_ACTIVATE)
    # The server is a new one: it has to be found.
    again = Client(observer, communication_skills.Say, 'skill/say')
    goal = again.goal(meta=meta(), input=LONG)
    goal.wait_feedback()
    step(observer, 'tts', Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE)
    result = goal.fails().result
    assert result.error_code == Result.ROS_EOTHER
    assert 'started again' in result.error_msg
    assert again.goal(meta=meta(), input='Yes.').result()[0] == GoalStatus.STATUS_SUCCEEDED
