"""
Parameters as typed tables: frozen dataclasses whose fields carry range and description.

Nodes, providers and engines state their parameters in such tables. A text from the command line,
a launch argument or people.yaml is parsed by the type of its field, which is never guessed from
the text: '010' stays '010' for a text and is ten for a whole number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
import dataclasses
import difflib
import math
from pathlib import Path
import re
import types
from typing import Any, get_args, get_origin, get_type_hints, Literal, TypeVar, Union

from txt2vid_ros.core.errors import UserError

Table = TypeVar('Table')

TRUE = ('true', 'yes', 'on', '1', 'y')
FALSE = ('false', 'no', 'off', '0', 'n')
_WHOLE = re.compile(r'[-+]?[0-9]+')
_NUMBER = re.compile(r'[-+]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?|\.?(nan|inf))', re.I)


def parameter(default: Any, description: str, *, minimum: float | None = None,
              maximum: float | None = None, choices: Sequence[Any] = (),
              live: bool = False) -> Any:
    """
    Return a dataclass field that is a parameter; `live` ones can change while a node runs.

    The field may be a float, int, bool, str, tuple of str, tuple of int, Path, or one of the last
    two with None.
    """
    return dataclasses.field(default=default, metadata={
        'description': description, 'minimum': minimum, 'maximum': maximum,
        'choices': tuple(choices), 'live': live})


@dataclasses.dataclass(frozen=True)
class ParameterType:
    """How values of a type are read, and what the user is told where one is invalid."""

    wanted: str
    """What a value has to be, in the words of an error."""
    read: Callable[[str], Any]
    """Returns the value that a text means. Raises ValueError."""
    accept: Callable[[Any], Any]
    """Converts a value that already has a type. Raises ValueError."""


@dataclasses.dataclass(frozen=True)
class ParameterSpec:
    """One parameter of a table."""

    name: str
    type: ParameterType  # noqa: A003
    default: Any
    description: str = ''
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    live: bool = False


def listed(text: str) -> tuple[str, ...]:
    """Return the texts of a list such as 'resemble, google, hibari'."""
    return tuple(part for part in re.split(r'[,\s]+', text.strip().strip('[]')) if part)


def truth(text: str) -> bool:
    """Return what 'true', 'False', 'on', '0' and the like mean. Raises ValueError."""
    word = text.strip().lower()
    if word not in TRUE and word not in FALSE:
        raise ValueError(text)
    return word in TRUE


def whole(text: str) -> int:
    """Return a whole number that is written in decimal digits alone. Raises ValueError."""
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(text)
    return float(text.strip().replace('.nan', 'nan').replace('.inf', 'inf'))


def _wholes(text: str) -> tuple[int, ...]:
    return tuple(whole(part) for part in text.strip().strip('[]').split(','))


def _only(kinds: type | tuple[type, ...], make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that accepts values of these types; a bool is not a number."""
    def accept(value: Any) -> Any:
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(value)
        return make(value)
    return accept


def _accept_truth(value: Any) -> bool:
    # A text such as '1' may have become a number on its way.
    if value not in (False, True) or isinstance(value, float):
        raise ValueError(value)
    return bool(value)


def _each(kind: type) -> Callable[[Any], Any]:
    """Return a function that accepts a sequence of one type."""
    def accept(value: Any) -> Any:
        if not isinstance(value, Iterable):
            raise ValueError(value)
        return tuple(_only(kind, kind)(each) for each in value)
    return accept


FLOAT = ParameterType('a number', _number, _only((int, float), float))
INT = ParameterType('a whole number', whole, _only(int, int))
BOOL = ParameterType('true or false', truth, _accept_truth)
TEXT = ParameterType('a text', str, _only((str, int, float), str))
TEXTS = ParameterType('a list of texts', listed, _each(str))
INTS = ParameterType('comma-separated whole numbers', _wholes, _each(int))
FILE = ParameterType('a file', lambda text: Path(text).expanduser(),
                     _only(Path, lambda path: path.expanduser()))
_PLAIN: Mapping[Any, ParameterType] = {
    float: FLOAT, int: INT, bool: BOOL, str: TEXT, Path: FILE}
_SEQUENCES: Mapping[Any, ParameterType] = {str: TEXTS, int: INTS}


