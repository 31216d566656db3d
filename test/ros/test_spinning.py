"""An executor runs for weeks: what it has done leaves nothing behind."""

from __future__ import annotations

import gc
import sys
import threading

import rclpy
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Empty
from txt2vid_ros.ros.spinning import destroy_cleanly, SpinningExecutor

CALLBACKS = 2000
TIMEOUT = 60.0


def test_callbacks_leave_nothing_behind_and_the_end_comes_at_once(ros_domain: int) -> None:
    context = rclpy.Context()
    rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('spun', context=context)
    errors: list[Exception] = []
    executor = SpinningExecutor([node], errors.append)
    done = threading.Semaphore(0)
    guard = node.create_guard_condition(done.release)

    def spun(times: int) -> int:
        """Have callbacks called one by one; return how much is allocated."""
        for _ in range(times):
            guard.trigger()
            assert done.acquire(timeout=TIMEOUT)
        gc.collect()
        return sys.getallocatedblocks()

    before = spun(CALLBACKS)
    grown = spun(CALLBACKS) - before
    executor.close(TIMEOUT)
    destroy_cleanly(node)
    context.try_shutdown()
    assert not errors
    # One object that stays with each callback would be a leak.
    assert grown < CALLBACKS / 4


def test_who_does_not_fit_is_still_told_of(ros_domain: int) -> None:
    context = rclpy.Context()
    rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('spun', context=context)
    told = threading.Event()
    errors: list[Exception] = []
    executor = SpinningExecutor([node], errors.append)
    # Nodes have timers; what a node is told of is looked at when anything wakes it.
    node.create_timer(0.05, lambda: None)
    node.create_subscription(
        Empty, 'topic', lambda message: None, QoSProfile(depth=1),
        event_callbacks=SubscriptionEventCallbacks(incompatible_qos=lambda info: told.set()))
    # Later than the first look.
    assert not told.wait(1.5)
    node.create_publisher(Empty, 'topic', QoSProfile(
        depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
    assert told.wait(TIMEOUT)
    executor.close(TIMEOUT)
    destroy_cleanly(node)
    context.try_shutdown()
    assert not errors
