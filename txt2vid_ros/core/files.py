"""Writing files so that no reader ever sees half of one."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import pathlib
import tempfile


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Give a temporary file beside `path` that takes its place at once if all goes well.

    Makes the folder. Raises OSError where the file cannot be written; nothing is left behind then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix='.part')
    os.close(handle)
    temporary = pathlib.Path(name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
