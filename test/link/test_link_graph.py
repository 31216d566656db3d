"""The link as an argument of the graph."""

from __future__ import annotations

import pytest
from txt2vid_ros import graph
from txt2vid_ros.core.errors import UserError


def test_over_topics_no_node_is_needed() -> None:
    for arguments in ({}, {'link': ''}, {'link': 'topic'}):
        assert 'link' not in [spec.name for spec in graph.nodes('receiver', arguments)]


@pytest.mark.parametrize('transport', ['udp', 'tcp', 'serial', 'kiss-tcp', 'kiss-serial',
                                       'meshtastic'])
def test_other_links_are_a_node_of_the_receiver(transport: str) -> None:
    specs = graph.nodes('receiver', {'link': transport, 'link_address': '0.0.0.0:5710',
                                     'link_rate': '300'})
    link = next(spec for spec in specs if spec.name == 'link')
    assert link.module == 'txt2vid_ros.nodes.link'
    assert link.parameters == {'role': 'receiver', 'transport': transport,
                               'address': '0.0.0.0:5710', 'rate': '300'}


def test_an_unknown_link_is_named() -> None:
    with pytest.raises(UserError, match=r"link: 'pigeon'.*topic, udp, tcp, serial"):
        graph.nodes('receiver', {'link': 'pigeon'})
