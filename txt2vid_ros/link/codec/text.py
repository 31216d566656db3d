"""The text codec: any Unicode string to few bytes and back, given what was said before."""

from __future__ import annotations

from txt2vid_ros.link.codec.arithmetic import ArithmeticDecoder, ArithmeticEncoder
from txt2vid_ros.link.codec.context import EMPTY_CONTEXT, straighten, TextContext
from txt2vid_ros.link.codec.languages import CODES, LanguageModels, shipped
from txt2vid_ros.link.codec.letters import MAX_DECODED_CHARACTERS
from txt2vid_ros.link.codec.symbols import CodecError, SymbolReader, SymbolWriter
from txt2vid_ros.link.codec.token_coder import TokenCoder

PLAIN_UTF8 = 255
"""As the first byte: the rest is plain UTF-8. Coded text never begins with it."""

_APOSTROPHE_TOTAL = 256
_STRAIGHT, _CURLY = (0, 240), (240, 15)
"""Start and size of the shares of texts with straight and with curly apostrophes."""
_SAME_LANGUAGE = [4, 252]
"""Weights of a text in another language than the one before, and in the same."""
_DEAR = 3
"""Bits a character from which on a text is tried in the conversation's other language too."""
_LANGUAGES = 32
"""Numbers that a language may have, those to come included."""


class TextCodec:
    """Encodes and decodes with the models of all languages; holds no state between texts."""

    def __init__(self, models: LanguageModels | None = None) -> None:
        """Use `models`, by default the shipped ones; both ends need those of the same digest."""
        self.models = models or shipped()

    @property
    def digest(self) -> bytes:
        """Return what both ends need to have in common."""
        return self.models.digest

    def encode(self, text: str, context: TextContext = EMPTY_CONTEXT, locale: str = '') -> bytes:
        """
        Return the coded text: never more than one byte longer than its UTF-8.

        `locale` (BCP 47) tells its language; without, it is taken for that of the text before,
        or of its script.
        """
        plain = text.encode('utf-8', 'surrogatepass')
        shortest = bytes([PLAIN_UTF8]) + plain
        languages = self.models.candidates(text, locale, context.language)
        for language in languages:
            shortest = min(shortest, self._encode(text, context, language), key=len)
        second = self.models.second(context.language, context.other)
        if second not in languages and second and 8 * len(shortest) > _DEAR * len(text):
            shortest = min(shortest, self._encode(text, context, second), key=len)
        return shortest

    def decode(self, data: bytes, context: TextContext = EMPTY_CONTEXT) -> str:
        """Return the text. Raises CodecError for bytes that `encode` cannot have written."""
        if data[:1] == bytes([PLAIN_UTF8]):
            try:
                return data[1:].decode('utf-8', 'surrogatepass')
            except UnicodeDecodeError as error:
                raise CodecError('plain text that is no UTF-8') from error
        reader = SymbolReader(data)
        curly = _read_apostrophes(reader.decoder)
        coder = TokenCoder(self.models, context, self._language(reader, context), reader)
        parts: list[str] = []
        length = 0
        while (token := coder.token(None)) is not None:
            parts.append(' ' + token.surface if token.spaced else token.surface)
            length += len(parts[-1])
            if length > MAX_DECODED_CHARACTERS:
                raise CodecError('the coded text is too long')
        text = ''.join(parts)
        return text.replace("'", '\u2019') if curly else text

    def after(self, context: TextContext, text: str, coded: bytes) -> TextContext:
        """Return the context after `text`, which was coded as `coded` in `context`."""
        language = context.language
        if coded[:1] != bytes([PLAIN_UTF8]):
            reader = SymbolReader(coded)
            _read_apostrophes(reader.decoder)
            language = self._language(reader, context)
        return context.after(text, language, self.models.get(language).tokenizer)

    def _encode(self, text: str, context: TextContext, language: str) -> bytes:
        straight, curly = straighten(text)
        writer = SymbolWriter()
        _write_apostrophes(writer.encoder, curly)
        if not writer.choice(int(language == context.language), _SAME_LANGUAGE):
            writer.number(CODES.index(language), _LANGUAGES)
        coder = TokenCoder(self.models, context, language, writer)
        for token in coder.tokenizer.split(straight):
            coder.token(token)
        coder.end()
        return writer.encoder.finish()

    def _language(self, reader: SymbolReader, context: TextContext) -> str:
        if reader.choice(0, _SAME_LANGUAGE):
            return context.language
        number = reader.number(0, _LANGUAGES)
        if number >= len(CODES) or CODES[number] not in self.models:
            raise CodecError('a language that there is no model of')
        return CODES[number]


def _write_apostrophes(encoder: ArithmeticEncoder, curly: bool) -> None:
    encoder.encode(*(_CURLY if curly else _STRAIGHT), _APOSTROPHE_TOTAL)


def _read_apostrophes(decoder: ArithmeticDecoder) -> bool:
    curly = decoder.target(_APOSTROPHE_TOTAL) >= _CURLY[0]
    decoder.consume(*(_CURLY if curly else _STRAIGHT))
    return curly
