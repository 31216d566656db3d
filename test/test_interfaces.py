"""The message packages that the ROS wheels lack work between processes, as built by make."""

import json
import os
import pathlib
import subprocess
import sys
import uuid

import pytest
from txt2vid_ros.core.expressions import EXPRESSIONS

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
    # ROS4HRI has no name for `thinking`.
    assert {getattr(Expression, name) for name in names} == EXPRESSIONS.keys() - {'thinking'}
    assert all(getattr(Expression, name) == name.lower() for name in names)


# The fields of the originals: std_skills and communication_skills 1.5.0, tts_msgs 1.1.0, and
# sound_play_msgs, which has what sound_play 0.3.12 had. Constants are no part of a type's hash.
MESSAGES = {
    'std_skills/msg/Meta': 'string caller\nuint8 priority',
    'std_skills/msg/Result': 'uint8 error_code\nstring error_msg',
    'std_skills/msg/Feedback': (
        'bool data_bool\nuint16 data_int\nfloat32 data_float\nstring data_str'),
    'sound_play_msgs/msg/SoundRequest': (
        'int8 sound\nint8 command\nfloat32 volume\nstring arg\nstring arg2'),
}
ACTIONS = {
    'communication_skills/action/Say': (
        'std_skills/Meta meta\nstring person_id\nstring group_id\nstring input',
        'std_skills/Result result', 'std_skills/Feedback feedback'),
    'tts_msgs/action/TTS': (
        'string input\nstring locale\nstring voice', 'string error_msg', 'string word'),
    'sound_play_msgs/action/SoundRequest': (
        'sound_play_msgs/SoundRequest sound_request',
        'bool playing\nbuiltin_interfaces/Duration stamp',
        'bool playing\nbuiltin_interfaces/Duration stamp'),
}


def travelling_types():
    """Return the definitions of all that an action sends, and of the messages, by type."""
    found = dict(MESSAGES)
    for name, (goal, result, feedback) in ACTIONS.items():
        found.update({
            f'{name}_Goal': goal, f'{name}_Result': result, f'{name}_Feedback': feedback,
            f'{name}_SendGoal_Request':
                f'unique_identifier_msgs/UUID goal_id\n{name}_Goal goal',
            f'{name}_SendGoal_Response': 'bool accepted\nbuiltin_interfaces/Time stamp',
            f'{name}_GetResult_Request': 'unique_identifier_msgs/UUID goal_id',
            f'{name}_GetResult_Response': f'int8 status\n{name}_Result result',
            f'{name}_FeedbackMessage':
                f'unique_identifier_msgs/UUID goal_id\n{name}_Feedback feedback'})
    return found


@pytest.mark.parametrize('package', sorted({name.split('/')[0] for name in travelling_types()}))
def test_the_hashes_are_those_of_the_original_definitions(package):
    """By another implementation of the hash, and from the fields of the originals."""
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
    share = pathlib.Path(pytest.importorskip(package).__file__).parents[4] / 'share' / package
    store = get_typestore(Stores.ROS2_JAZZY)
    types = {}
    for name, definition in travelling_types().items():
        types.update(get_types_from_msg(definition, name))
    store.register(types)
    built = {}
    for file in share.glob('*/*.json'):
        built.update({each['type_name']: each['hash_string']
                      for each in json.loads(file.read_text())['type_hashes']})
    for name in travelling_types():
        if name.startswith(f'{package}/'):
            assert built[name] == store.hash_rihs01(name), name


def test_the_constants_are_those_of_the_originals():
    msgs = pytest.importorskip('std_skills.msg')
    sound = pytest.importorskip('sound_play_msgs.msg').SoundRequest
    assert (msgs.Meta.LOWEST_PRIORITY, msgs.Meta.NORMAL_PRIORITY, msgs.Meta.HIGHEST_PRIORITY
            ) == (0, 128, 255)
    result = msgs.Result
    assert (result.ROS_ENOERR, result.ROS_EINTR, result.ROS_EBADMSG, result.ROS_ECANCELED,
            result.ROS_ENOTSUP, result.ROS_EOTHER) == (0, 4, 74, 125, 134, 255)
    assert (sound.SAY, sound.ALL, sound.PLAY_FILE) == (-3, -1, -2)
    assert (sound.PLAY_STOP, sound.PLAY_ONCE, sound.PLAY_START) == (0, 1, 2)
