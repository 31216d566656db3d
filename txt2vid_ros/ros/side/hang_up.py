"""Ends a command once its call is over: somebody has hung up, on a page or on the topic."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
from types import TracebackType

from txt2vid_ros.ros import qos

TOPIC = 'call/ended'


class HangUp:
    """Calls `hang_up` where the node call says so on `call/ended`. Use as a context manager."""

    def __init__(self, namespace: str, hang_up: Callable[[], object], follows: bool = True
                 ) -> None:
        """Follow `namespace` once entered; do nothing where it `follows` nobody."""
        self._namespace, self._hang_up, self._follows = namespace, hang_up, follows
        self._side = contextlib.ExitStack()

    def __enter__(self) -> HangUp:
        """Begin to follow."""
        if self._follows:
            # Not before it is needed: it takes 30 MB.
            from std_msgs.msg import Empty
            from txt2vid_ros.ros.side.side_node import SideNode
            side = self._side.enter_context(SideNode('txt2vid_call', self._namespace))
            side.node.create_subscription(Empty, TOPIC, lambda _: self._hang_up(), qos.TEXT)
            side.spin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Follow no more."""
        self._side.close()
