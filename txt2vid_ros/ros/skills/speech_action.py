"""
An action server whose goals are texts to be spoken; what each action looks like is a subclass.

A goal that asks for nothing sensible is accepted and answered with the reason, because a rejected
one has no answer; it takes nobody's place.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
import dataclasses
import time
from typing import Any, ClassVar, Protocol

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.task import Future
from txt2vid_ros.media.goals.goal import Outcome, SpeechGoal, SpeechOrder
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.skills.interfaces import interface


class SpeechOrders(Protocol):
    """Who takes orders."""

    def refused(self, order: SpeechOrder) -> str:
        """Return why an order would not be taken now; '' where it would, or would be answered."""
        ...

    def take(self, order: SpeechOrder, heard: Callable[[str, float], None],
             finished: Callable[[Outcome, str], None], *, queued: bool = False
             ) -> SpeechGoal | None:
        """
        Have an order spoken; return the goal that it becomes, None where it has ended already.

        `finished` gets how it ended, and that in words; it is called once, on any thread.
        """
        ...

    def cancel(self, goal: SpeechGoal) -> None:
        """Silence a goal."""
        ...

    def knows(self, voice: str) -> bool:
        """Return whether a speaker or a voice is called that."""
        ...


@dataclasses.dataclass(eq=False)
class RunningGoal:
    """A goal of the action, from its acceptance to its result."""

    handle: Any
    accepted: float
    """On the monotonic clock, seconds."""
    done: Any
    """A rclpy Future of (Outcome, words)."""
    goal: SpeechGoal | None = None

    @property
    def seconds(self) -> float:
        """Return for how long it has been running."""
        return time.monotonic() - self.accepted


class SpeechAction(abc.ABC):
    """Serves one action while the node is configured; takes goals only while it is active."""

    PACKAGES: ClassVar[tuple[str, ...]]
    TYPE: ClassVar[str]

    def __init__(self, node: ManagedNode, name: str, orders: SpeechOrders, kind: Any) -> None:
        """Serve `kind` as `name`, which remapping may change."""
        self.kind = kind
        self._node = node
        self._orders = orders
        self._running: dict[bytes, RunningGoal] = {}
        self._closed = False
        # Not every distribution remaps the names of actions: here they follow the services' rules.
        self.name = node.resolve_service_name(name)
        self._server = ActionServer(
            node, kind, self.name, self._execute, goal_callback=self._offered,
            handle_accepted_callback=self._accepted, cancel_callback=self._cancelled)

    @classmethod
    def type_or_none(cls) -> Any:
        """Return the action's type, None where its package is not installed."""
        return interface(cls.PACKAGES, 'action', cls.TYPE)

    def listen(self) -> None:
        """Follow what asks for speech beside the action, until the node is deactivated."""
        return

    def close(self) -> None:
        """Stop to serve."""
        self._closed = True
        self._server.destroy()

    @abc.abstractmethod
    def order(self, request: Any) -> SpeechOrder:
        """Return what a goal's request asks for."""

    @abc.abstractmethod
    def feedback(self, running: RunningGoal, words: str, share: float) -> Any:
        """Return the feedback while `words` are heard, which end at this share of the text."""

    @abc.abstractmethod
    def result(self, running: RunningGoal, outcome: Outcome, words: str) -> Any:
        """Return the result of a goal that ended so, or in these words."""

    def refused(self, request: Any) -> str:
        """Return why a goal is rejected, or ''."""
        return self._orders.refused(self.order(request))

    def begin(self, running: RunningGoal) -> None:
        """Begin to work on a goal that was accepted."""
        running.goal = self._orders.take(
            self.order(running.handle.request),
            lambda words, share: running.handle.publish_feedback(
                self.feedback(running, words, share)),
            lambda outcome, words: self.finish(running, outcome, words))

    def finish(self, running: RunningGoal, outcome: Outcome, words: str = '') -> None:
        """Answer a goal. May be called on any thread."""
        running.done.set_result((outcome, words))
        executor = self._node.executor
        if executor is not None:
            # A coroutine is only looked at again when something wakes the executor.
            executor.wake()

    def _offered(self, request: Any) -> GoalResponse:
        reason = self.refused(request)
        if not reason:
            return GoalResponse.ACCEPT
        self._node.get_logger().warning(f'{self.name}: a goal is rejected: {reason}')
        return GoalResponse.REJECT

    def _accepted(self, handle: Any) -> None:
        running = RunningGoal(handle, time.monotonic(), Future())
        self._running[bytes(handle.goal_id.uuid)] = running
        handle.execute()
        self.begin(running)

    def _cancelled(self, handle: Any) -> CancelResponse:
        running = self._running.get(bytes(handle.goal_id.uuid))
        if running is not None and running.goal is not None:
            self._orders.cancel(running.goal)
        return CancelResponse.ACCEPT

    async def _execute(self, handle: Any) -> Any:
        running = self._running[bytes(handle.goal_id.uuid)]
        outcome, words = await running.done
        while self._closed:
            # There is no server any more that could carry an answer; to return would be an error.
            await Future()
        del self._running[bytes(handle.goal_id.uuid)]
        if outcome is Outcome.HEARD:
            handle.succeed()
        elif outcome is Outcome.CANCELLED and handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return self.result(running, outcome, words)
