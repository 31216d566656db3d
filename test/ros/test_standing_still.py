"""A listener that stands still for seconds, on a machine that is too busy, gets all sound."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from audio_common_msgs.msg import AudioDataStamped
from bare_node import BareNode
import numpy as np
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages, qos

CHUNKS = 250
"""Five seconds in pieces of 20 ms."""
LISTENER = """
import sys
import rclpy
from audio_common_msgs.msg import AudioDataStamped
from txt2vid_ros.ros import qos

rclpy.init()
node = rclpy.create_node('listener')
heard = []
node.create_subscription(AudioDataStamped, 'voice/audio',
                         lambda told: heard.append(told.header.stamp.sec), qos.VOICE)
while not heard or heard[-1] < int(sys.argv[1]):
    rclpy.spin_once(node)
print(len(heard))
"""


def test_what_is_said_while_a_listener_stands_still_arrives(
        bare_node: BareNode, ros_domain: int) -> None:
    voice = bare_node.create_publisher(AudioDataStamped, 'voice/audio', qos.VOICE)
    with subprocess.Popen([sys.executable, '-c', LISTENER, str(CHUNKS)], stdout=subprocess.PIPE,
                          text=True, env={**os.environ, 'ROS_DOMAIN_ID': str(ros_domain)}
                          ) as listener:
        try:
            bare_node.spin_until(lambda: voice.get_subscription_count() == 1)
            listener.send_signal(signal.SIGSTOP)
            for number in range(1, CHUNKS + 1):
                voice.publish(messages.to_audio('a#1', number * SECOND, np.zeros(480, np.float32)))
                time.sleep(0.002)
            listener.send_signal(signal.SIGCONT)
            said, _ = listener.communicate(timeout=60)
        finally:
            listener.kill()
    assert int(said) == CHUNKS
