"""When an utterance passes a node, on the topic `trace`: its id is what all nodes know it by."""

from __future__ import annotations

import collections
import threading

from diagnostic_msgs.msg import DiagnosticArray
from txt2vid_ros.core.monitoring.stage_mark import StageMark
from txt2vid_ros.core.monitoring.utterance_starts import UtteranceStarts
from txt2vid_ros.core.people import origin_of
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode

IDS_KEPT = 256
"""Utterances of which it is remembered what was told."""

TEXT_KEPT = 120
"""Characters of a text that are told with it."""


class TracePublisher:
    """
    Tells once of each utterance when it passed a stage of this node.

    What was held and goes on belongs to the utterance it was. To be made in configure(); safe to
    use from several threads.
    """

    def __init__(self, node: ManagedNode, *awaited: str) -> None:
        """`awaited` are the stages that reached() tells, of each utterance that has begun."""
        self._node = node
        self._publisher = node.publisher(DiagnosticArray, 'trace', qos.TRACE)
        self._awaited = {stage: UtteranceStarts() for stage in awaited}
        self._told: collections.OrderedDict[str, set[str]] = collections.OrderedDict()
        self._lock = threading.Lock()

    def mark(self, utterance: str, stage: str, at: int | None = None,
             text: str = '', link_id: str = '') -> None:
        """Tell the first time that an utterance passes a stage: now, or `at` (nanoseconds)."""
        utterance = origin_of(utterance)
        with self._lock:
            told = self._told.setdefault(utterance, set())
            if stage in told:
                return
            told.add(stage)
            while len(self._told) > IDS_KEPT:
                self._told.popitem(last=False)
        self._publisher.publish(messages.to_mark(StageMark(
            utterance, self._node.get_fully_qualified_name(), stage,
            self._node.ros_clock.now() if at is None else at, text[:TEXT_KEPT], link_id)))

    def sound(self, utterance: str, start: int) -> None:
        """Take a chunk of an utterance that has arrived and is heard from `start` on."""
        first = origin_of(utterance)
        with self._lock:
            known = 'sound' in self._told.get(first, ())
        if not known:
            for starts in self._awaited.values():
                starts.add(first, start)
            self.mark(first, 'sound')

    def ended(self, utterance: str, stamp: int) -> None:
        """Learn that nothing of an utterance is heard from `stamp` on."""
        for starts in self._awaited.values():
            starts.end(origin_of(utterance), stamp)

    def reached(self, stage: str, stamp: int, at: int | None = None) -> list[tuple[str, int]]:
        """Tell a stage of all utterances that begin by `stamp`; return them with their starts."""
        found = self._awaited[stage].reached(stamp)
        for utterance, _ in found:
            self.mark(utterance, stage, at)
        return found
