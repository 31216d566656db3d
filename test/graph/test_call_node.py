"""The node of a call by its topics, while it makes the card of its own face."""

from __future__ import annotations

import json
import os
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import Command, eventually
from ros_observer import Observer
from std_msgs.msg import Bool, Empty, Int32MultiArray, String, UInt8MultiArray
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT
from txt2vid_ros.nodes.call import GOODBYE
from txt2vid_ros.ros import qos

SLOW = """#!/bin/sh
touch "$0.begun"
while [ ! -e "$0.go" ]; do sleep 0.1; done
exit 1
"""


def test_the_peer_is_followed_while_ones_own_face_is_being_made(tmp_path: Path) -> None:
    """Coding it takes ffmpeg up to 16 s, here as long as the test wants."""
    ffmpeg = tmp_path / 'bin' / 'ffmpeg'
    ffmpeg.parent.mkdir()
    ffmpeg.write_text(SLOW)
    ffmpeg.chmod(0o755)
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/end', '-p', f'me:={BUILT_IN_PORTRAIT}',
                 '-p', 'share_face:=true', module='txt2vid_ros.nodes.call', environment={
                     'PATH': f'{ffmpeg.parent}:{os.environ["PATH"]}'}) as node, \
            Observer(node, '/end') as there:  # type: ignore[arg-type]
        sent = there.record(UInt8MultiArray, 'link/send', qos.DATA)
        states = there.record(String, 'call/peer', qos.INFO)
        received = there.publisher(UInt8MultiArray, 'link/received', qos.DATA)
        room = there.publisher(Int32MultiArray, 'link/room', qos.INFO)
        eventually(lambda: Path(f'{ffmpeg}.begun').exists(), 'the beginning')
        room.publish(Int32MultiArray(data=[0, 200, 1]))
        # Its card without a face goes out, and what comes from the peer is taken.
        sent.wait()
        states.wait(lambda message: json.loads(message.data)['state'] == 'connected')
        eventually(lambda: received.get_subscription_count() > 0, 'who takes it')
        received.publish(UInt8MultiArray(data=GOODBYE))
        states.wait(lambda message: json.loads(message.data)['state'] == 'ended')
        Path(f'{ffmpeg}.go').touch()


def test_a_call_ends_once_the_goodbye_has_arrived_not_another_message(tmp_path: Path) -> None:
    with Command(tmp_path, '--ros-args', '-r', '__ns:=/end', module='txt2vid_ros.nodes.call'
                 ) as node, Observer(node, '/end') as there:  # type: ignore[arg-type]
        last = there.record(UInt8MultiArray, 'link/send_last', qos.DATA)
        ended = there.record(Empty, 'call/ended', qos.ENDED)
        states = there.record(String, 'call/peer', qos.INFO)
        reports = there.record(DiagnosticArray, '/diagnostics', qos.TEXT)
        room = there.publisher(Int32MultiArray, 'link/room', qos.INFO)
        sent = there.publisher(Bool, 'link/sent_last', qos.DATA)
        # A piece of a card is on its way.
        room.publish(Int32MultiArray(data=[1, 200, 1]))
        states.wait(lambda message: json.loads(message.data)['state'] == 'connected')
        there.publisher(Empty, 'call/hang_up', qos.TEXT).publish(Empty())
        assert bytes(last.wait().data) == GOODBYE
        room.publish(Int32MultiArray(data=[2, 200, 1]))
        room.publish(Int32MultiArray(data=[0, 200, 1]))
        for _ in range(2):  # It looks ten times as often whether it may end.
            reports.wait(after=len(reports.messages))
        assert not ended.messages
        sent.publish(Bool(data=True))
        ended.wait()
