"""A real node has the parameters that the command line sets, as `ros2 param` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graph_harness import Command, TIMEOUT
import pytest
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    ListParameters,
    SetParameters,
)
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.signals import SignalHandlerOptions
from txt2vid_ros import graph
from txt2vid_ros.ros.parameters import READ_ONCE

GIVEN = {
    'lipsync.frame_id': '010', 'lipsync.lead': '1e-1', 'lipsync.width': '064',
    'lipsync.height': '480', 'lipsync.viseme.blinks': '2', 'lipsync.viseme.life': 'Off',
    'lipsync.viseme.seed': '010', 'lipsync.face.crop': '0,-1,0,-1', 'lipsync.face.static': 'yes',
    'lipsync.wav2lip.device': 'on',
}
READ = {
    'frame_id': '010', 'lead': 0.1, 'width': 64, 'viseme.blinks': 2.0, 'viseme.life': False,
    'viseme.seed': 10, 'face.crop': [0, -1, 0, -1], 'face.static': True, 'face.rotate': 0,
    'face.file': '', 'engine': 'viseme', 'use_sim_time': False,
}


class Node:
    """The lipsync node in a process of its own, and the services of its parameters."""

    def __init__(self, folder: Path) -> None:
        specs = graph.with_parameters(
            graph.nodes('live', {'engine': 'viseme', 'engine_options': 'sway=0', 'people': '',
                                 'use_sim_time': 'false'}),
            [f'{name}={value}' for name, value in GIVEN.items()])
        spec, = (spec for spec in specs if spec.name == 'lipsync')
        self.command = Command(folder, *graph.command(spec, 'live')[3:], module=spec.module)
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=self.command.domain,
                   signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node('asking', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._prefix = f'{spec.namespace}/{spec.name}'

    def call(self, kind: Any, name: str, request: Any) -> Any:
        client = self._node.create_client(kind, f'{self._prefix}/{name}')
        assert client.wait_for_service(TIMEOUT)
        future = client.call_async(request)
        self._executor.spin_until_future_complete(future, TIMEOUT)
        return future.result()

    def set(self, name: str, value: Any) -> Any:  # noqa: A003
        return self.call(SetParameters, 'set_parameters', SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])).results[0]

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.shutdown()
        self.command.close()


@pytest.fixture(scope='module')
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = Node(tmp_path_factory.mktemp('parameters'))
    node.command.wait_line('showing the face')
    yield node
    node.close()


def test_values_arrive_in_the_type_of_the_table(node: Node) -> None:
    answer = node.call(GetParameters, 'get_parameters', GetParameters.Request(names=[*READ]))
    values = map(parameter_value_to_python, answer.values)
    assert {name: list(value) if hasattr(value, 'tolist') else value
            for name, value in zip(READ, values, strict=True)} == READ


def test_options_are_listed_and_those_of_other_engines_are_not(node: Node) -> None:
    names = node.call(ListParameters, 'list_parameters', ListParameters.Request()).result.names
    assert {'viseme.blinks', 'viseme.sway', 'face.crop', 'face.file'} <= set(names)
    assert not {'engine_options', 'face_options', 'face', 'wav2lip.device'} & set(names)


def test_ranges_and_what_is_read_only_are_described(node: Node) -> None:
    names = ['viseme.blinks', 'face.rotate', 'jpeg_quality']
    blinks, rotate, quality = node.call(
        DescribeParameters, 'describe_parameters',
        DescribeParameters.Request(names=names)).descriptors
    assert [READ_ONCE in each.additional_constraints for each in (blinks, rotate, quality)] == [
        False, False, False]
    limits = blinks.floating_point_range[0]
    assert (limits.from_value, limits.to_value) == (0.0, 3.0)
    assert 'blink' in blinks.description
    assert rotate.additional_constraints == 'one of 0, 90, 180, 270'


def test_what_is_read_only_is_refused(node: Node) -> None:
    result = node.set('frame_id', 'x')
    assert not result.successful
    assert READ_ONCE in result.reason
    assert node.set('jpeg_quality', 60).successful


def test_an_old_spelling_and_an_engine_not_in_use_are_one_line_each(node: Node) -> None:
    said = node.command.text
    assert said.count('lipsync.engine_options works in this release only: set lipsync.viseme.sway '
                      'instead') == 1
    assert said.count('lipsync.wav2lip.device has no effect: the engine is viseme') == 1
    assert said.count('the face is small') == 1
    assert said.count('WARN') == 3
