"""The text codec: any Unicode string to few bytes and back, given what was said before."""

from __future__ import annotations

from txt2vid_ros.link.codec.context import EMPTY_CONTEXT, straighten, TextContext
from txt2vid_ros.link.codec.model import LanguageModel
from txt2vid_ros.link.codec.token_coder import (
    CodecError,
    MAX_DECODED_CHARACTERS,
    SymbolReader,
    SymbolWriter,
    TokenCoder,
)
from txt2vid_ros.link.codec.tokens import split

PLAIN_UTF8 = 255
"""As the first byte: the rest is plain UTF-8. Coded text never begins with it."""

_APOSTROPHE_TOTAL = 256
_STRAIGHT, _CURLY = (0, 240), (240, 15)
"""Start and size of the shares of texts with straight and with curly apostrophes."""


class TextCodec:
    """Encodes and decodes with one language model; holds no state between texts."""

    def __init__(self, model: LanguageModel) -> None:
        """Use `model`; both ends need one of the same digest."""
        self.model = model

    def encode(self, text: str, context: TextContext = EMPTY_CONTEXT) -> bytes:
        """Return the coded text: never more than one byte longer than its UTF-8."""
        plain = text.encode('utf-8', 'surrogatepass')
        straight, curly = straighten(text)
        writer = SymbolWriter()
        writer.encoder.encode(*(_CURLY if curly else _STRAIGHT), _APOSTROPHE_TOTAL)
        coder = TokenCoder(self.model, context, writer)
        for token in split(straight):
            coder.token(token)
        coder.end()
        coded = writer.encoder.finish()
        return coded if len(coded) <= len(plain) else bytes([PLAIN_UTF8]) + plain

    def decode(self, data: bytes, context: TextContext = EMPTY_CONTEXT) -> str:
        """Return the text. Raises CodecError for bytes that `encode` cannot have written."""
        if data[:1] == bytes([PLAIN_UTF8]):
            try:
                return data[1:].decode('utf-8', 'surrogatepass')
            except UnicodeDecodeError as error:
                raise CodecError('plain text that is no UTF-8') from error
        reader = SymbolReader(data)
        curly = reader.decoder.target(_APOSTROPHE_TOTAL) >= _CURLY[0]
        reader.decoder.consume(*(_CURLY if curly else _STRAIGHT))
        coder = TokenCoder(self.model, context, reader)
        parts: list[str] = []
        length = 0
        while (token := coder.token(None)) is not None:
            parts.append(' ' + token.surface if token.spaced else token.surface)
            length += len(parts[-1])
            if length > MAX_DECODED_CHARACTERS:
                raise CodecError('the coded text is too long')
        text = ''.join(parts)
        return text.replace("'", '\u2019') if curly else text
