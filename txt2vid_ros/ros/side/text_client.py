"""A participant beside the graph that puts texts on the topic `text`, for whoever takes them."""

from __future__ import annotations

from collections.abc import Sequence
import time

from rclpy.duration import Duration
from std_msgs.msg import String
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.side.side_node import SideNode

ACKNOWLEDGEMENT_TIMEOUT = 5.0
"""Seconds that the reader has to acknowledge what was sent."""


def send_texts(namespace: str, texts: Sequence[str], timeout: float) -> None:
    """
    Publish texts; return once they have been taken.

    Raises UserError where nobody takes texts within `timeout` seconds.
    """
    with SideNode('txt2vid_texts', checked_namespace(namespace)) as side:
        publisher = side.node.create_publisher(String, 'text', qos.TEXT)
        side.spin()
        deadline = time.monotonic() + timeout
        while not publisher.get_subscription_count():
            if time.monotonic() > deadline:
                raise UserError(f'nobody listens on {namespace}/text',
                                'Start the call first ("txt2vid call"), with the same '
                                '--namespace and ROS_DOMAIN_ID.')
            time.sleep(0.02)
        for text in texts:
            publisher.publish(String(data=text))
        if not publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGEMENT_TIMEOUT)):
            raise UserError('the link does not take the text', 'See the output of its node link.')
