"""Recognizes what a failed download left under the name of a weight file."""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 64
"""Bytes of a file's beginning that are enough to tell."""


class Impostor(NamedTuple):
    """Something other than weights: what it is, and what to do about it."""

    what: str
    remedy: str


_WEB_PAGE = Impostor(
    'a web page (HTML), as sent when a download needs a log-in or a confirmation',
    'open the address in a browser and save the file')
# By the first bytes of the file, in lower case; the first that fits counts. No format of weights
# begins like one of these.
_IMPOSTORS: tuple[tuple[bytes, Impostor], ...] = (
    (b'version https://git-lfs', Impostor(
        'a Git LFS pointer',
        'fetch the real file with `git lfs pull`, or download it in a browser')),
    (b'<?xml', Impostor('an XML message from a server', 'open it to see what the server said')),
    (b'<', _WEB_PAGE),
    (b'{', Impostor('a JSON message from a server', 'open it to see what the server said')),
)


def impostor(head: bytes) -> Impostor | None:
    """Return what a file is that begins with `head`; None where it may be weights."""
    start = head.lstrip(b'\xef\xbb\xbf \r\n\t').lower()
    return next((found for magic, found in _IMPOSTORS if start.startswith(magic)), None)
