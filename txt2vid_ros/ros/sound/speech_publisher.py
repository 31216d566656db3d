"""The publication of stamped speech: voice/audio, its format, its mouth shapes, its words."""

from __future__ import annotations

import collections
from collections.abc import Collection
import threading

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from hri_msgs.msg import LiveSpeech
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Bool
from trajectory_msgs.msg import JointTrajectory
from txt2vid_ros.core.mouth import MouthTrack
from txt2vid_ros.core.people import speaker_of, utterance_id
from txt2vid_ros.media.captions import Caption, Captions
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.monitoring.statement import Statement
from txt2vid_ros.ros.monitoring.trace_publisher import TracePublisher
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.sound.cue_publisher import CuePublisher
from txt2vid_ros.ros.sound.listeners import wait_for_listeners

RIVAL_CHECKS = 4
"""Checks in a row that find another publisher before that is a problem: a node that has crashed
still counts for some seconds."""
IDS_KEPT = 1000
"""Ids that are not reused: chunks with the id of an ended utterance would be dropped."""


class SpeechPublisher:
    """Publishes chunks of speech and the end of each utterance; times are nanoseconds."""

    def __init__(self, node: ManagedNode, rate: int) -> None:
        """Publish mono S16LE at `rate` Hz."""
        self._node = node
        self._rate = rate
        self._ids: collections.deque[str] = collections.deque(maxlen=IDS_KEPT)
        self._rivals_seen = 0
        self._audio = node.publisher(AudioDataStamped, 'voice/audio', qos.VOICE)
        self.trace = TracePublisher(node)
        self._info = Statement(node, AudioInfo, 'voice/audio_info', lambda: not self._rivals())
        self._speaking = node.publisher(Bool, 'voice/speaking', qos.SPEAKING)
        self._captions = Captions(node.ros_clock, self._publish_caption,
                                  lambda speaking: self._speaking.publish(Bool(data=speaking)))

    def announce(self) -> None:
        """State the format of the sound; to be called once the node is active."""
        self._info.state(messages.audio_info(self._rate))

    def tell_heard(self, stop: threading.Event) -> None:
        """Publish voice/speaking and voice/caption at their time, until `stop` is set."""
        self._captions.run(stop)

    def wait_for_listeners(self, nodes: Collection[str], stop: threading.Event) -> bool:
        """Wait until `nodes`, by name, hear what is published; return False if stopped."""
        return wait_for_listeners(self._node, self._audio, nodes, stop)

    def audio(self, utterance: str, start: int, samples: NDArray[np.float32], rate: int) -> None:
        """Publish a chunk whose first sample is to be heard at `start`."""
        at = self._node.ros_clock.now()
        self._audio.publish(messages.to_audio(utterance, start, samples))
        # Behind it, so that it does not wait.
        self.trace.mark(utterance, 'sound', at)
        self.trace.mark(utterance, 'heard', start)
        self._captions.audio(utterance, start)

    def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
              ) -> None:
        """Publish that an utterance ends: a chunk without samples at the time of its end."""
        self._audio.publish(messages.to_audio(utterance, end, np.zeros(0, np.float32)))
        self.trace.mark(utterance, 'end', end)
        self._captions.ended(utterance, end, interrupted=interrupted, unsaid=unsaid)

    def new_id(self, speaker: str, stamp: int) -> str:
        """
        Return an id for what a speaker says from `stamp` on that was not given lately.

        A sender may repeat its stamps, its clock may be set back, and simulated time may stand
        still.
        """
        while (name := utterance_id(speaker, stamp)) in self._ids:
            stamp += 1
        self._ids.append(name)
        return name

    def check_rivals(self, beside: int = 0) -> None:
        """
        Report another node that publishes on voice/audio; to be called once a second.

        One that only states a format is contradicted. `beside` is how many others may speak.
        """
        self._info.uphold()
        self._rivals_seen = self._rivals_seen + 1 if self._rivals(beside) else 0
        self._node.set_problem('rivals', '' if self._rivals_seen < RIVAL_CHECKS else (
            f'another node speaks on {self._node.resolve_topic_name("voice/audio")}: what both '
            'say is mixed. End one, or start it in another namespace'))

    def _rivals(self, beside: int = 0) -> bool:
        return bool(self._node.count_publishers('voice/audio') > 1 + beside)

    def _publish_caption(self, caption: Caption) -> None:
        """Do nothing: what is said is not known as words."""


class TimedSpeechPublisher(SpeechPublisher):
    """Publishes mouth shapes and words as well."""

    def __init__(self, node: ManagedNode, rate: int) -> None:
        """Publish mono S16LE at `rate` Hz."""
        super().__init__(node, rate)
        self._mouth = node.publisher(JointTrajectory, 'voice/mouth', qos.MOUTH)
        self._caption = node.publisher(LiveSpeech, 'voice/caption', qos.CAPTION)
        self._held = node.publisher(Bool, 'voice/held', qos.SPEAKING)
        self._cues = CuePublisher(node)

    def announce(self) -> None:
        """State the format of the sound, and that nothing is held."""
        super().announce()
        self._held.publish(Bool(data=False))

    def mouth(self, utterance: str, track: MouthTrack) -> None:
        """Publish the mouth shapes of a clause."""
        self._mouth.publish(messages.to_trajectory(utterance, track))

    def expression(self, utterance: str, start: int, name: str) -> None:
        """Publish what the face is to show from `start` on."""
        self._cues.show(utterance, start, name)

    def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
              ) -> None:
        """Publish that an utterance ends, and what it had the face show."""
        super().ended(utterance, end, interrupted=interrupted, unsaid=unsaid)
        self._cues.over(utterance, end)

    def words(self, utterance: str, words: list[tuple[int, str]], locale: str) -> None:
        """Take words and the times at which they are heard, for voice/caption."""
        self._captions.words(utterance, words, locale)

    def left_out(self, utterance: str, described: str) -> None:
        """Take what cannot be said, for voice/caption."""
        self._captions.left_out(utterance, described)

    def held(self, utterance: str, end: int, continuation: str, repeated: int) -> None:
        """Publish that an utterance is silent; its caption goes on with its continuation."""
        self._audio.publish(messages.to_audio(utterance, end, np.zeros(0, np.float32)))
        self._captions.held(utterance, end, continuation, repeated)
        self._cues.over(utterance, end)

    def holding(self, holds: bool) -> None:
        """Publish whether speech is held."""
        self._held.publish(Bool(data=holds))

    def _publish_caption(self, caption: Caption) -> None:
        final, partial = ((caption.text, caption.unsaid) if caption.final
                          else ('', caption.text))
        self._caption.publish(messages.to_speech(
            speaker_of(caption.utterance), caption.start, caption.locale, 1.0,
            final=final, partial=partial))
