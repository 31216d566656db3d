"""Drops what a recognizer makes up where nobody speaks: loops, credits, too long a text."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS_PER_SECOND = 40.0
"""No person speaks faster."""
MAX_SYLLABLES_PER_SECOND = 14.0
"""The same for writings in which a character is a syllable or more."""
SHORTEST_CHECKED = 20
"""Characters up to which a text is not too long for anything; half as many syllables."""
MIN_LOOP_REPEATS = 4
"""Repetitions in a row from which on a phrase counts as a loop of the decoder."""
_LOOPS = (
    re.compile(r'\b(.{6,80}?)(?:[\s,.;:!?¡¿।]+\1){' + str(MIN_LOOP_REPEATS - 1) + r',}',
               re.IGNORECASE),
    # Without spaces a phrase has few characters, and nothing or a mark between.
    re.compile(r'([\u3040-\u30ff\u3400-\u9fff]{2,40}?)(?:[\s、。，！？]*\1){'
               + str(MIN_LOOP_REPEATS - 1) + r',}'))
_SYLLABLE = re.compile('[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]')
_CREDITS = re.compile('|'.join((
    r'amara\.org', 'opensubtitles', 'subtitles? by', 'untertitel (?:von|im auftrag|der)',
    r'sous-titr\w+ (?:par|réalisés|de la|société)', 'sous-titrage',
    'subtítulos (?:por|realizados|de la)', 'legendas pel[ao]',
    'sottotitoli (?:creati|a cura|di)', 'ご(?:視聴|清聴)ありがとうございま',
    '字幕(?:由|by|志愿)', '請不吝點贊', '请不吝点赞', 'thanks? (?:you )?for watching')),
    re.IGNORECASE)
"""What subtitles end with, on which the recognizers were trained; it comes for silence."""
LONGEST_CREDITS = 80
"""Characters of a text that may be nothing but that."""


def drop_hallucination(text: str, seconds: float) -> str:
    """
    Return the text of `seconds` seconds of sound, or '' where it cannot have been said in it.

    An encoder-decoder that is given no speech repeats itself, fills its whole output, or writes
    what subtitles end with.
    """
    text = ' '.join(text.split())
    if not any(unicodedata.category(char)[0] in 'LN' for char in text):
        return ''
    syllables = len(_SYLLABLE.findall(text))
    needed = max((len(text) - syllables) / MAX_CHARACTERS_PER_SECOND, 0.0) + (
        syllables / MAX_SYLLABLES_PER_SECOND)
    if len(text) + syllables > SHORTEST_CHECKED and needed > max(seconds, 0.1):
        return ''
    if len(text) <= LONGEST_CREDITS and _CREDITS.search(text):
        return ''
    loops = [found for found in (loop.search(text) for loop in _LOOPS) if found]
    return '' if any(len(found[0]) > len(text) / 2 for found in loops) else text
