"""The voice gets the lead that the most demanding downstream node requests, within bounds."""

from __future__ import annotations

from bare_node import BareNode
import pytest
from std_msgs.msg import Float64
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.sound import lead_request
from txt2vid_ros.ros.sound.lead_request import LeadRequest


def test_the_greatest_request_counts_while_it_is_repeated(
        bare_node: BareNode, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = LeadRequest(bare_node, first=0.15, largest=0.6)
    assert lead.seconds == 0.15
    lips = bare_node.create_publisher(Float64, 'voice/lead', qos.LEAD)
    stream = bare_node.create_publisher(Float64, 'voice/lead', qos.LEAD)
    lips.publish(Float64(data=0.3))
    bare_node.spin_until(lambda: lead.seconds == 0.3)
    stream.publish(Float64(data=float('nan')))
    stream.publish(Float64(data=0.2))
    bare_node.spin_until(lambda: len(lead._requests) == 2)
    assert lead.seconds == 0.3
    lips.publish(Float64(data=7.0))
    bare_node.spin_until(lambda: lead.seconds == 0.6)
    monkeypatch.setattr(lead_request, 'REQUEST_LIFETIME', 0.0)
    assert lead.seconds == 0.15
