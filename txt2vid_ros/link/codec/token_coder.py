"""Codes a text token by token, in the same order whether it is written or read."""

from __future__ import annotations

from typing import Protocol

from txt2vid_ros.link.codec import spelling
from txt2vid_ros.link.codec.arithmetic import ArithmeticDecoder, ArithmeticEncoder
from txt2vid_ros.link.codec.context import TextContext
from txt2vid_ros.link.codec.mixture import Mixture, RecentWords
from txt2vid_ros.link.codec.model import (
    END,
    LanguageModel,
    LETTERS,
    RARE_CHARACTER,
    RARE_WORD,
    STOP_LETTER,
)
from txt2vid_ros.link.codec.tokens import Case, Token, TokenType, with_case, WORD

MAX_DECODED_CHARACTERS = 100_000
"""Of a text; bytes that stand for more are damaged."""

_BLOCK_BITS = 7
_BLOCKS = 0x110000 >> _BLOCK_BITS
"""Blocks of 128 code points; a character is coded as its block, if that changes, and its place."""
_MAX_OVERRUN_BYTES = 24
"""How far a decoder may read past the end of a coded text that is not damaged."""


class CodecError(ValueError):
    """The bytes are no coded text in this context."""


class SymbolCoder(Protocol):
    """
    Both directions of one step, so that the text's structure is written down once.

    Each method returns the value: the given one when writing, the one read when reading.
    """

    def number(self, value: int, size: int) -> int:
        """Code one of `size` equally likely values."""
        ...

    def choice(self, value: int, weights: list[int]) -> int:
        """Code an index into `weights`."""
        ...

    def token(self, value: int, mixture: Mixture) -> int:
        """Code a vocabulary number. Raises CodecError."""
        ...

    def check_overrun(self) -> None:
        """Raise CodecError where the coded text has ended long ago."""
        ...


class SymbolWriter:
    """Writes symbols."""

    def __init__(self) -> None:
        """Begin with nothing written."""
        self.encoder = ArithmeticEncoder()

    def number(self, value: int, size: int) -> int:
        """Write one of `size` equally likely values."""
        self.encoder.encode(value, 1, size)
        return value

    def choice(self, value: int, weights: list[int]) -> int:
        """Write an index into `weights`."""
        self.encoder.encode(sum(weights[:value]), weights[value], sum(weights))
        return value

    def token(self, value: int, mixture: Mixture) -> int:
        """Write a vocabulary number."""
        start = mixture.below(value)
        self.encoder.encode(start, mixture.below(value + 1) - start, mixture.total)
        return value

    def check_overrun(self) -> None:
        """Do nothing: what is written has no end yet."""


class SymbolReader:
    """Reads symbols; the given values do not matter."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self.decoder = ArithmeticDecoder(data)

    def number(self, value: int, size: int) -> int:
        """Read one of `size` equally likely values."""
        value = self.decoder.target(size)
        self.decoder.consume(value, 1)
        return value

    def choice(self, value: int, weights: list[int]) -> int:
        """Read an index into `weights`."""
        target = self.decoder.target(sum(weights))
        value = start = 0
        while start + weights[value] <= target:
            start += weights[value]
            value += 1
        self.decoder.consume(start, weights[value])
        return value

    def token(self, value: int, mixture: Mixture) -> int:
        """Read a vocabulary number. Raises CodecError."""
        self.check_overrun()
        value = mixture.at(self.decoder.target(mixture.total))
        start = mixture.below(value)
        self.decoder.consume(start, mixture.below(value + 1) - start)
        return value

    def check_overrun(self) -> None:
        """Raise CodecError where the coded text has ended long ago."""
        if self.decoder.overrun > _MAX_OVERRUN_BYTES:
            raise CodecError('the coded text has no end')


class TokenCoder:
    """Goes through a text token by token."""

    def __init__(self, model: LanguageModel, context: TextContext, coder: SymbolCoder) -> None:
        """Write or read with `coder` a text that follows `context`."""
        self._model = model
        self._coder = coder
        self._recent = RecentWords(model, context.keys)
        self._first = self._second = END
        self._before = TokenType.START
        self._style = context.style
        self._block = 0

    def end(self) -> None:
        """Write the end of the text."""
        self._coder.token(END, self._mixture())

    def token(self, token: Token | None) -> Token | None:
        """
        Write `token`, or read one where it is None; return it, or None at the text's end.

        Raises CodecError.
        """
        key = self._key(token.key if token else None)
        if key is None:
            return None
        self._first, self._second = self._second, self._recent.number(key) or END
        word = WORD.match(key) is not None
        found = token or Token(key, key, False, Case.LOWER)
        spaced = self._space(found)
        case, surface = self._letter_case(key, found) if word else (Case.LOWER, key)
        found = Token(key, surface, spaced, case)
        self._before = found.token_type
        return found

    def _mixture(self) -> Mixture:
        return Mixture(self._model, self._first, self._second, self._recent)

    def _key(self, key: str | None) -> str | None:
        number = END
        if key is not None:
            rare = RARE_WORD if WORD.match(key) else RARE_CHARACTER
            found = self._recent.number(key)
            number = rare if found is None else found
        number = self._coder.token(number, self._mixture())
        if number == END:
            return None
        if number == RARE_WORD:
            key = self._spelled_word(key)
        elif number == RARE_CHARACTER:
            key = self._character(key)
        else:
            key = self._recent.key(number)
        self._recent.add(key)
        return key

    def _spelled_word(self, word: str | None) -> str:
        letters = [*map(LETTERS.index, word), STOP_LETTER] if word else []
        spelled: list[int] = []
        first = second = STOP_LETTER
        for at in range(MAX_DECODED_CHARACTERS):
            weights = self._model.letters[first, second].tolist()
            letter = self._coder.choice(letters[at] if letters else 0, weights)
            if letter == STOP_LETTER:
                break
            spelled.append(letter)
            first, second = second, letter
            self._coder.check_overrun()
        text = ''.join(LETTERS[letter] for letter in spelled)
        match = WORD.match(text)
        if match is None or match.end() != len(text):
            raise CodecError('not a word')
        return text

    def _character(self, character: str | None) -> str:
        point = ord(character) if character else 0
        same = self._coder.choice(int(point >> _BLOCK_BITS == self._block), [1, 7])
        if not same:
            self._block = self._coder.number(point >> _BLOCK_BITS, _BLOCKS)
        low = self._coder.number(point & ((1 << _BLOCK_BITS) - 1), 1 << _BLOCK_BITS)
        return chr((self._block << _BLOCK_BITS) | low)

    def _space(self, token: Token) -> bool:
        column = spelling.space_column(token, self._model.numbers)
        weight = int(self._model.spaces[self._before, column])
        return bool(self._coder.choice(int(token.spaced), [1024 - weight, weight]))

    def _letter_case(self, key: str, token: Token) -> tuple[Case, str]:
        number = self._model.numbers.get(key, RARE_WORD)
        where = spelling.position(self._before)
        weights = self._model.cases[self._model.capital_class[number], where, self._style]
        case = Case(self._coder.choice(token.case, weights.tolist()))
        self._style = spelling.next_style(self._style, where, case)
        if case is not Case.MIXED:
            return case, with_case(key, case)
        upper = [self._coder.number(int(letter.isupper()), 2)
                 for letter in (token.surface if token.surface else key)]
        return case, ''.join(letter.upper() if up else letter
                             for letter, up in zip(key, upper, strict=True))
