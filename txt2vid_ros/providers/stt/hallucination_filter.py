"""Drops what a recognizer makes up where nobody speaks: loops, and text too long for its sound."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS_PER_SECOND = 40.0
"""No person speaks faster."""
MIN_LOOP_REPEATS = 4
"""Repetitions in a row from which on a phrase counts as a loop of the decoder."""
_LOOPS = re.compile(r'\b(.{6,80}?)(?:[\s,.]+\1){' + str(MIN_LOOP_REPEATS - 1) + r',}',
                    re.IGNORECASE)


def drop_hallucination(text: str, seconds: float) -> str:
    """
    Return the text of `seconds` seconds of sound, or '' where it cannot have been said in it.

    An encoder-decoder that is given no speech repeats itself or fills its whole output.
    """
    text = ' '.join(text.split())
    if not any(unicodedata.category(char)[0] in 'LN' for char in text):
        return ''
    if len(text) > 20 and len(text) / max(seconds, 0.1) > MAX_CHARACTERS_PER_SECOND:
        return ''
    found = _LOOPS.search(text)
    return '' if found and len(found[0]) > len(text) / 2 else text
