#!/usr/bin/env python3
"""
Says back what it hears: the shortest dialogue manager that there is.

    txt2vid live --responder examples/echo.py

`txt2vid live` has it built in, as --responder echo.
"""

from hri_msgs.msg import LiveSpeech
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from std_msgs.msg import String


class Echo(Node):
    """Maps `speech`, what the face hears, to `text`, what it says."""

    def __init__(self) -> None:
        """Listen."""
        super().__init__('responder')
        self.text = self.create_publisher(String, 'text', 10)
        self.create_subscription(LiveSpeech, 'speech', self.on_speech, 50)

    def on_speech(self, message: LiveSpeech) -> None:
        """Answer what was said; while somebody speaks, only `incremental` is filled."""
        if message.final:
            self.text.publish(String(data=message.final))


def main() -> None:
    """Run it in the namespace of the face until Ctrl-C."""
    rclpy.init()
    try:
        node = Echo()
        while rclpy.ok():
            # Not spin(): a signal that comes just before it waits does not wake it, ever.
            rclpy.spin_once(node, timeout_sec=1.0)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
