"""The first words wait until those who show them listen."""

from __future__ import annotations

from pathlib import Path

from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import Command
import numpy as np
import pytest
from ros_observer import end_of, Observer
from sensor_msgs.msg import Image

from txt2vid_ros.ros import qos

pytestmark = pytest.mark.xdist_group('bad input')


def test_the_first_words_wait_for_the_face(tmp_path: Path) -> None:
    def node(name: str, *parameters: str, domain: int | None = None) -> Command:
        words = [word for parameter in parameters for word in ('-p', parameter)]
        return Command(tmp_path, '--ros-args', '-r', '__ns:=/lone', *words, domain=domain,
                       module=f'txt2vid_ros.nodes.{name}')

    with node('tts', 'provider:=[clap]', 'listeners:=[lipsync]') as tts, \
            Observer(tts, '/lone') as observer:  # type: ignore[arg-type]
        audio = observer.record(AudioDataStamped, 'voice/audio')
        told = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)
        observer.text('x')
        told.wait(lambda message: message.status[0].message == 'speaking')
        assert not audio.messages
        with node('lipsync', 'engine:=flash', 'width:=160', 'height:=120',
                  domain=tts.domain):
            pictures = observer.record(Image, 'face/image_raw', qos.IMAGE, keep=lambda picture:
                                       float(np.frombuffer(picture.data, np.uint8).mean()))
            end_of(audio)
            # The flash of the clap.
            pictures.wait(lambda brightness: brightness > 40)
        assert 'did not subscribe' not in tts.text
        tts.wait_line('ready to speak')
