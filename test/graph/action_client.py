"""A client of an action in a test: sends goals and awaits what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Any

from action_msgs.msg import GoalStatus
from graph_harness import TIMEOUT
from rclpy.action import ActionClient
from ros_observer import Observer


def awaited(future: Any, what: str) -> Any:
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    assert done.wait(TIMEOUT), what
    return future.result()


def asked(node: Any, ask: Callable[[], Any]) -> Any:
    """
    Return the answer to what `ask` sends.

    It sends on the executor's thread: rclpy drops an answer that arrives before the call that sent
    the question has returned.
    """
    return awaited(awaited(node.executor.create_task(ask), 'the executor'), 'an answer')


class SentGoal:
    """One goal that was accepted."""

    def __init__(self, node: Any, handle: Any, feedback: list[Any],
                 changed: threading.Condition) -> None:
        self.feedback = feedback
        self._node = node
        self._handle = handle
        self._changed = changed
        self._result = awaited(node.executor.create_task(handle.get_result_async), 'the executor')

    def wait_feedback(self, good: Callable[[Any], bool] = lambda feedback: True) -> None:
        """Wait for feedback that is good."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(map(good, self.feedback)), TIMEOUT), self.feedback

    def cancel(self) -> bool:
        """Cancel it; return whether the server agrees."""
        return bool(asked(self._node, self._handle.cancel_goal_async).goals_canceling)

    def result(self) -> tuple[int, Any, int]:
        """Return status, result, and when it was here (nanoseconds)."""
        answer = awaited(self._result, 'a result')
        return answer.status, answer.result, time.time_ns()

    def fails(self, status: int = GoalStatus.STATUS_ABORTED) -> Any:
        """Wait until it has ended with this status; return the result."""
        ended, result, _ = self.result()
        assert ended == status, result
        return result


class Client:
    """An action client in the namespace of a graph."""

    def __init__(self, observer: Observer, kind: Any, name: str) -> None:
        self.kind = kind
        self._node = observer.node
        self._client = ActionClient(observer.node, kind, name)
        assert self._client.wait_for_server(TIMEOUT), name

    def send(self, **fields: Any) -> SentGoal | None:
        """Send a goal; return None where it is rejected."""
        feedback: list[Any] = []
        changed = threading.Condition()

        def told(message: Any) -> None:
            with changed:
                feedback.append(message.feedback)
                changed.notify_all()

        goal = self.kind.Goal(**fields)
        handle = asked(self._node, lambda: self._client.send_goal_async(goal, told))
        return SentGoal(self._node, handle, feedback, changed) if handle.accepted else None

    def goal(self, **fields: Any) -> SentGoal:
        """Send a goal that is accepted."""
        sent = self.send(**fields)
        assert sent is not None, fields
        return sent
