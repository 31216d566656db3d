"""One clip of a list, and what becomes of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import dataclasses
import logging
from pathlib import Path
import traceback
from typing import TypeVar

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.process.sharing import Closable

Thing = TypeVar('Thing', bound=Closable)


class Kept:
    """The voice and the engine that were loaded last, for the clips that ask for the same."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._things: dict[str, tuple[object, Closable]] = {}

    def get(self, kind: str, wanted: object, load: Callable[[], Thing]) -> Thing:
        """Return the `kind` that was loaded for `wanted`; another one is closed for it."""
        before = self._things.get(kind)
        if before is not None and before[0] == wanted:
            known: Thing = before[1]  # type: ignore[assignment]  # of this kind, by its name
            return known
        if before is not None:
            del self._things[kind]
            before[1].close()
        thing = load()
        self._things[kind] = wanted, thing
        return thing

    def close(self) -> None:
        """Release all; may be called twice."""
        while self._things:
            self._things.popitem()[1][1].close()


Run = Callable[[argparse.Namespace, Kept], float]
"""
Makes the clip that the arguments ask for; returns its length in seconds. Raises UserError.

A function of a module: processes find it by its name.
"""


@dataclasses.dataclass(frozen=True)
class ClipJob:
    """A clip that is to be made."""

    line: int
    """Of the list, counted from 1; the first of a text that has several."""
    arguments: argparse.Namespace
    """Those of `txt2vid render` for this clip alone."""

    @property
    def out(self) -> Path:
        """Return the file that is to be written."""
        return Path(self.arguments.out)


@dataclasses.dataclass(frozen=True)
class ClipOutcome:
    """What has become of a job."""

    seconds: float = 0.0
    """Length of the video."""
    problem: str = ''
    """Why there is none, in one line."""
    notices: tuple[str, ...] = ()
    """What the user should be told, one line each."""


def outcome_of(make: Run, arguments: argparse.Namespace, kept: Kept) -> ClipOutcome:
    """Make a clip; return what became of it, whatever that is."""
    notices = _Notices()
    logging.getLogger().addHandler(notices)
    try:
        return ClipOutcome(make(arguments, kept), notices=notices.told)
    except (UserError, ProviderError) as error:
        return ClipOutcome(problem=str(error), notices=notices.told)
    except Exception as error:      # one clip costs no other; ours is told with its place
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f'{Path(last.filename).name} line {last.lineno}'
        return ClipOutcome(problem=f'internal error: {error!r} in {where}', notices=notices.told)
    finally:
        logging.getLogger().removeHandler(notices)


class _Notices(logging.Handler):
    """Keeps the warnings of one clip, each once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self._lines[record.getMessage()] = None

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(self._lines)
