"""A person at one end of a call: types what comes on its input, prints what it hears."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from hri_msgs.msg import LiveSpeech
import rclpy
from rclpy.executors import ExternalShutdownException
from std_msgs.msg import String
from txt2vid_ros.ros import qos


def print_line(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def main(namespace: str) -> None:
    """Print texts that the peer said, each as it comes and once it has been spoken."""
    rclpy.init()
    node = rclpy.create_node('talker', namespace=namespace)
    text = node.create_publisher(String, 'text', qos.TEXT)

    def on_heard(message: LiveSpeech) -> None:
        if message.final:
            print_line(heard=message.final)

    def on_caption(message: LiveSpeech) -> None:
        if message.final:
            print_line(spoken=message.final.strip())

    def read() -> None:
        for line in sys.stdin:
            text.publish(String(data=line.strip()))

    node.create_subscription(LiveSpeech, 'peer/heard', on_heard, qos.SPEECH)
    node.create_subscription(LiveSpeech, 'voice/caption', on_caption, qos.CAPTION)
    node.create_subscription(String, 'call/peer', lambda message: print_line(
        peer=json.loads(message.data)), qos.INFO)
    threading.Thread(target=read, daemon=True).start()
    told = False
    try:
        while rclpy.ok():
            rclpy.spin_once(node, timeout_sec=0.2)
            if not told and text.get_subscription_count():
                told = True
                print_line(ready=True)
    except (KeyboardInterrupt, ExternalShutdownException):
        return


if __name__ == '__main__':
    main(sys.argv[1])
