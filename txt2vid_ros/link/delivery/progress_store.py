"""Remembers, across restarts, how far a stream has been delivered."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import pathlib

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.files import replacing


@dataclasses.dataclass
class Progress:
    """How far the receiver has come."""

    stream: int | None = None
    """The sender's stream, or None before the first."""
    next_index: int = 0
    """Index of the first utterance in it that has not been delivered."""
    dropped: int = 0
    """Utterances that the sender has reported as abandoned."""


class ProgressStore:
    """Progress in a file, or in memory only."""

    def __init__(self, path: pathlib.Path | None = None) -> None:
        """Keep it in `path`, which each change replaces. Raises UserError."""
        self._path = path
        self.problem = ''
        """Why it cannot be written at the moment, in one line; empty where it can."""
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                if path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            except OSError as error:
                raise UserError(f'state_file: {path} cannot be written: {error.strerror}',
                                'Name another file, or "off"') from error

    def load(self) -> Progress:
        """Return what was saved last; a damaged file counts as none."""
        if self._path is None:
            return Progress()
        try:
            saved = json.loads(self._path.read_text('utf-8'))
            return Progress(int(saved['stream']), int(saved['next_index']), int(saved['dropped']))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return Progress()

    def save(self, progress: Progress) -> None:
        """Replace what was saved; after a power failure the old or the new is there."""
        if self._path is None or progress.stream is None:
            return
        try:
            with replacing(self._path, durable=True) as temporary:
                temporary.write_text(json.dumps(dataclasses.asdict(progress)), 'utf-8')
            self.problem = ''
        except OSError as error:
            # Speech goes on; a receiver that restarts now repeats what it cannot remember.
            self.problem = (f'state_file: {self._path} cannot be written: {error.strerror}. '
                            'Make room, or name another file')
