"""Tells words from the noises that people make while they listen or think."""

from __future__ import annotations

import itertools
import re

_FILLERS = frozenset((
    'm', 'hm', 'hum', 'mhm', 'ahm', 'ehm', 'um', 'uhm', 'uh', 'ah', 'eh', 'oh', 'ha', 'hu', 'huh',
    'uhuh', 'ahem', 'er', 'erm', 'uhu', 'aha', 'haha', 'hehe', 'heh', 'eu', 'euh', 'äh', 'ähm',
    'öh', 'h', 'ugh', 'pf', 'psh', 'sh', 'tsk', '嗯', '呃', '啊'))
"""As they are written with each letter once: "Hmm" is hm."""


def has_words(text: str) -> bool:
    """Return whether there is more in a recognized text than a "hm" or an "uh"."""
    # What recognizers put in brackets is a noise: "[cough]", "(laughs)".
    spoken = re.sub(r'\[[^]]*\]|\([^)]*\)|\*[^*]*\*', ' ', text.lower())
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", spoken)
    return any(''.join(letter for letter, _ in itertools.groupby(word)) not in _FILLERS
               for word in words)
