"""The text codec: any Unicode string to few bytes and back, given what was said before."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from txt2vid_ros.link.codec import spelling
from txt2vid_ros.link.codec.arithmetic import Decoder, Encoder
from txt2vid_ros.link.codec.mixture import Mixture, Recent, WINDOW
from txt2vid_ros.link.codec.model import (
    END,
    LanguageModel,
    LETTERS,
    RARE_CHARACTER,
    RARE_WORD,
    STOP_LETTER,
)
from txt2vid_ros.link.codec.tokens import Case, Kind, split, Token, WORD, written

MAX_CHARACTERS = 100_000
"""A decoded text is never longer; what would be is damaged."""

RAW = 255
"""As the first byte: the rest is plain UTF-8. Coded text never begins with it."""

_STYLES = 256
_PLAIN, _CURLY = (0, 240), (240, 15)
_BLOCK_BITS = 7
_BLOCKS = 0x110000 >> _BLOCK_BITS
_SLACK = 24


class CodecError(ValueError):
    """The bytes are no coded text in this context."""


@dataclasses.dataclass(frozen=True)
class Context:
    """What both ends know to have been said, newest last: it makes the next text cheaper."""

    keys: tuple[str, ...] = ()
    style: int = spelling.UNKNOWN_STYLE

    def after(self, text: str) -> Context:
        """Return the context once `text` has been said."""
        style, before = self.style, Kind.START
        keys = []
        for token in split(_straight(text)[0]):
            if token.is_word:
                style = spelling.next_style(style, spelling.position(before), token.case)
            keys.append(token.key)
            before = token.kind
        return Context((*self.keys, *keys, '')[-WINDOW:], style)


NOTHING = Context()
"""The context of what is said first."""


class _Coder(Protocol):
    """Both directions of one step, so that the text's structure is written down once."""

    def number(self, value: int, size: int) -> int:
        """Pass one of `size` equally likely values."""
        ...

    def choice(self, value: int, weights: list[int]) -> int:
        """Pass an index into `weights`."""
        ...

    def token(self, value: int, mixture: Mixture) -> int:
        """Pass a vocabulary number."""
        ...


class _Writer:
    def __init__(self) -> None:
        self.encoder = Encoder()

    def number(self, value: int, size: int) -> int:
        self.encoder.encode(value, 1, size)
        return value

    def choice(self, value: int, weights: list[int]) -> int:
        self.encoder.encode(sum(weights[:value]), weights[value], sum(weights))
        return value

    def token(self, value: int, mixture: Mixture) -> int:
        start = mixture.below(value)
        self.encoder.encode(start, mixture.below(value + 1) - start, mixture.total)
        return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.decoder = Decoder(data)

    def number(self, value: int, size: int) -> int:
        value = self.decoder.target(size)
        self.decoder.consume(value, 1)
        return value

    def choice(self, value: int, weights: list[int]) -> int:
        target = self.decoder.target(sum(weights))
        value = start = 0
        while start + weights[value] <= target:
            start += weights[value]
            value += 1
        self.decoder.consume(start, weights[value])
        return value

    def token(self, value: int, mixture: Mixture) -> int:
        if self.decoder.overrun > _SLACK:
            raise CodecError('the coded text has no end')
        value = mixture.at(self.decoder.target(mixture.total))
        start = mixture.below(value)
        self.decoder.consume(start, mixture.below(value + 1) - start)
        return value


