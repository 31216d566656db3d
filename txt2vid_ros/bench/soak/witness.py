"""One participant that lives as long as the test: it speaks, and hears what is said."""

from __future__ import annotations

import collections
from collections.abc import Callable, Sequence
import functools
import threading
import time
from types import TracebackType
from typing import Any

import numpy as np
from txt2vid_ros.bench.soak.utterance import Utterance
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.monitoring.node_states import NodeStates
from txt2vid_ros.core.pcm import from_s16, VOICE_RATE

LOUD = 0.02
"""Amplitude from which a chunk of the voice is heard."""
FOLLOWED = 20
"""Utterances of which something may still come."""


class Witness:
    """Publishes on `heard` and follows voice/audio and /diagnostics."""

    def __init__(self, namespace: str, nodes: Sequence[str]) -> None:
        """Join the graph under `namespace`; be told when `nodes` become active."""
        from audio_common_msgs.msg import AudioDataStamped
        from diagnostic_msgs.msg import DiagnosticArray
        from hri_msgs.msg import LiveSpeech
        from lifecycle_msgs.msg import TransitionEvent
        from std_srvs.srv import Trigger
        from txt2vid_ros.ros import qos
        from txt2vid_ros.ros.side.side_node import SideNode
        self.states = NodeStates()
        self._namespace = namespace
        self._followed: collections.deque[Utterance] = collections.deque(maxlen=FOLLOWED)
        self.changed = threading.Condition()
        """Guards what is known, and tells when it changes."""
        self._activated: dict[str, float] = {}
        """When each node told that it has become active, by the monotonic clock."""
        self._side = SideNode('soak', namespace)
        node = self.node = self._side.node
        self._heard = node.create_publisher(LiveSpeech, 'heard', qos.SPEECH)
        self._interrupt = node.create_client(Trigger, 'tts/interrupt')
        node.create_subscription(AudioDataStamped, 'voice/audio', self._on_audio, qos.AUDIO)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 50)
        for name in nodes:
            node.create_subscription(
                TransitionEvent, f'{name}/transition_event',
                functools.partial(self._on_transition, name), 10)
        self._side.spin()

    def __enter__(self) -> Witness:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Leave the graph."""
        self._side.close()

    def connected(self) -> bool:
        """Return whether somebody listens to what is to be said."""
        return bool(self._heard.get_subscription_count())

    def follow(self, utterance: Utterance) -> None:
        """Note from now on what becomes of an utterance."""
        with self.changed:
            self._followed.append(utterance)

    def say(self, utterance: Utterance) -> None:
        """Follow an utterance and publish it on `heard`."""
        from txt2vid_ros.ros import messages
        self.follow(utterance)
        self._heard.publish(messages.to_speech(
            utterance.speaker, utterance.published, '', 1.0, final=utterance.text))

    def interrupt(self) -> None:
        """Have tts be silent; does not wait for its answer."""
        if self._interrupt.service_is_ready():
            self._interrupt.call_async(self._interrupt.srv_type.Request())

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something that was heard makes a condition true; False after `seconds`."""
        with self.changed:
            return self.changed.wait_for(condition, seconds)

    def works(self, node: str) -> bool:
        """Return whether a node has told lately that it works."""
        state = self.states.nodes().get(node)
        return state is not None and state.alive and not state.loading

    def back_at(self, node: str, pid: int, killed: float) -> float:
        """
        Return since when the successor of a process works, 0 where it does not yet.

        `pid` is that of the process, `killed` when it was; times are of the monotonic clock.
        """
        with self.changed:
            state = self.states.nodes().get(node)
            if state is None or state.at < killed or state.loading or state.figures.get(
                    'pid', pid) == pid:
                return 0.0
            # Diagnostics come once a second, and this is told at once.
            activated = self._activated.get(node, 0.0)
            return activated if activated > killed else state.at

    def _on_audio(self, message: Any) -> None:
        from txt2vid_ros.ros import messages
        stamp, name = messages.from_time(message.header.stamp), message.header.frame_id
        samples = from_s16(message.audio.data)
        with self.changed:
            owner = next((each for each in self._followed if each.owns(name)), None)
            if owner is None:
                return
            if len(samples):
                owner.ids.add(name.partition('~')[0])
                owner.chunks.append((stamp, len(samples) * SECOND // VOICE_RATE,
                                     bool(np.abs(samples).max() > LOUD)))
            else:
                owner.ends += 1
            self.changed.notify_all()

    def _on_transition(self, node: str, message: Any) -> None:
        if message.goal_state.label == 'active':
            with self.changed:
                self._activated[node] = time.monotonic()
                self.changed.notify_all()

    def _on_diagnostics(self, message: Any) -> None:
        from txt2vid_ros.ros import messages
        with self.changed:
            for told in messages.from_diagnostics(message, self._namespace):
                state = self.states.observe(told.node, told.level, told.line, told.values)
                if state.loading:
                    # It may load more once it is active.
                    self._activated.pop(told.node, None)
            self.changed.notify_all()
