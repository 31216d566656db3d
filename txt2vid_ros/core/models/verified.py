"""Whether a weight file is the published one; hashed once, then recognized by its metadata."""

from __future__ import annotations

import hashlib
import logging
import pathlib

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import check_file, load_manifest, Model
from txt2vid_ros.core.models.store import cache_dir
from txt2vid_ros.core.storage.files import replacing

_log = logging.getLogger(__name__)


def unverified_reason(path: pathlib.Path) -> str | None:
    """Return why the file is not the published one, or None where it is."""
    model = load_manifest().get(path.name)
    if model is None:
        return f'{path.name} is not in the list of models'
    try:
        note = _note(path, model)
        if note.is_file():
            return None
        check_file(model, path)
    except OSError as error:
        return f'{path} cannot be read ({error.strerror})'
    except UserError as error:
        return str(error.problem)
    try:
        with replacing(note):
            pass
    except OSError as error:
        _log.info('%s is verified again at each start: %s', path, error)
    return None


def published(path: pathlib.Path) -> pathlib.Path:
    """Return the path of a weight file that is the published one. Raises UserError for another."""
    reason = unverified_reason(path)
    if reason is not None:
        raise UserError(f'model file {path} is not loaded: {reason}',
                        'Delete it and run `txt2vid models fetch`')
    return path


def published_sum(file: str) -> str:
    """Return the sha256 (hex) that the published `file` has; empty where it is not known."""
    model = load_manifest().get(file)
    return model.sha256 if model else ''


def _note(path: pathlib.Path, model: Model) -> pathlib.Path:
    """Return the file whose presence says that this very file was verified before."""
    status = path.stat()
    facts = (path.resolve(), status.st_size, status.st_mtime_ns, status.st_ino, model.sha256)
    return cache_dir() / 'verified' / hashlib.sha256(repr(facts).encode()).hexdigest()
