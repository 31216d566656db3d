"""Parameters are one typed table: wrong ones are named with what would be right."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from typing import Any

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros import parameters
from txt2vid_ros.ros.parameters import parameter


@dataclasses.dataclass(frozen=True)
class Table:
    """Some of each kind."""

    speed: float = parameter(1.0, 'pace', minimum=0.5, maximum=2.0, live=True)
    count: int = parameter(3, 'how many', minimum=1, live=True)
    most: int = parameter(3, 'how many at most', maximum=9)
    name: str = parameter('a', 'which', choices=('a', 'b'))
    on: bool = parameter(False, 'whether', live=True)
    several: str = parameter('x', 'some')


@pytest.fixture
def context(ros_domain: int) -> Iterator[rclpy.Context]:
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


def started(context: rclpy.Context, **given: Any) -> Node:
    return rclpy.create_node(
        'odd', context=context, enable_rosout=False, start_parameter_services=False,
        parameter_overrides=[Parameter(name, value=value) for name, value in given.items()])


def test_values_come_in_the_type_of_the_table(context: rclpy.Context) -> None:
    node = started(context, speed=2, name='b', several=7)
    table = parameters.declare(node, Table)
    assert table == Table(speed=2.0, name='b', several='7')
    assert node.get_parameter('speed').value == 2.0
    assert node.get_parameter('several').value == '7'


@pytest.mark.parametrize(('given', 'said'), [
    ({'sped': 2.0}, "odd has no parameter 'sped'. Did you mean 'speed'?"),
    ({'zzz': 2.0}, "odd has no parameter 'zzz'. It has: "),
    ({'speed': float('nan')}, 'odd.speed is nan. It has to be a finite number.'),
    ({'speed': 9.0}, 'odd.speed is 9.0. It has to be from 0.5 to 2.0'),
    ({'count': 0}, 'odd.count is 0. It has to be at least 1.'),
    ({'most': 10}, 'odd.most is 10. It has to be at most 9'),
    ({'count': 1.5}, 'odd.count is 1.5. It has to be a whole number'),
    ({'name': 'c'}, "odd.name is 'c'. It has to be one of a, b"),
    ({'on': 'yes'}, "odd.on is 'yes'. It has to be true or false"),
    ({'speed': True}, 'odd.speed is True. It has to be a number'),
])
def test_what_does_not_fit_is_named(
        context: rclpy.Context, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as error:
        parameters.declare(started(context, **given), Table)
    assert said in str(error.value)


def test_what_ros_adds_to_a_node_is_no_fault(context: rclpy.Context) -> None:
    node = started(context, use_sim_time=False)
    assert parameters.declare(node, Table) == Table()


def test_only_live_parameters_change_while_it_runs(context: rclpy.Context) -> None:
    node = started(context)
    held = [parameters.declare(node, Table)]
    parameters.follow(node, lambda: held[-1], held.append)

    def set_to(**values: Any) -> tuple[bool, str]:
        results = node.set_parameters_atomically(
            [Parameter(name, value=value) for name, value in values.items()])
        return results.successful, results.reason

    assert set_to(speed=1.5, on=True) == (True, '')
    assert held[-1] == Table(speed=1.5, on=True)
    taken, reason = set_to(name='b')
    assert not taken
    assert reason == 'name is read at the start only: start the node again with another value'
    taken, reason = set_to(count=0)
    assert (taken, reason) == (False, 'odd.count is 0. It has to be at least 1.')
    assert held[-1] == Table(speed=1.5, on=True)
