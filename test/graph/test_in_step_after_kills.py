"""Behind each node that is killed picture and sound are in step, and the recording goes on."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
import signal
import subprocess

from audio_common_msgs.msg import AudioDataStamped
from graph_harness import eventually, FAST, TalkingHead
import numpy as np
from ros_observer import end_of, Observer
from std_msgs.msg import String
from txt2vid_ros.bench.commands.sync import clap_times, flash_times, lateness
from txt2vid_ros.bench.rig.running_graph import free_port
from txt2vid_ros.bench.rig.viewer import decode, Viewer
from txt2vid_ros.ros import qos

READY = {'tts': 'ready to speak', 'lipsync': 'showing the face', 'stream': 'watch in a browser'}
CLAPS = 2
WITHIN = 0.02
"""Seconds."""


def test_behind_each_kill_picture_and_sound_are_in_step(tmp_path: Path) -> None:
    record, beside = tmp_path / 'talk.mkv', tmp_path / 'talk-1.mkv'
    tries = itertools.count()
    with TalkingHead(tmp_path, *FAST, '--record', str(record),
                     http=f'127.0.0.1:{free_port()}') as head, Observer(head.ready()) as observer:
        audio = observer.record(AudioDataStamped, 'voice/audio', qos.VOICE)
        text = observer.publisher(String, 'text', qos.TEXT)

        def voices() -> set[bytes]:
            return {bytes(each.endpoint_gid) for each in
                    observer.node.get_publishers_info_by_topic('voice/audio')}

        def in_step() -> bool:
            """Clap; on a busy machine a picture may be late, and it is tried again."""
            file = tmp_path / f'seen{next(tries)}.ts'
            viewer = Viewer(head.port, file)
            before = len(audio.messages)
            text.publish(String(data='x' * CLAPS))
            end_of(audio, before)
            eventually(lambda: viewer.arrivals, 'the stream')
            viewer.wait_for(viewer.arrivals[-1][1] + CLAPS + 1, 30)
            viewer.close()
            stream = decode(file)
            late = lateness(clap_times(stream.samples, stream.sample_times),
                            flash_times(stream.brightness, stream.frame_times))
            return len(late) == CLAPS and bool(np.abs(late[:, 1]).max() < WITHIN)

        for name, sign in READY.items():
            lines, pid, before = len(head.lines), head.node_pid(name), voices()
            os.kill(pid, signal.SIGKILL)
            head.wait_line(rf'{name} \| .*{sign}', after=lines)
            head.wait_status(lambda status: status['on_time'] > 25, 'pictures')
            # Until the dead one is forgotten, a text would be lost in silence.
            eventually(lambda name=name, before=before: len(found := voices()) == 1
                       and (found == before) == (name != 'tts')
                       and text.get_subscription_count() == 1, 'one tts')
            eventually(in_step, f'claps in step behind the kill of {name}')
    for file in (record, beside):
        said = subprocess.run(['ffprobe', '-v', 'error', '-show_entries', 'format_tags', '-of',
                               'json', str(file)], capture_output=True, text=True, check=True)
        assert '"creation_time"' in said.stdout
    assert 'talk-1, recorded after talk.mkv' in said.stdout
