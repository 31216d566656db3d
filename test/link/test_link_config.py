"""Settings and texts out of range are refused at once."""

from __future__ import annotations

from link_simulation import Simulation
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig


def test_texts_and_names_that_no_datagram_can_carry_are_refused() -> None:
    simulation = Simulation(config=LinkConfig(max_characters=100))
    with pytest.raises(UserError, match='too long for the link'):
        simulation.say('x' * 101)
    with pytest.raises(UserError, match='speaker id'):
        simulation.say('Hello.', speaker='x' * 65)


@pytest.mark.parametrize(('name', 'value'), [
    ('rate', 5), ('mtu', 39), ('max_age', 3601), ('tag_bytes', 5), ('queue', 0)])
def test_settings_out_of_range_are_named(name: str, value: int) -> None:
    with pytest.raises(UserError, match=name):
        LinkConfig(**{name: value})
