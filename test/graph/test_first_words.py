"""The first words wait until those who show them listen."""

from __future__ import annotations

from pathlib import Path
import time

from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import Command, TIMEOUT
import rclpy
from ros_observer import Observer
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.ros import qos


def all_that_is_heard(name: str, domain: int) -> list[AudioDataStamped]:
    """Join as a node called `name`; return all chunks up to the end of the first utterance."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context, domain_id=domain)
    node = rclpy.create_node(name, namespace='/lone', context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    heard: list[AudioDataStamped] = []
    node.create_subscription(AudioDataStamped, 'voice/audio', heard.append, qos.AUDIO)
    deadline = time.monotonic() + TIMEOUT
    while not heard or len(heard[-1].audio.data):
        assert time.monotonic() < deadline
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    node.destroy_node()
    context.shutdown()
    return heard


def test_the_first_words_wait_for_the_face(tmp_path: Path) -> None:
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/lone', '-p', 'provider:=[clap]', '-p',
                 'listeners:=[lipsync]', module='txt2vid_ros.nodes.tts') as tts, \
            Observer(tts, '/lone') as observer:  # type: ignore[arg-type]
        told = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)
        observer.text('x')
        told.wait(lambda message: message.status[0].message == 'speaking')
        heard = all_that_is_heard('lipsync', tts.domain)
        tts.wait_line('ready to speak')
        assert 'did not subscribe' not in tts.text
    # One clap is one second.
    assert sum(len(each.audio.data) for each in heard) == 2 * VOICE_RATE
