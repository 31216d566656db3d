"""A value is read by the type that its table states, never by its look."""

from __future__ import annotations

import array
import dataclasses
import math
from pathlib import Path
from typing import Any, Literal

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import check_fields, checked, parameter, specs


@dataclasses.dataclass(frozen=True)
class Table:
    number: float = parameter(1.0, 'a number', minimum=0.0, maximum=1e6)
    count: int = parameter(3, 'a count')
    angle: int = parameter(0, 'a choice', choices=(0, 90))
    on: bool = parameter(False, 'a switch')
    name: str = parameter('', 'a text')
    loop: Literal['there', 'back'] = 'there'
    several: tuple[str, ...] = parameter(('a',), 'a list')
    box: tuple[int, int] | None = parameter(None, 'numbers')
    key: Path = parameter(Path(), 'a file')
    weights: Path | None = parameter(None, 'a file')


def read(name: str, value: Any) -> Any:
    return checked(f'n.{name}', specs(Table)[name], value)


@pytest.mark.parametrize('text', [
    '010', '1_2', '1e3', 'on', 'no', 'true', 'null', '~', 'nan', '0x10', ' 1', '', '٣', 'Grüße 😀',
    'a "b" \'c\'', 'one\ntwo', '[1, 2]', '{a: b}', 'a,b'])
def test_a_text_stays_as_it_was_written(text: str) -> None:
    assert read('name', text) == text


@pytest.mark.parametrize(('name', 'text', 'value'), [
    ('number', '1', 1.0), ('number', '1e3', 1000.0), ('number', '010', 10.0),
    ('number', ' 1.5 ', 1.5), ('number', '.5', 0.5), ('number', '+2.', 2.0),
    ('count', '010', 10), ('count', '-7', -7), ('count', ' 7', 7), ('angle', '90', 90),
    ('several', 'a, b,c', ('a', 'b', 'c')), ('several', '[a, b]', ('a', 'b')),
    ('several', 'on', ('on',)), ('several', '010', ('010',)),
    ('box', '1,-2', (1, -2)), ('box', '[1, 2]', (1, 2)), ('box', '', None),
    ('key', '', Path()), ('key', '/a b.json', Path('/a b.json')),
    ('weights', '', None), ('weights', '010', Path('010')),
])
def test_a_text_is_read_as_its_type_is_written(name: str, text: str, value: Any) -> None:
    assert read(name, text) == value
    assert type(read(name, text)) is type(value)


def test_a_file_may_be_below_the_home_folder() -> None:
    assert read('key', '~/k') == Path.home() / 'k'


@pytest.mark.parametrize('text', [
    'true', 'True', 'TRUE', '1', 'yes', 'on', 'On', 'false', 'False', '0', 'no', 'off'])
def test_a_switch_takes_every_spelling_that_launch_takes(text: str) -> None:
    assert read('on', text) is (text.lower() in ('true', '1', 'yes', 'on'))


@pytest.mark.parametrize(('name', 'given', 'value'), [
    ('number', 2, 2.0), ('name', 7, '7'), ('name', 1.5, '1.5'), ('on', 1, True),
    ('several', ['x', 'y'], ('x', 'y')), ('box', array.array('q', [1, 2]), (1, 2)),
    ('key', Path('/k'), Path('/k')), ('weights', None, None)])
def test_a_value_with_a_type_is_taken_where_it_fits(name: str, given: Any, value: Any) -> None:
    assert read(name, given) == value


@pytest.mark.parametrize(('name', 'given', 'said'), [
    ('count', '1_2', "n.count is '1_2'. It has to be a whole number"),
    ('count', '1e3', 'a whole number'), ('count', '1.0', 'a whole number'),
    ('count', '٣', 'a whole number'), ('count', '0x10', 'a whole number'),
    ('count', '', 'a whole number'), ('count', True, 'a whole number'), ('count', 1.0, 'a whole'),
    ('number', '1_2', 'a number'), ('number', 'high', 'a number'), ('number', True, 'a number'),
    ('number', 'nan', "n.number is 'nan'. It has to be a finite number"),
    ('number', math.inf, 'n.number is inf. It has to be a finite number'),
    ('number', '-1', 'n.number is -1.0. It has to be from 0.0 to 1000000.0'),
    ('angle', '45', 'n.angle is 45. It has to be one of 0, 90'),
    ('on', 'perhaps', "n.on is 'perhaps'. It has to be true or false"), ('on', 2, 'true or false'),
    ('name', True, 'n.name is True. It has to be a text'), ('name', ['a'], "n.name is ['a']"),
    ('several', [1], 'a list of texts'), ('several', 1, 'a list of texts'),
    ('box', '1,x', 'comma-separated whole'), ('box', [1.5], 'comma-separated whole'),
    ('key', 3, 'It has to be a file'),
])
def test_what_does_not_fit_is_named(name: str, given: Any, said: str) -> None:
    with pytest.raises(UserError) as error:
        read(name, given)
    assert said in str(error.value)


def test_a_table_that_is_made_by_hand_is_checked_too() -> None:
    check_fields(Table())
    with pytest.raises(UserError, match='number is -1'):
        check_fields(Table(number=-1.0))


def test_a_field_that_no_parameter_can_be_is_named() -> None:
    @dataclasses.dataclass
    class Odd:
        many: complex = 0j

    with pytest.raises(TypeError, match=r'Odd\.many is of a type that no parameter has'):
        specs(Odd)
