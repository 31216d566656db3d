"""What texts of a language cost on the link: bits a character of the coded text alone."""

from __future__ import annotations

from collections.abc import Iterable

from txt2vid_ros.link.codec.context import EMPTY_CONTEXT
from txt2vid_ros.link.codec.text import TextCodec


def bits_per_character(texts: Iterable[str], locale: str, codec: TextCodec | None = None) -> float:
    """
    Return the bits a character (code point) of utterances that follow each other in one session.

    Each is coded in whole bytes after those before it, as in use. `locale` (BCP 47) stays the
    same, and the first one tells the other end its language.
    """
    codec = codec or TextCodec()
    bits = characters = 0
    context = EMPTY_CONTEXT
    for text in texts:
        coded = codec.encode(text, context, locale)
        context = codec.after(context, text, coded)
        bits += 8 * len(coded)
        characters += len(text)
    return bits / characters if characters else 0.0
