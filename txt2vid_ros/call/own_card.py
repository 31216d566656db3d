"""One's own card: its face is made once of each file, and known again by the other end."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from txt2vid_ros.call.card import Card, Face
from txt2vid_ros.call.face.making import FaceBudget, make_face
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.files import replacing

log = logging.getLogger(__name__)

_KEPT = 8
"""Faces that are kept, those made last."""


def own_face(file: Path, budget: FaceBudget, folder: Path) -> Face:
    """
    Return the face of a picture or clip as it travels.

    Made once, kept in `folder`: so it has the same digest in the next call, which costs a few
    bytes then, whatever encoder is installed meanwhile. May take seconds. Raises UserError.
    """
    try:
        content = hashlib.sha256(file.read_bytes())
    except OSError as error:
        raise UserError(f'me: {file} cannot be read: {error.strerror}',
                        'Name a picture or a clip of your face.') from error
    content.update(repr(budget).encode())
    kept = folder / f'{content.hexdigest()[:32]}.card'
    try:
        face = Card.unpack(kept.read_bytes()).face
        if face is not None:
            return face
    except FileNotFoundError:
        pass
    except (OSError, CardError) as error:
        log.warning('%s is made again: %s', kept, error)
    face = make_face(file, budget)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(kept, mode=0o600) as part:
            part.write_bytes(Card.of('me', 'en', (), face).pack())
        _bound(folder)
    except OSError as error:
        log.warning('%s cannot be kept, so it is made again next time: %s', kept, error)
    return face


def _bound(folder: Path) -> None:
    made = sorted(folder.glob('*.card'), key=lambda file: file.stat().st_mtime)
    for file in made[:-_KEPT]:
        file.unlink(missing_ok=True)
