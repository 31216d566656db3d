"""Bring model files into their folder: from addresses, from the user's disk."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import urllib.error
import urllib.request

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import check_file, Model, ProgressCallback
from txt2vid_ros.core.storage.files import replacing

_BLOCK = 1 << 16
_ATTEMPTS = 4
_TIMEOUT = 30.0  # seconds without a byte


def place_file(model: Model, source: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Copy a checked file into the folder, whole or not at all; return where it is."""
    target = folder / model.file
    try:
        if not (target.exists() and target.samefile(source)):
            with replacing(target, durable=True) as temporary:
                shutil.copyfile(source, temporary)
    except OSError as error:
        raise UserError(
            f'{target} cannot be written ({error.strerror})', 'make room, or set TXT2VID_MODELS'
        ) from error
    return target


def fetch_from_url(model: Model, url: str, folder: pathlib.Path,
                   progress: ProgressCallback) -> None:
    """Download the file, resuming an earlier attempt if there is one. Raises UserError."""
    partial = folder / f'.{model.file}.part'
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            progress(partial.stat().st_size)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                _download(url, partial, model.size, progress)
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError) as error:
                refused = isinstance(error, (urllib.error.HTTPError, ValueError))
                if refused or attempt == _ATTEMPTS:
                    raise UserError(
                        f'{url} cannot be downloaded ({error})',
                        f'try again to resume where it stopped, or get it from {model.page} and '
                        f'run `txt2vid models import FILE`',
                    ) from error
        try:
            check_file(model, partial)
        except UserError:
            partial.unlink()
            raise
        partial.replace(folder / model.file)
    except OSError as error:
        raise UserError(
            f'{partial} cannot be written ({error.strerror})', 'make room, or set TXT2VID_MODELS'
        ) from error


def _download(url: str, partial: pathlib.Path, size: int, progress: ProgressCallback) -> None:
    """Append what is missing of `size` bytes to `partial`; start over if it cannot resume."""
    have = partial.stat().st_size if partial.exists() else 0
    if have >= size:
        if have == size:
            return
        partial.unlink()
        progress(-have)
        have = 0
    request = urllib.request.Request(url, headers={'User-Agent': 'txt2vid_ros'})
    if have:
        request.add_header('Range', f'bytes={have}-')
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as reply:
        resumed = reply.status == 206
        if have and not resumed:
            progress(-have)
            have = 0
        length = reply.headers.get('Content-Length')
        with partial.open('ab' if resumed else 'wb') as stream:
            end = have + int(length) if length else size
            # One byte too many is enough to tell that this is another file.
            while have <= size and (block := reply.read(min(_BLOCK, size + 1 - have))):
                stream.write(block)
                have += len(block)
                progress(len(block))
    if have < min(end, size):
        raise ConnectionError(f'the connection ended after {have} of {size} bytes')
