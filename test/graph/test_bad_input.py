"""Whatever a topic carries, the nodes go on working and say what is wrong."""

from __future__ import annotations

import array
from collections.abc import Iterator
import itertools
from pathlib import Path

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import eventually, FAST, run, TalkingHead
from hri_msgs.msg import LiveSpeech
import pytest
from rclpy.qos import DurabilityPolicy
from ros_observer import end_of, Observer, Recording
from sensor_msgs.msg import Image
from std_msgs.msg import Float64, String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.ros import messages, qos

NODES = ('tts', 'lipsync', 'stream')
FAR = 2**31 - 1
"""The latest second that a stamp can hold."""


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    folder = tmp_path_factory.mktemp('bad_input')
    with TalkingHead(folder, *FAST, '--param', 'tts.queue=4',
                     '--param', 'tts.max_characters=1000', '--param',
                     'tts.qos_overrides.{ns}/voice/mouth.publisher.durability=transient_local',
                     ) as head:
        yield head.ready()
        assert head.stop() == 0


stamps = itertools.count(1)
"""A stamp for each text whose utterance is waited for by its id."""


@pytest.fixture(autouse=True)
def lives_on(head: TalkingHead, observer: Observer, audio: Recording) -> Iterator[None]:
    """Assert after each test that the same processes still speak and show pictures."""
    pids = [head.node_pid(name) for name in NODES]
    yield
    observer.call(Trigger, 'tts/interrupt', Trigger.Request())
    # The end of this very utterance: those of what was interrupted may still be on their way.
    observer.heard('x', 'living', stamp=(stamp := next(stamps)))
    end_of(audio, utterance=f'living#{stamp}')
    shown = head.status()['on_time']
    head.wait_status(lambda status: status['on_time'] > shown + 5, 'pictures')
    assert [head.node_pid(name) for name in NODES] == pids
    assert 'Traceback' not in head.text
    assert 'internal error' not in head.text


UNSPEAKABLE = {'empty': '', 'spaces': ' \t\n ', 'emoji': '😀🎉👍🏽', 'signs': '... !? ---',
               'control characters': '\x00\x07\x1b[31m\u202e\ufeff', 'replacement': '\ufffd\ufffd'}


@pytest.mark.parametrize('kind', UNSPEAKABLE)
def test_text_without_words_ends_at_once_and_says_so(
        head: TalkingHead, observer: Observer, audio: Recording, kind: str) -> None:
    before, lines = len(audio.messages), len(head.lines)
    observer.text(UNSPEAKABLE[kind])
    end = end_of(audio, before)
    assert len(audio.of(end.header.frame_id)) == 1
    head.wait_line(r'nothing to pronounce .* send words', after=lines)
    # Texts are nobody's business: none is in the log.
    assert not UNSPEAKABLE[kind].strip() or UNSPEAKABLE[kind].strip() not in head.text


def test_what_the_voice_has_no_sounds_for_is_told_and_say_refuses_it(
        head: TalkingHead, observer: Observer, tmp_path: Path) -> None:
    reports = observer.record(DiagnosticArray, '/diagnostics', 10)
    lines = len(head.lines)
    status, said = run(tmp_path, 'say', '--namespace', head.namespace, '你好，世界。',
                       domain=head.domain)
    assert status != 0 and 'did not say it' in said
    head.wait_line(r'2 words in Chinese of the text of \S+ cannot be said by a voice for en',
                   after=lines)
    assert '你好' not in head.text
    reports.wait(lambda message: any(
        each.name.endswith('tts: tts') and each.level != b'\0'
        and '2 words in Chinese could not be said' in each.message for each in message.status))


def test_a_text_that_is_too_long_is_cut_and_that_is_said(
        head: TalkingHead, observer: Observer) -> None:
    lines = len(head.lines)
    observer.text('word ' * 20_000)
    head.wait_line(r'100000 characters is cut to tts\.max_characters = 1000', after=lines)