def _type_of(hint: Any) -> ParameterType:
    if get_origin(hint) in (Union, types.UnionType):
        hint, = (each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is Literal:
        return TEXT
    if get_origin(hint) is tuple:
        return _SEQUENCES[get_args(hint)[0]]
    return _PLAIN[hint]


def specs(table: type[Any]) -> Mapping[str, ParameterSpec]:
    """
    Return the parameters of a table by name. Raises TypeError for a field that cannot be one.

    A field that is not made with parameter() has neither range nor description.
    """
    hints = get_type_hints(table)
    found: dict[str, ParameterSpec] = {}
    for field in dataclasses.fields(table):
        try:
            kind = _type_of(hints[field.name])
        except (KeyError, ValueError, TypeError):
            raise TypeError(f'{table.__qualname__}.{field.name} is of a type that no parameter '
                            f'has: {hints[field.name]}') from None
        found[field.name] = ParameterSpec(field.name, kind, field.default, **field.metadata)
    return found


def checked(name: str, spec: ParameterSpec, value: Any) -> Any:
    """
    Return a value in the parameter's type; a text is parsed as that type.

    `name` is what the user calls the parameter. Raises UserError where the value does not fit.
    """
    given = value
    if spec.default in (None, Path()) and given in ('', None, spec.default):
        return spec.default
    try:
        value = spec.type.read(value) if isinstance(value, str) else spec.type.accept(value)
    except ValueError:
        raise UserError(f'{name} is {_shown(given)}',
                        f'It has to be {spec.type.wanted}.') from None
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f'{name} is {_shown(given)}', 'It has to be a finite number.')
    low, high = spec.minimum, spec.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise UserError(f'{name} is {value!r}', f'It has to be {range_text(spec)}.')
    if spec.choices and value not in spec.choices:
        raise UserError(f'{name} is {value!r}', f'It has to be {choices_text(spec)}.')
    return value


def check_fields(table: Any) -> None:
    """Raise UserError where a field of this object does not fit; for a table's __post_init__."""
    for name, spec in specs(type(table)).items():
        checked(name, spec, getattr(table, name))


def range_text(spec: ParameterSpec) -> str:
    """Return the range of a parameter in words; empty where it has none."""
    low, high = spec.minimum, spec.maximum
    if low is None:
        return '' if high is None else f'at most {high}'
    return f'at least {low}' if high is None else f'from {low} to {high}'


def choices_text(spec: ParameterSpec) -> str:
    """Return the choices of a parameter in words; the empty text, for none, is not among them."""
    return 'one of ' + ', '.join(str(choice) for choice in spec.choices if choice != '')


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that was perhaps meant; '' where none is near."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), '')


def unknown(problem: str, name: str, known: Iterable[str], all_of_them: str) -> UserError:
    """Return the error for an unknown name, with the one that was perhaps meant."""
    near = nearest(name, known)
    hint = f'Did you mean {near!r}? ' if near else ''
    return UserError(problem, f'{hint}{all_of_them}')


def _shown(value: Any) -> str:
    return repr(value if isinstance(value, (str, int, float)) else [*value]
                if isinstance(value, Iterable) else value)


# What rclpy declares itself, by the last part of the name; all others of its own are texts.
_OF_RCLPY: Mapping[str, Callable[[str], bool | int]] = {
    'use_sim_time': truth, 'start_type_description_service': truth,
    'avoid_ros_namespace_conventions': truth, 'depth': whole, 'deadline': whole,
    'lifespan': whole, 'liveliness_lease_duration': whole}


def typed(name: str, value: str | Sequence[str]) -> bool | int | str | list[str]:
    """
    Return a parameter's value as ROS gets it: typed if rclpy itself declares the parameter.

    All others are texts, or lists of them: the node parses them by its table. Raises UserError.
    """
    if not isinstance(value, str):
        return list(value)
    last = name.rpartition('.')[2]
    if last not in _OF_RCLPY or (last != name and not name.startswith('qos_overrides.')):
        return value
    try:
        return _OF_RCLPY[last](value)
    except ValueError:
        wanted = 'true or false' if _OF_RCLPY[last] is truth else 'a whole number'
        raise UserError(f'{name} is {value!r}', f'It has to be {wanted}.') from None
