"""Parameters are one typed table: wrong ones are named with what would be right."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from pathlib import Path
import sys
from typing import Any

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import OptionTables
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.ros import parameters


@dataclasses.dataclass(frozen=True)
class Table:
    """Some of each kind."""

    speed: float = parameter(1.0, 'pace', minimum=0.5, maximum=2.0, live=True)
    count: int = parameter(3, 'how many', minimum=1, live=True)
    most: int = parameter(3, 'how many at most', maximum=9)
    name: str = parameter('a', 'which', choices=('a', 'b'))
    on: bool = parameter(False, 'whether', live=True)
    several: str = parameter('x', 'some')
    names: tuple[str, ...] = parameter(('x',), 'a list')


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of a provider."""

    pitch: float = parameter(0.0, 'semitones', minimum=-20.0, maximum=20.0)
    language: str = parameter('', 'BCP 47 tag')
    box: tuple[int, ...] | None = parameter(None, 'pixels')
    credentials: Path | None = parameter(None, 'key file')
    rate: int = parameter(8000, 'Hz', choices=(8000, 16000))


def options_of(table: Table) -> OptionTables:
    return OptionTables({name: [Options] for name in table.names}, {'other': 'it is not in use'},
                        {'options': table.names}, {'file': f'{table.names[0]}.credentials'})


@pytest.fixture
def context(ros_domain: int) -> Iterator[rclpy.Context]:
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


def started(context: rclpy.Context, namespace: str = '', **given: Any) -> Node:
    return rclpy.create_node(
        'odd', context=context, namespace=namespace, enable_rosout=False,
        start_parameter_services=False, parameter_overrides=[
            Parameter(name, value=value) for name, value in given.items()])


def warnings(said: str) -> list[str]:
    return [line.partition(']: ')[2] for line in said.splitlines() if '[WARN]' in line]


def test_values_come_in_the_type_of_the_table(context: rclpy.Context) -> None:
    node = started(context, speed=2, name='b', several=7)
    table = parameters.declare(node, Table).table
    assert table == Table(speed=2.0, name='b', several='7')
    assert node.get_parameter('speed').value == 2.0
    assert node.get_parameter('several').value == '7'


