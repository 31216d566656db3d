"""Bags without rosbag2: a session can be recorded, inspected and rendered."""

from __future__ import annotations

import json
from pathlib import Path
import time

from audio_common_msgs.msg import AudioDataStamped
from graph_harness import Command, eventually, FAST, run, TalkingHead
from hri_msgs.msg import LiveSpeech
import pytest
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from ros_observer import Observer
from rosbags.rosbag2 import Reader
from txt2vid_ros.bench.commands.sync import figures
from txt2vid_ros.bench.rig.viewer import decode
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_bag_becomes_a_video_with_picture_and_sound_in_step(
        tmp_path: Path, storage: str) -> None:
    bag, video = tmp_path / 'bag', tmp_path / 'bag.mp4'
    with TalkingHead(tmp_path, *FAST).ready() as head, Observer(head) as observer, \
            Command(tmp_path, 'bag', 'record', str(bag), '--namespace', head.namespace,
                    '--storage', storage, domain=head.domain) as recorder:
        recorder.wait_line('recording')
        voice = observer.record(AudioDataStamped, 'voice/audio')
        # The recorder and the voice: only then nothing is lost.
        observer.publisher(LiveSpeech, 'heard', readers=2)
        observer.heard('abcdef', 'anna', 5 * SECOND)
        voice.wait(lambda message: not len(message.audio.data))
        end = messages.from_time(voice.messages[-1].header.stamp)
        eventually(lambda: time.time_ns() > end + SECOND, 'the last clap')
        recorder.process.send_signal(2)
        assert recorder.wait() == 0, recorder.text
    status, text = run(tmp_path, 'bag', 'info', str(bag))
    assert status == 0
    for part in (storage, 'hri_msgs/msg/LiveSpeech', 'face/image_raw/compressed'):
        assert part in text
    status, text = run(tmp_path, 'trace', '--bag', str(bag), '--json')
    assert status == 0, text
    trace = json.loads(text)
    assert (trace['utterance'], trace['text']) == (f'anna#{5 * SECOND}', 'abcdef')
    assert {'tts.text', 'tts.sound', 'lipsync.frame', 'stream.packet', 'tts.end'} <= {*trace['ms']}
    status, text = run(tmp_path, 'bag', 'render', str(bag), '--out', str(video), '--quiet')
    assert status == 0, text
    found = figures(decode(video))
    assert found['claps'] >= 5
    assert abs(found['offset_ms_median']) <= 20
    # What is in it is what ROS wrote: its own messages read it.
    with Reader(bag) as reader:
        heard = [deserialize_message(data, LiveSpeech) for connection, _, data in reader.messages()
                 if connection.topic.endswith('heard')]
    assert [message.final for message in heard] == ['abcdef']


def test_a_recorder_with_a_short_history_misses_nothing_of_the_voice(tmp_path: Path) -> None:
    """A subscriber like rosbag2: ten messages deep by default, and polled as often."""
    sentence = 'How are you today? I would like a cup of tea, and a map of Peru.'
    options = ('--engine', 'flash', '--width', '160', '--height', '120')
    with TalkingHead(tmp_path, *options).ready() as head, Observer(head) as observer:
        whole = observer.record(AudioDataStamped, 'voice/audio', QoSProfile(depth=1000))
        short = observer.record(AudioDataStamped, 'voice/audio', QoSProfile(depth=10),
                                keep=lambda message: time.sleep(0.002) or message)
        observer.text(sentence)
        whole.wait(lambda message: not len(message.audio.data))
        short.wait(lambda message: not len(message.audio.data))
    assert len(whole.messages) > 50
    # A machine that stands still may cost one; a second of sound in one go cost thirteen.
    assert len(whole.messages) - len(short.messages) <= 2


def test_bad_bags_and_topics_are_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    for words, says in (
            (('info', str(tmp_path / 'none')), 'there is no bag'),
            (('info', str(tmp_path / 'empty')), 'cannot be read as a bag'),
            (('render', str(tmp_path / 'empty'), '--out', 'a.mp4'), 'cannot be read as a bag'),
            (('record', str(tmp_path / 'empty')), 'does not exist'),
            (('record', str(tmp_path / 'new'), '--topics', 'nose'), 'nose is unknown')):
        status, text = run(tmp_path, 'bag', *words)
        assert status == 2 and says in text and len(text.splitlines()) == 1, text


def test_a_bag_without_pictures_says_what_to_do(tmp_path: Path) -> None:
    status, text = run(tmp_path, 'bag', 'record', str(tmp_path / 'bag'), '--topics', 'heard',
                       '--seconds', '0.5')
    assert status == 0, text
    status, text = run(tmp_path, 'bag', 'render', str(tmp_path / 'bag'), '--out',
                       str(tmp_path / 'a.mp4'), '--quiet')
    assert status == 2 and 'has no pictures' in text
    assert not (tmp_path / 'a.mp4').exists()
