"""
How English is pronounced: from the lexicon of hibari-tts, without its voice.

The alphabet of that lexicon is misaki's (github.com/hexgrad/misaki, EN_PHONES.md).
"""

from __future__ import annotations

from collections.abc import Sequence
import itertools

from hibari.g2p import G2P
from txt2vid_ros.speaking.clauses import speakable
from txt2vid_ros.speaking.phonetics.ipa import PAUSES

# Capitals stand for diphthongs, T for the flap.
DIPHTHONGS = {'A': 'eɪ', 'I': 'aɪ', 'O': 'oʊ', 'W': 'aʊ', 'Y': 'ɔɪ', 'Q': 'əʊ', 'T': 'ɾ', 'ᵊ': 'ə'}


class EnglishLexicon:
    """Loaded when it is first used, which takes a second or less."""

    def __init__(self, *, british: bool = False) -> None:
        """Take the accent, American or British."""
        self._british = british
        self._g2p: G2P | None = None

    def sounds(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """
        Return the IPA symbols, with stress marks, of each of consecutive texts.

        How a word is pronounced depends on those around it ("the end", "to read"), so all are read
        as one text. Where the number of spoken words differs from that of the written ones (7:30,
        $5, &), each text is read on its own.
        """
        if self._g2p is None:
            self._g2p = G2P(british=self._british)
        counts = [sum(map(speakable, text.split())) for text in texts]
        said = [word for word in self._g2p(' '.join(texts)).split() if set(word) - PAUSES]
        if len(said) == sum(counts):
            words = iter(said)
            read = [' '.join(itertools.islice(words, count)) for count in counts]
        else:
            read = [self._g2p(text) if count else ''
                    for text, count in zip(texts, counts, strict=True)]
        return [tuple(DIPHTHONGS.get(symbol, symbol) for symbol in one if symbol not in PAUSES)
                for one in read]
