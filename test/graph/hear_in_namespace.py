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
    """Tell of final texts, and of utterances that begin and that have been spoken to their end."""
    rclpy.init()
    node = rclpy.create_node('witness', namespace=namespace)

    def heard(message: LiveSpeech) -> None:
        if message.final:
            tell(heard=message.final)

    begun: set[str] = set()

    def voice(message: AudioDataStamped) -> None:
        utterance = message.header.frame_id
        if not len(message.audio.data):
            tell(spoken=utterance)
        elif utterance not in begun:
            begun.add(utterance)
            tell(begun=utterance)

    node.create_subscription(LiveSpeech, 'heard', heard, qos.SPEECH)
    node.create_subscription(AudioDataStamped, 'voice/audio', voice, qos.AUDIO)
    tell(ready=True)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        return


if __name__ == '__main__':
    main(sys.argv[1])
