"""What a recognizer makes up where nobody speaks: loops, and more words than a mouth can say."""

from __future__ import annotations

import re
import unicodedata

FASTEST = 40.0
"""Characters a second that no person speaks."""
LOOP = 4
"""Repetitions in a row after which a phrase counts as a decoder's loop."""
_LOOPS = re.compile(r'\b(.{6,80}?)(?:[\s,.]+\1){' + str(LOOP - 1) + r',}', re.IGNORECASE)


def plausible(text: str, seconds: float) -> str:
    """Return the text, or '' where it cannot be what was said in `seconds` seconds.

    An encoder-decoder that is given no speech repeats itself or fills its whole output.
    """
    text = ' '.join(text.split())
    if not any(unicodedata.category(char)[0] in 'LN' for char in text):
        return ''
    if len(text) > 20 and len(text) / max(seconds, 0.1) > FASTEST:
        return ''
    found = _LOOPS.search(text)
    return '' if found and len(found[0]) > len(text) / 2 else text
