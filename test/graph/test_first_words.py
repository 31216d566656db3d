"""The first words wait until those who show them listen."""

from __future__ import annotations

from pathlib import Path

from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import Command
import pytest
from ros_observer import end_of, Observer, Recording

from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.side.side_node import SideNode

pytestmark = pytest.mark.xdist_group('bad input')


def test_the_first_words_wait_for_the_face(tmp_path: Path) -> None:
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/lone', '-p', 'provider:=[clap]', '-p',
                 'listeners:=[lipsync]', module='txt2vid_ros.nodes.tts') as tts, \
            Observer(tts, '/lone') as observer:  # type: ignore[arg-type]
        told = observer.record(DiagnosticArray, '/diagnostics', qos.SPEECH)
        observer.text('x')
        told.wait(lambda message: message.status[0].message == 'speaking')
        face = SideNode('lipsync', '/lone', tts.domain)
        try:
            audio = Recording()
            face.node.create_subscription(AudioDataStamped, 'voice/audio', audio.add, qos.AUDIO)
            face.spin()
            end_of(audio)
        finally:
            face.close()
        # One clap is one second; all of it was heard.
        assert sum(len(each.audio.data) for each in audio.messages) == 2 * VOICE_RATE
        tts.wait_line('ready to speak')
