"""
Words to the phonemes of hibari-tts, without the package's own text normalization.

Its rules turn "The answer is no." into "number" and "Queen Victoria" into "Queen the zeroth"; what
is spoken has been normalized already, the same way for every voice.
"""

from __future__ import annotations

from typing import Any

from hibari.g2p import G2P

_LETTER_A = 'ˈA'


class WordPhonemes:
    """Takes the place of the package's grapheme-to-phoneme conversion."""

    def __init__(self, *, british: bool = False) -> None:
        """Load the lexicon of American or `british` English."""
        self._g2p = G2P(british=british)

    def __call__(self, words: str) -> str:
        """Return the phonemes of normalized text, as misaki writes them."""
        # [word](/phonemes/) would be taken for an instruction.
        tokens = self._g2p.tokenize(words.replace('[', ' ').replace(']', ' '))
        for place, token in enumerate(tokens):
            if token.text == 'A' and (place or _is_letter(tokens, place + 1)):
                token.phonemes, token.rating = _LETTER_A, 5
        return ''.join((token.phonemes or '') + (' ' if token.whitespace else '')
                       for token in self._g2p.phonemize_tokens(tokens)).strip()


def _is_letter(tokens: list[Any], place: int) -> bool:
    """Return whether a token is a single capital, so that an A before it is spelled too."""
    return place < len(tokens) and len(tokens[place].text) == 1 and tokens[place].text.isupper()
