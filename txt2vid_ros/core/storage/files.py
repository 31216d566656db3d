"""Writing files so that no reader ever sees half of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import contextlib
import os
import pathlib
import secrets
import stat

from txt2vid_ros.core.errors import UserError


def same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Return whether two paths lead to one existing file, through links and however spelled."""
    if not os.fspath(one) or not os.fspath(other):
        return False
    try:
        return pathlib.Path(one).expanduser().samefile(pathlib.Path(other).expanduser())
    except (OSError, RuntimeError):
        return False


def refuse_overwriting(option: str, output: str | os.PathLike[str],
                       inputs: Mapping[str, str | os.PathLike[str] | None]) -> None:
    """Raise UserError where `output`, the value of `option`, is one of the inputs by option."""
    for name, value in inputs.items():
        if value is not None and same_file(output, value):
            raise UserError(f'{option} {output} is the same file as {name} {value}, which it '
                            'would overwrite', 'Choose another file.')


@contextlib.contextmanager
def replacing(path: pathlib.Path, *, mode: int = 0o666, durable: bool = False
              ) -> Iterator[pathlib.Path]:
    """
    Give an empty temporary file beside `path`, which it replaces atomically if all goes well.

    Makes the folder. The file gets the permissions of the one that it replaces, else `mode` less
    the umask. `durable`: should the power fail, the old or the new content is there, never
    neither. Raises OSError where the file cannot be written; nothing is left behind then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The extension is kept: ffmpeg, for one, chooses the container by it.
    temporary = path.with_name(f'.{path.stem}.{secrets.token_hex(4)}.part{path.suffix}')
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
    try:
        try:
            if path.is_file():
                os.fchmod(handle, stat.S_IMODE(path.stat().st_mode))
        finally:
            os.close(handle)
        yield temporary
        if durable:
            _flush(temporary)
        temporary.replace(path)
        if durable:
            _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: pathlib.Path) -> None:
    """Have the kernel write a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
