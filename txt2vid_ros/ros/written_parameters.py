"""
What the user wrote, where rcl has guessed a number or a truth value.

rcl guesses types: it reads -p speaker:=010 as 8, and `google.language: no` in a file as False.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import itertools
from pathlib import Path
import sys
from typing import Any

from rclpy.node import Node
from txt2vid_ros.core.parameters import FALSE, FILE, ParameterSpec, TEXT, TEXTS, TRUE
import yaml


def as_written(node: Node, spec: ParameterSpec | None, name: str, value: Any) -> Any:
    """Return the value of a text as the user wrote it; any other value as it is."""
    if spec is None or spec.type not in (TEXT, TEXTS, FILE):
        return value
    if not isinstance(value, (int, float)):
        return value
    text = _written(sys.argv, node).get(name)
    return text if text is not None and _guessed(text, value) else value


def _written(arguments: Sequence[str], node: Node) -> dict[str, str]:
    """Return the texts of a node's parameters by name; of each the last one counts."""
    found: dict[str, str] = {}
    for_ros = False
    for word, following in itertools.pairwise(arguments):
        if word in ('--ros-args', '--'):
            for_ros = word == '--ros-args'
        elif for_ros and word in ('-p', '--param'):
            name, _, text = following.partition(':=')
            target, colon, rest = name.partition(':')
            if not colon or target == node.get_name():
                found[rest if colon else name] = text
        elif for_ros and word == '--params-file':
            found.update(_in_file(Path(following), node))
    return found


def _in_file(file: Path, node: Node) -> dict[str, str]:
    """Return the single values of a parameter file that are for the node, as texts."""
    try:
        content = yaml.load(file.read_text('utf-8'), yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        # rcl has read it, and says so where it cannot be read.
        return {}
    found: dict[str, str] = {}
    for path, values in _sections(content, ''):
        if _is_for(path, node.get_fully_qualified_name()):
            found.update(_flat(values, ''))
    return found


def _sections(content: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the node that each `ros__parameters` is for, with what it holds."""
    if not isinstance(content, dict):
        return
    for name, inner in content.items():
        if name == 'ros__parameters' and isinstance(inner, dict):
            yield path, inner
        else:
            yield from _sections(inner, f'{path}/{str(name).strip("/")}')


def _is_for(pattern: str, name: str) -> bool:
    """Return whether a node's full name fits a path of rcl: * is one part of it, ** are any."""
    def fits(wanted: Sequence[str], parts: Sequence[str]) -> bool:
        if not wanted:
            return not parts
        if wanted[0] == '**':
            return any(fits(wanted[1:], parts[at:]) for at in range(len(parts) + 1)) or (
                len(wanted) == 1)
        return bool(parts) and wanted[0] in ('*', parts[0]) and fits(wanted[1:], parts[1:])

    return fits(pattern.strip('/').split('/'), name.strip('/').split('/'))


def _flat(values: Mapping[str, Any], prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found.update(_flat(value, f'{prefix}{name}.'))
        elif isinstance(value, str):
            found[f'{prefix}{name}'] = value
    return found


def _guessed(text: str, value: float) -> bool:
    """Return whether rcl may have read this value from the text, not from somewhere later."""
    if isinstance(value, bool):
        return text.strip().lower() in (TRUE if value else FALSE)
    for read in (float, lambda word: int(word, 8), lambda word: int(word, 16)):
        with contextlib.suppress(ValueError):
            if read(text) == value:
                return True
    return False
