"""Cuts the phonemes of a clause where the voice pauses anyway, so that its sound begins sooner."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.providers.tts.kokoro.alphabet import MAX_SYMBOLS

MIN_FIRST = 12
"""Symbols that the first piece has at least: of fewer the network makes poor speech."""
MIN_LATER = 60
"""Symbols of any other, for the melody's sake."""
_PAUSES = re.compile(r'(?<=[,;:.!?…—])[”")]* +')


def pieces(phonemes: str) -> Iterator[str]:
    """Yield the pieces in order; each is one that the network takes at once."""
    held = ''
    least = MIN_FIRST
    for part in _PAUSES.split(phonemes.strip()):
        joined = f'{held} {part}'.strip()
        if held and len(held) >= least and len(part) >= MIN_FIRST:
            yield from _short(held)
            held, least = part, MIN_LATER
        else:
            held = joined
    yield from _short(held)


def _short(piece: str) -> Iterator[str]:
    while len(piece) > MAX_SYMBOLS:
        cut = piece.rfind(' ', 1, MAX_SYMBOLS + 1)
        cut = MAX_SYMBOLS if cut < 0 else cut
        yield piece[:cut].strip()
        piece = piece[cut:].strip()
    if piece:
        yield piece
