"""What the tests of the parts of nodes share."""

from __future__ import annotations

from collections.abc import Iterator

from bare_node import BareNode
import pytest
import rclpy


@pytest.fixture
def bare_node(ros_domain: int) -> Iterator[BareNode]:
    rclpy.init()
    node = BareNode()
    yield node
    node.end_test()
    rclpy.try_shutdown()
