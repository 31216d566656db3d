"""The picture or clip of one's own face that a page has sent: one file, for its owner alone."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from pathlib import Path
import secrets

from txt2vid_ros.core.storage.files import replacing

SNIFFED = 64
"""Bytes at the beginning that tell which kind of file it is."""
_MP4_BRANDS = (b'isom', b'iso', b'mp4', b'avc1', b'dash', b'M4V', b'qt  ')


@dataclasses.dataclass(frozen=True)
class FaceKind:
    """A kind of file that is taken, and how its first bytes tell it."""

    suffix: str
    tells: Callable[[bytes], bool]


KINDS = (
    FaceKind('.jpg', lambda head: head.startswith(b'\xff\xd8\xff')),
    FaceKind('.png', lambda head: head.startswith(b'\x89PNG\r\n\x1a\n')),
    # EBML (RFC 8794) whose DocType is webm; Matroska may hold anything.
    FaceKind('.webm', lambda head: head.startswith(b'\x1a\x45\xdf\xa3')
             and b'\x42\x82\x84webm' in head),
    # ISO/IEC 14496-12, by its major brand: HEIF begins in the same way.
    FaceKind('.mp4', lambda head: head[4:8] == b'ftyp' and head[8:12].startswith(_MP4_BRANDS)))
"""What browsers record; whether it can be decoded is for whoever does that, apart."""


def kind_of(head: bytes) -> FaceKind | None:
    """Return the kind of a file by its first SNIFFED bytes; what it is called does not count."""
    return next((kind for kind in KINDS if kind.tells(head)), None)


class OwnFaceFolder:
    """Keeps the last face in a folder of its own that no other user can look into."""

    def __init__(self, folder: Path) -> None:
        """Keep it in `folder`, which is made when it is needed."""
        self._folder = folder

    def keep(self, data: bytes, kind: FaceKind) -> Path:
        """Write a face, remove those before it, and return its file. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        file = self._folder / f'{secrets.token_hex(8)}{kind.suffix}'
        with replacing(file, mode=0o600) as part:
            part.write_bytes(data)
        self.clear(file)
        return file

    def clear(self, kept: Path | None = None) -> None:
        """Remove all faces but `kept`. Raises OSError."""
        if not self._folder.is_dir():
            return
        for file in self._folder.iterdir():
            if file != kept:
                file.unlink(missing_ok=True)