class TextCodec:
    """Encodes and decodes with one language model; holds no state between texts."""

    def __init__(self, model: LanguageModel) -> None:
        """Use `model`; both ends need one of the same digest."""
        self.model = model

    def encode(self, text: str, context: Context = NOTHING) -> bytes:
        """Return the coded text: never more than one byte longer than its UTF-8."""
        plain = text.encode('utf-8', 'surrogatepass')
        straight, curly = _straight(text)
        writer = _Writer()
        writer.encoder.encode(*(_CURLY if curly else _PLAIN), _STYLES)
        walk = _Walk(self.model, context, writer)
        for token in split(straight):
            walk.token(token)
        walk.end()
        coded = writer.encoder.finish()
        return coded if len(coded) <= len(plain) else bytes([RAW]) + plain

    def decode(self, data: bytes, context: Context = NOTHING) -> str:
        """Return the text. Raises CodecError for bytes that `encode` cannot have written."""
        if data[:1] == bytes([RAW]):
            try:
                return data[1:].decode('utf-8', 'surrogatepass')
            except UnicodeDecodeError as error:
                raise CodecError('plain text that is no UTF-8') from error
        reader = _Reader(data)
        curly = reader.decoder.target(_STYLES) >= _CURLY[0]
        reader.decoder.consume(*(_CURLY if curly else _PLAIN))
        walk = _Walk(self.model, context, reader)
        parts: list[str] = []
        length = 0
        while (token := walk.token(None)) is not None:
            parts.append(' ' + token.surface if token.spaced else token.surface)
            length += len(parts[-1])
            if length > MAX_CHARACTERS:
                raise CodecError('the coded text is too long')
        text = ''.join(parts)
        return text.replace("'", '\u2019') if curly else text


def _straight(text: str) -> tuple[str, bool]:
    """Return `text` with straight apostrophes, and whether it had only curly ones."""
    if '\u2019' in text and "'" not in text:
        return text.replace('\u2019', "'"), True
    return text, False


class _Walk:
    """Goes through a text token by token, the same way whether writing or reading."""

    def __init__(self, model: LanguageModel, context: Context, coder: _Coder) -> None:
        self._model = model
        self._coder = coder
        self._recent = Recent(model, context.keys)
        self._first = self._second = END
        self._before = Kind.START
        self._style = context.style
        self._block = 0

    def end(self) -> None:
        """Write the text's end."""
        self._coder.token(END, self._mixture())

    def token(self, token: Token | None) -> Token | None:
        """Write `token`, or read one where it is None; None is returned at the text's end."""
        key = self._key(token.key if token else None)
        if key is None:
            return None
        self._first, self._second = self._second, self._recent.number(key) or END
        word = WORD.match(key) is not None
        found = token or Token(key, key, False, Case.LOWER)
        spaced = self._space(found)
        case, surface = self._written(key, found) if word else (Case.LOWER, key)
        found = Token(key, surface, spaced, case)
        self._before = found.kind
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
            key = self._spell(key)
        elif number == RARE_CHARACTER:
            key = self._character(key)
        else:
            key = self._recent.key(number)
        self._recent.add(key)
        return key

    def _spell(self, word: str | None) -> str:
        letters = [*map(LETTERS.index, word), STOP_LETTER] if word else []
        spelled: list[int] = []
        first = second = STOP_LETTER
        for at in range(MAX_CHARACTERS):
            weights = self._model.letters[first, second].tolist()
            letter = self._coder.choice(letters[at] if letters else 0, weights)
            if letter == STOP_LETTER:
                break
            spelled.append(letter)
            first, second = second, letter
            if isinstance(self._coder, _Reader) and self._coder.decoder.overrun > _SLACK:
                raise CodecError('a word without an end')
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

    def _written(self, key: str, token: Token) -> tuple[Case, str]:
        number = self._model.numbers.get(key, RARE_WORD)
        where = spelling.position(self._before)
        weights = self._model.cases[self._model.capital_class[number], where, self._style]
        case = Case(self._coder.choice(token.case, weights.tolist()))
        self._style = spelling.next_style(self._style, where, case)
        if case is not Case.MIXED:
            return case, written(key, case)
        letters = [self._coder.number(int(old.isupper()), 2) for old in
                   (token.surface if token.surface else key)]
        return case, ''.join(c.upper() if up else c for c, up in zip(key, letters, strict=True))