def test_text_that_is_no_utf8_is_taken_as_far_as_it_goes(
        observer: Observer, audio: Recording) -> None:
    before = len(audio.messages)
    # The serialized form of a String (CDR, little endian) with two bytes that are no UTF-8.
    broken = b'\0\1\0\0' + (4).to_bytes(4, 'little') + b'x\xff\xfe\0'
    observer.publisher(String, 'text', qos.TEXT).publish(broken)
    end = end_of(audio, before)
    assert len(audio.of(end.header.frame_id)) == 26  # one clap, then the end


def test_more_texts_than_may_wait_are_refused_and_that_is_said(
        head: TalkingHead, observer: Observer, audio: Recording) -> None:
    before, lines = len(audio.messages), len(head.lines)
    for number in range(40):
        observer.heard('x' * 50, f'flood{number}', stamp=1)
    head.wait_line(r'tts\.queue = 4 utterances wait already; a text of 50 characters is not',
                   after=lines)
    # Who waits for a text that is not spoken learns it: its end comes at once.
    audio.wait(lambda message: message.header.frame_id == 'flood39#1', before)
    assert not [each for each in audio.of('flood39#1') if len(each.audio.data)]


def test_two_texts_with_one_stamp_are_both_spoken(observer: Observer, audio: Recording) -> None:
    for _ in range(2):
        observer.heard('x', 'twin', stamp=77)
    # The second one gets an id of its own: the next nanosecond.
    for utterance in ('twin#77', 'twin#78'):
        end_of(audio, utterance=utterance)
        assert len(audio.of(utterance)) == 26


def test_odd_live_speech_does_no_harm(observer: Observer, audio: Recording) -> None:
    before = len(audio.messages)
    heard = observer.publisher(LiveSpeech, 'heard')
    heard.publish(LiveSpeech(incremental='not yet'))  # not final: nothing is said
    late = LiveSpeech(final='x', confidence=float('nan'))
    late.header.stamp.sec = -5
    late.header.frame_id = 'a#b#c\n' + 'long' * 1000
    heard.publish(late)
    assert end_of(audio, before).header.frame_id.startswith('a#b#c')


def sound(sec: int, data: bytes = b'\x10\x20' * 960, utterance: str = 'noise') -> AudioDataStamped:
    message = AudioDataStamped()
    message.header.stamp.sec = sec
    message.header.frame_id = utterance
    message.audio.data = array.array('B', data)
    return message


def test_garbage_on_voice_audio_does_no_harm(head: TalkingHead, observer: Observer) -> None:
    now = head.status()['now_ns'] // 10**9
    publisher = observer.publisher(AudioDataStamped, 'voice/audio', qos.AUDIO, readers=2)
    for sec in (0, -FAR, FAR, now - 3600, now + 3600, now):
        for data in (b'', b'\x01', b'\x01\x02\x03', b'\xff' * 1920):
            for utterance in ('', '#', 'noise', 'no\nise#1'):
                publisher.publish(sound(sec, data, utterance))
    for number in range(300):
        publisher.publish(sound(FAR, utterance=f'future{number}'))
    head.wait_line(r'voice/audio is stamped .*(clock|use_sim_time)')
    info = observer.publisher(AudioInfo, 'voice/audio_info', qos.INFO, readers=2)
    for stated, said in (
            (AudioInfo(channels=255, sample_rate=0, sample_format='FLAC'),
             "255 channels of 'FLAC' at 0 Hz"),
            (AudioInfo(channels=1, sample_rate=2**32 - 1), "1 channel of '' at 4294967295 Hz")):
        info.publish(stated)
        for name in ('lipsync', 'stream'):
            head.wait_line(rf'{name} \| .*voice/audio has {said} .* Publish 1 to 8 channels')
    # As it was, for the tests that follow.
    info.publish(messages.audio_info(VOICE_RATE))


def test_garbage_on_voice_mouth_does_no_harm(observer: Observer) -> None:
    publisher = observer.publisher(JointTrajectory, 'voice/mouth', qos.MOUTH)
    nan, far = float('nan'), float('inf')
    for names in ([], ['jaw_open'], ['nose'], ['jaw_open', 'jaw_open', 'lips_closed']):
        for positions in ([], [nan], [far], [-far], [9e99], [0.5] * len(names)):
            for sec in (0, -FAR, FAR):
                message = JointTrajectory(joint_names=names)
                message.header.stamp.sec = sec
                for start in (0, -1, 2, 1):
                    point = JointTrajectoryPoint(positions=array.array('d', positions))
                    point.time_from_start.sec = start
                    message.points.append(point)
                publisher.publish(message)
    publisher.publish(JointTrajectory(joint_names=['jaw_open']))


