"""Prints what is heard and spoken under a namespace of another machine, a JSON line each."""

from __future__ import annotations

import json
import sys
from typing import Any

from audio_common_msgs.msg import AudioDataStamped
from hri_msgs.msg import LiveSpeech
import rclpy
from rclpy.executors import ExternalShutdownException
from txt2vid_ros.ros import qos


def print_line(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def main(namespace: str) -> None:
    """Print final texts, and ids of utterances as they begin and once they have been published."""
    rclpy.init()
    node = rclpy.create_node('speech_printer', namespace=namespace)

    def heard(message: LiveSpeech) -> None:
        if message.final:
            print_line(heard=message.final)

    begun: set[str] = set()

    def voice(message: AudioDataStamped) -> None:
        utterance = message.header.frame_id
        if not len(message.audio.data):
            print_line(spoken=utterance)
        elif utterance not in begun:
            begun.add(utterance)
            print_line(begun=utterance)

    node.create_subscription(LiveSpeech, 'heard', heard, qos.SPEECH)
    node.create_subscription(AudioDataStamped, 'voice/audio', voice, qos.AUDIO)
    print_line(ready=True)
    try:
        while rclpy.ok():
            # Not spin(): a signal that comes just before it waits does not wake it, ever.
            rclpy.spin_once(node, timeout_sec=1.0)
    except (KeyboardInterrupt, ExternalShutdownException):
        return


if __name__ == '__main__':
    main(sys.argv[1])
