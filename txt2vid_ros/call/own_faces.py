"""One's own faces: made once of each file, and known again by the other end."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
import shutil

from txt2vid_ros.call.card import Card, Face
from txt2vid_ros.call.face.making import FaceBudget, make_face
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.files import replacing

log = logging.getLogger(__name__)

_KEPT = 8
"""Faces that are kept, those made last."""


class OwnFaces:
    """
    The faces of a user as they travel, made once of each file and kept in a folder.

    So a face has the same digest in the next call, which costs a few bytes then, whatever encoder
    is installed meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        """Keep them in `folder`, which may not be there yet."""
        self._folder = folder

    def find(self, file: Path, budget: FaceBudget) -> Face | None:
        """Return the face of a picture or clip if it has been made. Raises UserError."""
        return self._read(self._kept(file, budget))

    def _read(self, kept: Path) -> Face | None:
        try:
            return Card.unpack(kept.read_bytes()).face
        except FileNotFoundError:
            return None
        except (OSError, CardError) as error:
            log.warning('%s is made again: %s', kept, error)
            return None

    def get(self, file: Path, budget: FaceBudget) -> Face:
        """Return the face of a picture or clip; may take seconds. Raises UserError."""
        kept = self._kept(file, budget)
        found = self._read(kept)
        if found is not None:
            return found
        face = make_face(file, budget)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replacing(kept, mode=0o600) as part:
                part.write_bytes(Card.of('me', 'en', (), face).pack())
            self._bound()
        except OSError as error:
            log.warning('%s cannot be kept, so it is made again next time: %s', kept, error)
        return face

    def clear(self) -> None:
        """Forget all that was made, with the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kept(self, file: Path, budget: FaceBudget) -> Path:
        try:
            content = hashlib.sha256(file.read_bytes())
        except OSError as error:
            raise UserError(f'me: {file} cannot be read: {error.strerror}',
                            'Name a picture or a clip of your face.') from error
        content.update(repr(budget).encode())
        return self._folder / f'{content.hexdigest()[:32]}.card'

    def _bound(self) -> None:
        made = sorted(self._folder.glob('*.card'), key=lambda file: file.stat().st_mtime)
        for file in made[:-_KEPT]:
            file.unlink(missing_ok=True)
