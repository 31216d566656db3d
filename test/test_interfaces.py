"""The message packages that the ROS wheels lack work between processes, as built by make."""

import os
import subprocess
import sys
import uuid

import pytest

from txt2vid_ros.core.expression import EXPRESSIONS

pytest.importorskip('rclpy')

# Says back what it hears, once, and ends.
ECHO = """
import sys
import rclpy
from audio_common_msgs.msg import AudioDataStamped
from hri_msgs.msg import LiveSpeech
from rclpy.qos import DurabilityPolicy, QoSProfile

rclpy.init()
node = rclpy.create_node('echo')
reply = node.create_publisher(
    LiveSpeech, sys.argv[1] + '/reply',
    QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
heard = []
node.create_subscription(AudioDataStamped, sys.argv[1] + '/audio', heard.append, 10)
print('listening', flush=True)
while not heard:
    rclpy.spin_once(node)
reply.publish(LiveSpeech(header=heard[0].header, final=bytes(heard[0].audio.data).decode(),
                         confidence=0.5, locale='en_GB'))
sys.stdin.read()
"""


def test_stamped_audio_and_live_speech_travel_between_processes(ros_domain):
    from audio_common_msgs.msg import AudioDataStamped
    from hri_msgs.msg import LiveSpeech
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.qos import DurabilityPolicy, QoSProfile

    topic = f'interfaces_{uuid.uuid4().hex}'
    echo = subprocess.Popen([sys.executable, '-c', ECHO, topic], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=ros_domain)
    try:
        assert echo.stdout.readline() == 'listening\n'
        executor = SingleThreadedExecutor(context=context)
        node = rclpy.create_node('asker', context=context)
        executor.add_node(node)
        heard = []
        # Kept for whoever comes late: the other end may not know of us yet when it replies.
        kept = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(LiveSpeech, f'{topic}/reply', heard.append, kept)
        audio = node.create_publisher(AudioDataStamped, f'{topic}/audio', 10)
        while not audio.get_subscription_count():
            executor.spin_once(0.05)
        message = AudioDataStamped()
        message.header.stamp.sec = 12
        message.header.stamp.nanosec = 345
        message.header.frame_id = 'utterance 7'
        message.audio.data = 'Grüße'.encode()
        audio.publish(message)
        while not heard:
            executor.spin_once(0.05)
        node.destroy_node()
    finally:
        rclpy.shutdown(context=context)
        echo.kill()
        echo.wait()
    assert heard[0].header == message.header
    assert heard[0].final == 'Grüße'
    assert (heard[0].confidence, heard[0].locale, heard[0].incremental) == (0.5, 'en_GB', '')


def test_the_fields_are_those_of_the_released_packages():
    from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
    from hri_msgs.msg import Expression, LiveSpeech
    assert AudioData.get_fields_and_field_types() == {'data': 'sequence<uint8>'}
    assert AudioDataStamped.get_fields_and_field_types() == {
        'header': 'std_msgs/Header', 'audio': 'audio_common_msgs/AudioData'}
    assert AudioInfo.get_fields_and_field_types() == {
        'channels': 'uint8', 'sample_rate': 'uint32', 'sample_format': 'string',
        'bitrate': 'uint32', 'coding_format': 'string'}
    assert LiveSpeech.get_fields_and_field_types() == {
        'header': 'std_msgs/Header', 'incremental': 'string', 'final': 'string',
        'confidence': 'double', 'locale': 'string'}
    assert Expression.get_fields_and_field_types() == {
        'header': 'std_msgs/Header', 'expression': 'string', 'valence': 'float',
        'arousal': 'float', 'confidence': 'float'}
    names = {name for name in dir(Expression)
             if name.isupper() and isinstance(getattr(Expression, name), str)}
    assert {getattr(Expression, name) for name in names} == set(EXPRESSIONS)
    assert all(getattr(Expression, name) == name.lower() for name in names)
