"""The topics that bags hold, and what recorder and player have in common."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from hri_msgs.msg import LiveSpeech
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory
from txt2vid_ros.core.process.signals import on_signal
from txt2vid_ros.ros import qos

DISCOVERY_LEAST = 3.5
"""Least seconds to find all participants: one of Fast DDS whose first announcements were lost
announces itself again after 3 s."""
TOPICS: dict[str, tuple[Any, QoSProfile]] = {
    'text': (String, qos.TEXT),
    'speech': (LiveSpeech, qos.SPEECH),
    'heard': (LiveSpeech, qos.SPEECH),
    'mic/audio': (AudioDataStamped, qos.CAPTURED),
    'mic/audio_info': (AudioInfo, qos.INFO),
    'voice/audio': (AudioDataStamped, qos.CAPTURED),
    'voice/audio_info': (AudioInfo, qos.INFO),
    'voice/mouth': (JointTrajectory, qos.MOUTH),
    'face/image_raw/compressed': (CompressedImage, qos.IMAGE),
    'face/image_raw': (Image, qos.IMAGE),
    'trace': (DiagnosticArray, qos.TRACE),
    '/diagnostics': (DiagnosticArray, qos.SPEECH),
}
"""The message class of each topic that can be recorded, and the QoS that it is read with."""


def type_name(message_class: Any) -> str:
    """Return the name that a bag gives to a message class, such as std_msgs/msg/String."""
    package, _, _ = message_class.__module__.partition('.')
    return f'{package}/msg/{message_class.__name__}'


def stop_on_signal() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set; only the main thread can take signals."""
    stop = threading.Event()
    with contextlib.suppress(ValueError):
        # Not the main thread: its caller ends the bag in another way.
        on_signal((signal.SIGINT, signal.SIGTERM), stop.set)
    return stop
