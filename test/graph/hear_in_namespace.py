"""Prints what is heard and spoken in the graph that this process can reach, a JSON line each."""

from __future__ import annotations

import json
import sys
from typing import Any

from audio_common_msgs.msg import AudioDataStamped
from hri_msgs.msg import LiveSpeech
import rclpy
from rclpy.executors import ExternalShutdownException

from txt2vid_ros.ros import qos


def tell(**what: Any) -> None:
    """Print a line."""
    print(json.dumps(what), flush=True)


def main(namespace: str) -> None:
    """Tell of final texts, and of utterances that have been spoken to their end."""
    rclpy.init()
    node = rclpy.create_node('witness', namespace=namespace)

    def heard(message: LiveSpeech) -> None:
        if message.final:
            tell(heard=message.final)

    def voice(message: AudioDataStamped) -> None:
        if not len(message.audio.data):
            tell(spoken=message.header.frame_id)

    node.create_subscription(LiveSpeech, 'heard', heard, qos.SPEECH)
    node.create_subscription(AudioDataStamped, 'voice/audio', voice, qos.AUDIO)
    tell(ready=True)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        return


if __name__ == '__main__':
    main(sys.argv[1])
