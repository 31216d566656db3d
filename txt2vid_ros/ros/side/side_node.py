"""The node of a participant beside the graph: a command, a bag, a measurement."""

from __future__ import annotations

import time
import traceback
from types import TracebackType

import rclpy
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from txt2vid_ros.ros.spinning import destroy_cleanly, SpinningExecutor


class SideNode:
    """
    A node with a context of its own, so that several may live in one process.

    Use as a context manager. Publish, subscribe and ask through `node`; callbacks are called on a
    thread of its own from spin() on. Signals stay with the program.
    """

    def __init__(self, name: str, namespace: str = '', domain: int | None = None) -> None:
        """Join a ROS domain (None: that of ROS_DOMAIN_ID) as `name` with a unique number."""
        self._context = rclpy.Context()
        # Not the words of the command line: they may be no UTF-8, and are not meant for ROS.
        rclpy.init(args=[], context=self._context, domain_id=domain,
                   signal_handler_options=SignalHandlerOptions.NO)
        # Nobody asks it for anything: it has no service and says what it has to say itself, so
        # that the policy of its enclave is short (graph/interfaces.py, CLIENT).
        self.node = rclpy.create_node(
            f'{name}_{time.time_ns()}', context=self._context, namespace=namespace,
            start_parameter_services=False, enable_rosout=False,
            parameter_overrides=[Parameter('start_type_description_service', value=False)])
        self._spinning: SpinningExecutor | None = None
        self._closed = False

    def __enter__(self) -> SideNode:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Leave the graph."""
        self.close()

    def spin(self) -> None:
        """Start to call callbacks; one that raises is logged and ends this."""
        if self._spinning is None:
            self._spinning = SpinningExecutor([self.node], self._failed)

    def close(self) -> None:
        """Leave the graph and its shared memory; may be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._spinning is not None:
            self._spinning.close()
            # Let go before the node is destroyed: it holds the node's entities.
            self._spinning = None
        destroy_cleanly(self.node)
        self._context.try_shutdown()

    def _failed(self, error: Exception) -> None:
        lines = ''.join(traceback.format_exception(error))
        self.node.get_logger().fatal(f'internal error:\n{lines}')