@pytest.mark.parametrize(('given', 'said'), [
    ({'speed': float('nan')}, 'odd.speed is nan. It has to be a finite number.'),
    ({'speed': 9.0}, 'odd.speed is 9.0. It has to be from 0.5 to 2.0'),
    ({'count': 0}, 'odd.count is 0. It has to be at least 1.'),
    ({'most': 10}, 'odd.most is 10. It has to be at most 9'),
    ({'count': 1.5}, 'odd.count is 1.5. It has to be a whole number'),
    ({'name': 'c'}, "odd.name is 'c'. It has to be one of a, b"),
    ({'on': 'perhaps'}, "odd.on is 'perhaps'. It has to be true or false"),
    ({'speed': True}, 'odd.speed is True. It has to be a number'),
])
def test_what_does_not_fit_is_named(
        context: rclpy.Context, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as error:
        parameters.declare(started(context, **given), Table)
    assert said in str(error.value)


def test_what_ros_adds_to_a_node_is_no_fault(context: rclpy.Context) -> None:
    node = started(context, use_sim_time=False)
    assert parameters.declare(node, Table).table == Table()


def test_only_live_parameters_change_while_it_runs(context: rclpy.Context) -> None:
    node = started(context)
    held = [parameters.declare(node, Table)]
    parameters.follow(node, lambda: held[-1], held.append)

    def set_to(**values: Any) -> tuple[bool, str]:
        results = node.set_parameters_atomically(
            [Parameter(name, value=value) for name, value in values.items()])
        return results.successful, results.reason

    assert set_to(speed=1.5, on=True) == (True, '')
    assert held[-1].table == Table(speed=1.5, on=True)
    taken, reason = set_to(name='b')
    assert not taken
    assert reason.startswith('name is read when the node is configured: start it with')
    # It is what it is.
    assert set_to(name='a') == (True, '')
    taken, reason = set_to(count=0)
    assert (taken, reason) == (False, 'odd.count is 0. It has to be at least 1.')
    assert held[-1].table == Table(speed=1.5, on=True)


def test_parameters_that_are_read_at_the_start_are_read_only(context: rclpy.Context) -> None:
    node = started(context, speed=2.0, name='b', names=['x', 'y'])
    parameters.declare(node, Table, options_of)
    told = {name: node.describe_parameter(name).additional_constraints for name in (
        'speed', 'count', 'on', 'most', 'name', 'several', 'names', 'x.pitch', 'y.box')}
    assert [name for name, text in told.items() if parameters.READ_ONCE not in text] == [
        'speed', 'count', 'on']
    assert node.get_parameter('names').value == ['x', 'y']
    other = started(context)
    held = [parameters.declare(other, Table, options_of)]
    state = {'unconfigured': False}
    parameters.follow(other, lambda: held[-1], held.append, lambda: state['unconfigured'],
                      options_of=options_of)
    result, = other.set_parameters([Parameter('x.pitch', value=1.0)])
    assert not result.successful and parameters.READ_ONCE in result.reason
    state['unconfigured'] = True
    result, = other.set_parameters([Parameter('x.pitch', value=1.0)])
    assert result.successful
    assert held[-1].options == {'x.pitch': 1.0}


def test_the_options_of_a_provider_come_and_go_with_it(context: rclpy.Context) -> None:
    node = started(context, **{'x.pitch': 2.0, 'y.pitch': 3.0, 'names': ['x']})
    live = lambda table: dataclasses.replace(  # noqa: E731
        options_of(table), unused={'x': 'not in use', 'y': 'not in use'}, live=True)
    held = [parameters.declare(node, Table, live)]
    refused: list[str] = []

    def check(declared: parameters.Declared[Table]) -> None:
        if declared.options.get('y.language') == 'xx':
            refused.append('y.language')
            raise UserError('nobody speaks xx', 'Use another.')
    parameters.follow(node, lambda: held[-1], held.append, lambda: True, options_of=live,
                      options_by=('names',), check=check)
    assert parameters.READ_ONCE not in node.describe_parameter('x.pitch').additional_constraints
    result, = node.set_parameters([Parameter('names', value=['y'])])
    assert result.successful
    # As it was started with.
    assert node.get_parameter('y.pitch').value == 3.0
    assert held[-1].options['y.pitch'] == 3.0
    assert not node.has_parameter('x.pitch')
    result, = node.set_parameters([Parameter('y.language', value='xx')])
    assert (result.successful, refused) == (False, ['y.language'])
    assert 'nobody speaks xx' in result.reason
    assert node.get_parameter('y.language').value == ''
    result, = node.set_parameters([Parameter('names', value=['x', 'y'])])
    assert result.successful and node.get_parameter('x.pitch').value == 2.0


def test_what_could_not_be_used_is_put_back(context: rclpy.Context) -> None:
    node = started(context)
    held = [parameters.declare(node, Table, options_of)]
    parameters.follow(node, lambda: held[-1], held.append, lambda: True, options_of=options_of)
    shown = held[-1]
    node.set_parameters([Parameter('speed', value=2.0), Parameter('x.box', value=[1, 2]),
                         Parameter('x.credentials', value='/k')])
    assert held[-1].options == {'x.box': (1, 2), 'x.credentials': Path('/k')}
    for name in ('speed', 'x.box', 'x.credentials'):
        parameters.put_back(node, name, shown.specs[name], parameters.value_of(shown, name))
    assert held[-1].table == shown.table
    assert {*held[-1].options.values()} == {None}
    assert node.get_parameter('x.credentials').value == ''


def test_options_of_providers_are_parameters_with_type_range_and_description(
        context: rclpy.Context) -> None:
    node = started(context, **{'x.pitch': 2, 'x.box': '1,2', 'x.credentials': '/k'})
    declared = parameters.declare(node, Table, options_of)
    assert declared.options == {'x.pitch': 2.0, 'x.box': (1, 2), 'x.credentials': Path('/k')}
    assert node.get_parameter('x.pitch').value == 2.0
    assert [*node.get_parameter('x.box').value] == [1, 2]
    assert node.get_parameter('x.credentials').value == '/k'
    pitch = node.describe_parameter('x.pitch')
    assert pitch.description == 'semitones'
    assert (pitch.floating_point_range[0].from_value, pitch.floating_point_range[0].to_value) == (
        -20.0, 20.0)
    assert node.describe_parameter('x.rate').additional_constraints == (
        'one of 8000, 16000; is read when the node is configured')
    assert node.describe_parameter('most').additional_constraints == (
        'at most 9; is read when the node is configured')
    unset = parameters.declare(started(context), Table, options_of)
    assert unset.options == {}


@pytest.mark.parametrize(('given', 'values', 'said'), [
    ({'other.pitch': 1.0}, {}, 'odd.other.pitch has no effect: it is not in use'),
    ({'options': 'pitch=1 box=1,2'}, {'x.pitch': 1.0, 'x.box': (1, 2)},
     'odd.options works in this release only: set odd.x.pitch, odd.x.box instead'),
    ({'file': '/k'}, {'x.credentials': Path('/k')},
     'odd.file works in this release only: set odd.x.credentials instead'),
    ({'names': 'x,y'}, {}, 'odd.names is a list: write [x, y] instead of one text'),
    ({'names': 'x'}, {}, None), ({'names': ['x', 'y']}, {}, None),
])
def test_old_spellings_and_what_has_no_effect_are_one_warning(
        context: rclpy.Context, capfd: pytest.CaptureFixture[str], given: dict[str, Any],
        values: dict[str, Any], said: str | None) -> None:
    node = started(context, **given)
    assert parameters.declare(node, Table, options_of).options == values
    assert warnings(capfd.readouterr().err) == ([] if said is None else [said])
    assert not any(node.has_parameter(old) for old in ('options', 'file', 'other.pitch'))


@pytest.mark.parametrize(('given', 'said'), [
    ({'x.pich': 1.0}, "odd.x.pich: there is no such option. Did you mean 'pitch'?"),
    ({'x.pitch': 21.0}, 'odd.x.pitch is 21.0. It has to be from -20.0 to 20.0'),
])
def test_options_that_do_not_fit_are_named(
        context: rclpy.Context, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as error:
        parameters.declare(started(context, **given), Table, options_of)
    assert said in str(error.value)


@pytest.mark.parametrize(('given', 'said'), [
    ({'sped': 2.0}, "odd has no parameter 'sped'; it is ignored. Did you mean 'speed'?"),
    ({'robot_model': 'spot'}, "odd has no parameter 'robot_model'; it is ignored"),
    ({'xx.pitch': 1.0}, "odd has no parameter 'xx.pitch'; it is ignored. Did you mean 'x.pitch'?"),
    ({'pitch': 1.0}, "odd has no parameter 'pitch'; it is ignored. Did you mean 'x.pitch'?"),
])
def test_what_is_set_for_other_nodes_is_a_warning(
        context: rclpy.Context, capfd: pytest.CaptureFixture[str], given: dict[str, Any],
        said: str) -> None:
    node = started(context, **given)
    assert parameters.declare(node, Table, options_of).options == {}
    warned, = warnings(capfd.readouterr().err)
    assert warned == said
    assert not any(node.has_parameter(name) for name in given)


@pytest.mark.parametrize(('content', 'value', 'text'), [
    ('/**: {ros__parameters: {several: on}}', True, 'on'),
    ('/**/odd: {ros__parameters: {several: 010}}', 8, '010'),
    ('/other: {odd: {ros__parameters: {several: 0x10}}}', 16, '0x10'),
    ('/*/odd: {ros__parameters: {several: 1e3}}', 1000.0, '1e3'),
    ('/**/even: {ros__parameters: {several: 010}}', 8, '8'),    # another node's
    ('/**: {ros__parameters: {several: 7}}', 9, '9'),           # something later says so
])
def test_a_text_in_a_file_is_the_word_that_is_there(
        context: rclpy.Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str,
        value: object, text: str) -> None:
    (tmp_path / 'a.yaml').write_text(content)
    monkeypatch.setattr(sys, 'argv', [
        'node', '--ros-args', '--params-file', str(tmp_path / 'a.yaml')])
    node = started(context, namespace='/other', several=value)
    assert parameters.declare(node, Table).table.several == text


@pytest.mark.parametrize(('words', 'value', 'text'), [
    (['-p', 'several:=010'], 8, '010'), (['-p', 'several:=on'], True, 'on'),
    (['-p', 'odd:several:=1e3'], 1000.0, '1e3'), (['--param', 'several:=0x10'], 16, '0x10'),
    (['-p', 'several:=7', '-p', 'several:=010'], 8, '010'),
    (['-p', 'even:several:=010'], 8, '8'),          # another node's
    (['-p', 'several:=010'], 9, '9'),               # a file after it says so
    (['--', '-p', 'several:=010'], 8, '8'),         # not for ROS
])
def test_what_rcl_has_guessed_of_a_text_is_undone(
        context: rclpy.Context, monkeypatch: pytest.MonkeyPatch, words: list[str], value: object,
        text: str) -> None:
    monkeypatch.setattr(sys, 'argv', ['node', '--ros-args', *words])
    assert parameters.declare(started(context, several=value), Table).table.several == text