def picture(sec: int, encoding: str = 'bgr8', width: int = 4, height: int = 4,
            size: int | None = None, step: int = 12) -> Image:
    message = Image(encoding=encoding, width=width, height=height, step=step)
    message.header.stamp.sec = sec
    message.data = array.array('B', bytes(step * height if size is None else size))
    return message


def test_garbage_on_the_pictures_does_no_harm(head: TalkingHead, observer: Observer) -> None:
    now = head.status()['now_ns'] // 10**9
    publisher = observer.publisher(Image, 'face/image_raw', qos.IMAGE)
    lines = len(head.lines)
    for encoding in ('bgr8', 'rgb8', 'mono8', 'mono16', '16UC1', '32FC1', 'bgra8', 'bayer_rggb8',
                     'yuv422', 'nv21', '8UC5', '', 'jpeg', 'x' * 5000):
        publisher.publish(picture(now + 1, encoding, size=0))
        publisher.publish(picture(now + 1, encoding, 0, 0, 0, 0))
        publisher.publish(picture(now + 1, encoding, 2**32 - 1, 2**32 - 1, 12, 2**32 - 1))
        publisher.publish(picture(now + 1, encoding, 4, 4, 48, 0))
        publisher.publish(picture(now + 1, encoding))
        publisher.publish(picture(now + 1, encoding, 1, 1, 16, 16))
    head.wait_line(r'face/image_raw \(.*\) cannot be used', after=lines)
    for sec in (FAR, -FAR, 0, now + 100):
        for _ in range(20):
            publisher.publish(picture(sec))
    head.wait_line(r'face/image_raw is stamped .*(clock|use_sim_time)')
    publisher.publish(picture(now, 'bgr8', 16384, 1, 49152, 49152))


def test_qos_can_be_overridden(head: TalkingHead, observer: Observer) -> None:
    def durability() -> list[DurabilityPolicy]:
        publishers = observer.node.get_publishers_info_by_topic(f'{head.namespace}/voice/mouth')
        return [each.qos_profile.durability for each in publishers if each.node_name == 'tts']

    assert eventually(durability, 'the publisher') == [DurabilityPolicy.TRANSIENT_LOCAL]


def test_garbage_requests_for_lead_are_kept_within_bounds(
        observer: Observer, head: TalkingHead) -> None:
    for topic in ('voice/lead', 'face/lead'):
        publisher = observer.publisher(Float64, topic, qos.LEAD)
        for value in (float('nan'), float('inf'), -float('inf'), -5.0, 1e300):
            publisher.publish(Float64(data=value))


def test_two_sessions_do_not_mix(
        head: TalkingHead, observer: Observer, audio: Recording, tmp_path: Path) -> None:
    with TalkingHead(tmp_path, *FAST, domain=head.domain) as second:
        second.ready()
        with Observer(second) as other:
            heard = other.record(AudioDataStamped, 'voice/audio')
            pictures = other.record(Image, 'face/image_raw', qos.IMAGE)
            before = len(audio.messages)
            other.heard('xx', 'second', stamp=5)
            observer.heard('x', 'first', stamp=5)
            end_of(heard)
            end_of(audio, before)
            eventually(lambda: len(pictures.messages) > 50, 'pictures')
        assert {each.header.frame_id for each in heard.messages} == {'second#5'}
        assert {each.header.frame_id for each in audio.messages[before:]} == {'first#5'}
        # One grid place, one picture: none has come over from the first.
        stamps = [messages.from_time(each.header.stamp) for each in pictures.messages]
        assert second.url != head.url
        again = [stamp for stamp, later in itertools.pairwise(stamps) if later < stamp]
        assert len(again) <= 1  # the frames that were made again when the speech ended
        assert second.stop() == 0
