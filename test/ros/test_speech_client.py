"""A text is published only once the voice, and everybody who records, is matched."""

from __future__ import annotations

from collections.abc import Callable
import time

from audio_common_msgs.msg import AudioInfo
from hri_msgs.msg import LiveSpeech
import pytest
import rclpy
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.side.speech_client import SpeechClient

NAMESPACE = '/client_test'
TIMEOUT = 60.0


def eventually(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_who_only_records_is_no_voice(ros_domain: int) -> None:
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=ros_domain)
    try:
        recorder = rclpy.create_node('recorder', context=context, namespace=NAMESPACE)
        recorder.create_subscription(LiveSpeech, 'heard', lambda message: None, qos.SPEECH)
        recorder.create_publisher(AudioInfo, 'voice/audio_info', qos.INFO).publish(AudioInfo())
        with SpeechClient(NAMESPACE) as client:
            eventually(lambda: client._heard.get_subscription_count() > 0, 'the recorder')
            with pytest.raises(UserError, match='no tts node listens on /client_test/heard'):
                client.wait_connected(1.0)
            tts = rclpy.create_node('tts', context=context, namespace=NAMESPACE)
            tts.create_subscription(LiveSpeech, 'heard', lambda message: None, qos.SPEECH)
            client.wait_connected(TIMEOUT)
            assert client._heard.get_subscription_count() == 2
    finally:
        context.try_shutdown()
