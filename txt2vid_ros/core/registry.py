"""Finds providers (voices, recognizers, lip-sync engines) by name through Python entry points."""

from __future__ import annotations

import difflib
from importlib import metadata
import importlib.util
import re
from typing import Any

from txt2vid_ros.core.errors import UserError

VOICES = 'txt2vid_ros.tts'
ENGINES = 'txt2vid_ros.lipsync'
RECOGNIZERS = 'txt2vid_ros.stt'
DETECTORS = 'txt2vid_ros.vad'
WEB_PACKAGES = ('aiohttp', 'aiortc')
"""What the node web needs: the extra `web`, which a ROS installation may lack."""


def names(group: str) -> list[str]:
    """Return the names of all installed providers of a group, sorted."""
    return sorted({point.name for point in metadata.entry_points(group=group)})


def not_installed(*modules: str) -> tuple[str, ...]:
    """Return those of the modules that are not installed; none is imported."""
    return tuple(name for name in modules if importlib.util.find_spec(name) is None)


def load(group: str, name: str, parameter: str) -> Any:
    """
    Return the provider class called `name`.

    `parameter` is what the user set (for example 'tts.provider'), named in the error. Raises
    UserError if there is no such provider or a package it needs is missing.
    """
    points = {point.name: point for point in metadata.entry_points(group=group)}
    if name not in points:
        near = difflib.get_close_matches(name, points, n=1)
        hint = f'Did you mean {near[0]!r}? ' if near else ''
        known = ', '.join(sorted(points)) or 'none: run "make setup" or "pip install ."'
        raise UserError(f'{parameter}: there is no provider {name!r}',
                        f'{hint}Installed: {known}.')
    try:
        provider = points[name].load()
    except ModuleNotFoundError as missing:
        extra = _extras(points[name])
        remedy = (f'pip install ".[{",".join(extra)}]" in the checkout' if extra
                  else f'pip install {missing.name}')
        raise UserError(f'{parameter}: provider {name!r} needs the Python package '
                        f'{missing.name!r}, which is not installed', f'Run: {remedy}') from missing
    except (ImportError, AttributeError) as error:
        raise UserError(f'{parameter}: provider {name!r} cannot be loaded: {error}',
                        'Fix or reinstall the package that provides it.') from error
    if not isinstance(provider, type):
        raise UserError(f'{parameter}: the entry point {name!r} does not name a class',
                        'Fix the package that provides it.')
    return provider


def _extras(point: metadata.EntryPoint) -> list[str]:
    """Return the extras that an entry point names; its own attribute cuts them at hyphens."""
    found = re.search(r'\[([^]]*)\]', point.value)
    return [extra for part in found[1].split(',') if (extra := part.strip())] if found else []
