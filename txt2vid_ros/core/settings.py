"""Options written as text, 'name=value name=value', for a table of typed fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import difflib
from pathlib import Path
import shlex
from typing import Any, get_type_hints, TypeVar

from txt2vid_ros.core.errors import UserError

Table = TypeVar('Table')

_TRUTHS = {'true': True, 'yes': True, 'on': True, '1': True,
           'false': False, 'no': False, 'off': False, '0': False}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(','))


# By the text of the type, so that 'X | None' needs no code of its own; the first that is in it, so
# a tuple of int comes before int.
_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    'tuple': (_numbers, 'numbers with commas between'),
    'Path': (lambda text: Path(text).expanduser(), 'a file'),
    'bool': (lambda text: _TRUTHS[text.lower()], 'true or false'),
    'int': (int, 'a whole number'),
    'float': (float, 'a number'),
    'str': (str, 'a text'),
}


def read_settings(table: type[Table], text: str, parameter: str) -> Table:
    """Return the dataclass `table` with what `text` sets; quotes hold a value together.

    Raises UserError, which names `parameter`, for an unknown name or a value that does not fit.
    """
    hints = get_type_hints(table)
    fields = [field.name for field in dataclasses.fields(table)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for word in words(text, parameter):
        name, equals, value = word.partition('=')
        if not equals or name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f'Did you mean {near[0]!r}? ' if near else ''
            raise UserError(f'{parameter}: {word!r} sets no option that there is',
                            f'{hint}Write NAME=VALUE with one of {", ".join(fields) or "none"}.')
        kind = str(getattr(hints[name], '__name__', '')) or str(hints[name])
        reader, wanted = next(
            (_READERS[key] for key in _READERS if key in kind or key in str(hints[name])),
            (str, 'a text'))
        try:
            values[name] = reader(value)
        except (ValueError, KeyError) as error:
            raise UserError(f'{parameter}: {name} is {value!r}',
                            f'It has to be {wanted}.') from error
    return table(**values)


def words(text: str, parameter: str) -> list[str]:
    """Return the words of a text, without the quotes that hold one together. Raises UserError."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UserError(f'{parameter}: {text!r} cannot be read: {error}',
                        'Close the quotation marks.') from error
