"""What no vocabulary has: words letter by letter, and any other character."""

from __future__ import annotations

import bisect

from txt2vid_ros.link.codec.model import LanguageModel
from txt2vid_ros.link.codec.symbols import CodecError, SymbolCoder
from txt2vid_ros.link.codec.tokens import is_word

MAX_DECODED_CHARACTERS = 100_000
"""Of a text; bytes that stand for more are damaged."""

_BLOCK_BITS = 7
_SCRIPTS = ((0x0, 0x100, 8), (0x100, 0x600, 4), (0x600, 0x900, 2), (0x900, 0x1000, 4),
            (0x1000, 0x2000, 1), (0x2000, 0x2400, 8), (0x2400, 0x3000, 3), (0x3000, 0x3400, 8),
            (0x3400, 0x4E00, 1), (0x4E00, 0xA000, 12), (0xA000, 0xAC00, 1), (0xAC00, 0xD800, 4),
            (0xD800, 0xFF00, 1), (0xFF00, 0x10000, 2), (0x10000, 0x1F000, 1),
            (0x1F000, 0x1FC00, 8), (0x1FC00, 0x110000, 1))
"""First code point, the one after the last, and weight: writing systems that come together."""
_STARTS = [start for start, _, _ in _SCRIPTS]
_WEIGHTS = [weight for _, _, weight in _SCRIPTS]
_SAME_BLOCK = [3, 5]
"""Weights of a character in another block of 128 than the one before, and in the same."""
_REPEATED = 12
"""How much a character's weight, 1 at first, grows each time it comes."""
_FOREIGN = ([255, 1], [1, 3])
"""Weights of a letter that is in the alphabet and of one that is not, after one of either."""


class CharacterCoder:
    """Codes single characters: their block of 128, if that changes, and their place in it."""

    def __init__(self, coder: SymbolCoder) -> None:
        """Write or read with `coder`."""
        self._coder = coder
        self._block = 0
        self._weights: dict[int, list[int]] = {}

    def code(self, character: str | None) -> str:
        """Write `character`, or read one where it is None; return it."""
        point = ord(character) if character else 0
        block = point >> _BLOCK_BITS
        if not self._coder.choice(int(block == self._block), _SAME_BLOCK):
            script = self._coder.choice(bisect.bisect_right(_STARTS, point) - 1, _WEIGHTS)
            start, end, _ = _SCRIPTS[script]
            first = start >> _BLOCK_BITS
            block = first + self._coder.number(block - first, (end - start) >> _BLOCK_BITS)
            self._block = block
        weights = self._weights.setdefault(self._block, [1] * (1 << _BLOCK_BITS))
        low = self._coder.choice(point & ((1 << _BLOCK_BITS) - 1), weights)
        weights[low] += _REPEATED
        return chr((self._block << _BLOCK_BITS) | low)


class WordSpeller:
    """Codes words by their letters, each after those before."""

    def __init__(self, model: LanguageModel, coder: SymbolCoder,
                 characters: CharacterCoder) -> None:
        """Spell with the letters of `model`, and with `characters` those that it lacks."""
        self._alphabet = list(model.alphabet)
        self._numbers = model.alphabet
        self._model = model
        self._coder = coder
        self._characters = characters
        self._foreign = 0

    def code(self, word: str | None) -> str:
        """Write `word`, or read one where it is None; return it. Raises CodecError."""
        stop = len(self._alphabet)
        numbers: list[int] = []
        foreign = self._foreign
        spelled: list[str] = []
        while True:
            letter = word[len(spelled)] if word and len(spelled) < len(word) else ''
            number = self._numbers.get(letter, stop)
            foreign = self._coder.choice(int(letter != '' and number == stop), _FOREIGN[foreign])
            if foreign:
                spelled.append(self._characters.code(letter or None))
                number = stop
            else:
                first, second = [stop, stop, *numbers[-2:]][-2:]
                weights = self._model.letter_grams.weights(
                    numbers, self._model.letters[first, second])
                number = self._coder.choice(number, weights)
                if number == stop:
                    break
                spelled.append(self._alphabet[number])
            numbers.append(number)
            self._coder.check_overrun()
            if len(spelled) > MAX_DECODED_CHARACTERS:
                raise CodecError('a word too long')
        self._foreign = int(bool(numbers) and numbers[-1] == stop)
        text = ''.join(spelled)
        if not text or not is_word(text):
            raise CodecError('not a word')
        return text
