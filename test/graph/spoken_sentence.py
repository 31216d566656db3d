"""A sentence from its text on a topic to what a viewer receives."""

from __future__ import annotations

from pathlib import Path

from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import eventually, TalkingHead
import numpy as np
from ros_observer import end_of, Observer, Recording
from stream_decoding import Shown
from trajectory_msgs.msg import JointTrajectory
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.mouth import SHAPE_INDEX
from txt2vid_ros.core.pcm import from_s16, VOICE_RATE
from txt2vid_ros.ros import messages, qos

RESTING = 0.6
"""Seconds of the stream before a text is given."""


class Spoken:
    """One sentence: what the topics carried, and what a viewer received."""

    def __init__(self, head: TalkingHead, observer: Observer, audio: Recording, file: Path,
                 text: str) -> None:
        mouth = observer.record(JointTrajectory, 'voice/mouth', qos.MOUTH)
        told = observer.record(DiagnosticArray, '/diagnostics', qos.TEXT)
        viewer = Viewer(head.port, file)
        # The resting face before it is seen too.
        eventually(lambda: viewer.arrivals
                   and viewer.arrivals[-1][1] > viewer.arrivals[0][1] + RESTING, 'the stream')
        before, late = len(audio.messages), head.late_pictures()
        observer.text(text)
        self.end = end_of(audio, before)
        self.utterance = self.end.header.frame_id
        self.pts_zero = head.status()['pts_zero_ns'] / SECOND
        self.stop = self.pts(self.end)
        eventually(lambda: viewer.arrivals[-1][1] > self.stop + 1.0, 'the end at the viewer')
        self._rates = [each.message for message in told.messages for each in message.status
                       if each.name.endswith('/lipsync: lipsync')]
        self.repeated = head.late_pictures() - late
        """Pictures that were late or left out, so that the previous one was shown longer."""
        viewer.close()
        self.chunks = [each for each in audio.of(self.utterance) if len(each.audio.data)]
        self.sent = [at for each, at in zip(audio.messages, audio.sent, strict=True)
                     if each.header.frame_id == self.utterance]
        self.tracks = [messages.from_trajectory(each) for each in mouth.of(self.utterance)]
        self.trajectories = mouth.of(self.utterance)
        self.start = self.pts(self.chunks[0])
        self.shown = Shown(file)

    @property
    def spoiled(self) -> str:
        """Return what the machine was too busy for, so that mouths are not as they should be."""
        blended = [rate for rate in self._rates if 'are blended' in rate]
        if self.repeated:
            return f'{self.repeated} pictures were late or left out'
        return blended[-1] if blended else ''

    def pts(self, message: AudioDataStamped) -> float:
        """Return the presentation time that a message's stamp means."""
        return messages.from_time(message.header.stamp) / SECOND - self.pts_zero

    @property
    def published(self) -> np.ndarray:
        """Return what the voice published, as one piece at 24 kHz with its gaps."""
        first = messages.from_time(self.chunks[0].header.stamp)
        length = round((messages.from_time(self.end.header.stamp) - first) / SECOND * VOICE_RATE)
        whole = np.zeros(length + VOICE_RATE, np.float32)
        for chunk in self.chunks:
            at = round((messages.from_time(chunk.header.stamp) - first) / SECOND * VOICE_RATE)
            samples = from_s16(chunk.audio.data)
            whole[at:at + len(samples)] = samples
        return whole[:length]


def bilabials(spoken: Spoken) -> list[tuple[float, float]]:
    """Return when the lips are to be pressed together, from and to, in the viewer's time."""
    found = []
    for track in spoken.tracks:
        closed = track.poses[:, SHAPE_INDEX['lips_closed']] > 0.9
        edges = np.flatnonzero(np.diff(np.concatenate([[0], closed, [0]])))
        times = track.times - spoken.pts_zero
        found += [(times[start], times[stop - 1])
                  for start, stop in zip(edges[::2], edges[1::2], strict=True)]
    return found
