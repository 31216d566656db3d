"""Ends a command with its call: once somebody has hung up, or as Ctrl-C hangs up."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import threading
from types import TracebackType
from typing import Any

from txt2vid_ros.ros import qos

ENDED, HANG_UP = 'call/ended', 'call/hang_up'
PATIENCE = 8.0
"""Seconds in which a call that a signal ends may say goodbye."""


class HangUp:
    """
    Calls `end` where the node call says that a call is over. Use as a context manager.

    leave() hangs up before that; without a call it ends the command at once.
    """

    def __init__(self, namespace: str, end: Callable[[], object], follows: bool = True) -> None:
        """Follow `namespace` once entered; do nothing where it `follows` nobody."""
        self._namespace, self._end, self._follows = namespace, end, follows
        self._side = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._publisher: Any = None
        self._limit: threading.Timer | None = None

    def __enter__(self) -> HangUp:
        """Begin to follow."""
        if self._follows:
            # Not before it is needed: it takes 30 MB.
            from std_msgs.msg import Empty
            from txt2vid_ros.ros.side.side_node import SideNode
            side = self._side.enter_context(SideNode('txt2vid_call', self._namespace))
            side.node.create_subscription(Empty, ENDED, lambda _: self._end(), qos.ENDED)
            self._publisher = side.node.create_publisher(Empty, HANG_UP, qos.TEXT)
            side.spin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Follow no more."""
        with self._lock:
            self._publisher, limit = None, self._limit
        if limit is not None:
            limit.cancel()
        self._side.close()

    def leave(self) -> bool:
        """Hang up, or end at once where that is under way; return whether the call may yet end."""
        with self._lock:
            publisher = self._publisher
            if (self._limit is None and publisher is not None
                    and publisher.get_subscription_count()):
                from std_msgs.msg import Empty
                publisher.publish(Empty())
                self._limit = threading.Timer(PATIENCE, self._end)
                self._limit.daemon = True
                self._limit.start()
                return True
        self._end()
        return False
