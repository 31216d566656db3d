"""Reading a file that holds a key, which only its owner may be able to read."""

from __future__ import annotations

import os
from pathlib import Path
import stat

from txt2vid_ros.core.errors import UserError

MAX_BYTES = 64 * 1024
"""A longer file is not a key."""


def read_key_file(path: Path, parameter: str,
                  remedy: str = 'Name the file that holds the key.') -> bytes:
    """
    Return the content of `path`, at most MAX_BYTES.

    `parameter` is where the user named the file, `remedy` what to do where there is none. Raises
    UserError, which names the file and never what is in it.
    """
    try:
        with open(path, 'rb', opener=_open_without_waiting) as file:
            _check_mode(os.fstat(file.fileno()).st_mode, path, parameter, remedy)
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f'{parameter}: there is no file {path}', remedy) from None
    except IsADirectoryError:
        raise UserError(f'{parameter}: {path} is no file', remedy) from None
    except OSError as error:
        raise UserError(f'{parameter}: {path} cannot be read: {error.strerror}',
                        'It should belong to the user who runs this.') from None
    if len(content) > MAX_BYTES:
        raise UserError(f'{parameter}: {path} is too long for a key', remedy)
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file; do not wait for a writer if it is a named pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _check_mode(mode: int, path: Path, parameter: str, remedy: str) -> None:
    if not stat.S_ISREG(mode):
        raise UserError(f'{parameter}: {path} is no file', remedy)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError(f'{parameter}: {path} can be read by others on this machine',
                        f'Run: chmod 600 {path}')
