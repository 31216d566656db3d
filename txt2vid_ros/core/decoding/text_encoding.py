"""
The one decoder of text that comes from outside, in whatever encoding it was written.

The encoding is told from a byte order mark, or from the NUL bytes that UTF-16 has between plain
letters; else each line is UTF-8 or, where it is not, Windows-1252. A line alone is decided upon,
so that one bad line costs no other, and files put together from several encodings are read.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
import dataclasses
from pathlib import Path
import re
from typing import BinaryIO

from txt2vid_ros.core.errors import UserError

LONGEST_LINE = 1_000_000
"""Characters; a longer line is left out."""
LARGEST_TEXT = 16_000_000
"""Bytes of a text that is read as a whole."""
_SNIFFED = 64
"""Bytes from which the encoding is told, or those up to the end of the first line."""

_MARKS = ((codecs.BOM_UTF8, ''), (codecs.BOM_UTF32_LE, 'utf-32-le'),
          (codecs.BOM_UTF32_BE, 'utf-32-be'), (codecs.BOM_UTF16_LE, 'utf-16-le'),
          (codecs.BOM_UTF16_BE, 'utf-16-be'))
_MAGIC = (
    (rb'\x89PNG', 'a PNG picture'), (rb'\xff\xd8\xff', 'a JPEG picture'),
    (rb'GIF8[79]a', 'a GIF picture'), (rb'%PDF-', 'a PDF'), (rb'\{\\rtf', 'rich text (RTF)'),
    (rb'PK\x03\x04', 'a ZIP archive, as .docx and .odt are'),
    (rb'\xd0\xcf\x11\xe0', 'an old Office document'), (rb'\x1f\x8b', 'a gzip archive'),
    (rb'BZh[1-9]1AY', 'a bzip2 archive'), (rb'\xfd7zXZ', 'an xz archive'),
    (rb'7z\xbc\xaf', 'a 7z archive'), (rb'\x28\xb5\x2f\xfd', 'a Zstandard archive'),
    (rb'RIFF....(?:WAVE|AVI |WEBP)', 'sound or pictures (RIFF)'), (rb'OggS', 'Ogg sound'),
    (rb'fLaC', 'FLAC sound'), (rb'ID3[\x02-\x04]', 'MP3 sound'),
    (rb'....ftyp', 'an MP4 video, or a picture like one'),
    (rb'\x1aE\xdf\xa3', 'a Matroska or WebM video'), (rb'\x7fELF', 'a program'),
    (rb'SQLite format 3\x00', 'a database'))
# Tab, line ends, and what terminals take (bell, backspace, escape) stand in texts.
_CONTROLS = re.compile('[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]')
_SURROGATES = re.compile('[\ud800-\udfff]')
_NO_BYTES = re.compile('[\ud800-\udc7f\udd00-\udfff]')
_LINE_END = re.compile('\r\n|\r|\n')
_SEQUENCE = re.compile(rb'[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}'
                       rb'|[\xf0-\xf4][\x80-\xbf]{3}')
_HIGH = re.compile(rb'[\x80-\xff]')
_FEW_HIGH = 16
"""Bytes beyond ASCII, and half of all: a line with more of them is in no Western language."""


@dataclasses.dataclass(frozen=True)
class DecodedLine:
    """One line without its end; where it is no text, `text` is empty and `problem` says why."""

    number: int
    """Counted from 1."""
    text: str
    problem: str = ''
    guessed: str = ''
    """How it was decoded where it is not in a Unicode encoding."""
    length: int = 0
    """Characters, or bytes, of what is no text."""


class LineDecoder:
    """Decodes a stream of bytes line by line; lines end with LF, CR LF or CR."""

    def __init__(self) -> None:
        """Begin at the start of the stream."""
        self.binary = ''
        """What the stream is, by its first bytes, where that is no text."""
        self._head = b''
        self._decoder: codecs.IncrementalDecoder | None = None
        self._bytes = True
        """Whether `_held` has the bytes of a line, as characters, rather than text."""
        self._held = ''
        self._after_return = False
        self._overlong = False
        self._count = 0

    def feed(self, data: bytes, last: bool = False) -> Iterator[DecodedLine]:
        """Yield the lines that are complete; with `last`, the one that has no end, too."""
        if self._decoder is None:
            self._head += data
            if not last and len(self._head) < _SNIFFED and not re.search(rb'[\r\n]', self._head):
                return
            data, self._head = self._begin(), b''
        assert self._decoder is not None
        text = self._decoder.decode(data, last)
        if self._after_return and text:
            text = text.removeprefix('\n')
            self._after_return = False
        self._after_return |= text.endswith('\r')
        self._held += text
        at = 0
        for end in _LINE_END.finditer(self._held):
            yield self._line(self._held[at:end.start()])
            at = end.end()
        self._held = self._held[at:]
        if len(self._held) > LONGEST_LINE:
            self._held, self._overlong = '', True
        # A file from DOS may end with Control-Z.
        if last and (self._held.removesuffix('\x1a') or self._overlong):
            yield self._line(self._held.removesuffix('\x1a'))
            self._held = ''

    def _begin(self) -> bytes:
        """Choose the decoder; return the first bytes without their mark."""
        head = self._head
        self.binary = next((name for pattern, name in _MAGIC
                            if re.match(pattern, head, re.DOTALL)), '')
        mark, encoding = next(((mark, encoding) for mark, encoding in _MARKS
                               if head.startswith(mark)), (b'', _unmarked(head[:_SNIFFED])))
        self._bytes = not encoding
        self._decoder = codecs.getincrementaldecoder(encoding or 'latin-1')('replace')
        return head[len(mark):]

    def _line(self, held: str) -> DecodedLine:
        self._count += 1
        if self._overlong or len(held) > LONGEST_LINE:
            self._overlong = False
            return DecodedLine(self._count, '', f'is longer than {LONGEST_LINE} characters',
                               length=LONGEST_LINE)
        text, guessed, problem = (_decoded(held.encode('latin-1')) if self._bytes
                                  else (held, '', ''))
        controls = len(_CONTROLS.findall(text))
        if '\x00' in text or controls > 1 + len(text) // 40:
            problem = 'holds control characters, which are no text'
        if problem:
            return DecodedLine(self._count, '', problem, length=len(held))
        return DecodedLine(self._count, text, guessed=guessed)


@dataclasses.dataclass(frozen=True)
class PlainText:
    """A text whose lines end with LF, and what the user should know of its decoding."""

    text: str
    notices: tuple[str, ...] = ()


def decode_text(data: bytes, name: str) -> PlainText:
    """
    Decode a whole text, which errors and notices call `name`.

    Single lines that are no text are left out, with a notice. Raises UserError where the whole is
    none.
    """
    remedy = 'Give plain text, best in UTF-8.'
    decoder = LineDecoder()
    lines = list(decoder.feed(data, last=True))
    if decoder.binary:
        raise UserError(f'{name} is {decoder.binary}, not a text', remedy)
    bad = [line for line in lines if line.problem]
    if sum(line.length for line in bad) > sum(len(line.text) for line in lines):
        raise UserError(f'{name} is not a text: line {bad[0].number} {bad[0].problem}', remedy)
    return PlainText('\n'.join(line.text for line in lines), tuple(_notices(lines, name)))


def decode_argument(text: str, name: str) -> PlainText:
    """
    Return what a word of the command line says, which Python decoded as UTF-8.

    Bytes that were not UTF-8 came as lone surrogates (PEP 383); they are decoded as those of a
    file. Raises UserError, which calls it `name`, where that is no text.
    """
    if not _SURROGATES.search(text):
        return PlainText(text)
    kept = _NO_BYTES.sub('', text)
    return decode_text(kept.encode('utf-8', 'surrogateescape'), name)


def read_text(file: Path, name: str) -> PlainText:
    """Read a text file, which errors call `name` and its path. Raises UserError."""
    try:
        with file.open('rb') as opened:
            return read_stream(opened, f'{name} {file}')
    except OSError as error:
        raise UserError(f'{name} {file} cannot be read: {error.strerror}',
                        'Give a text file.') from error


def read_stream(stream: BinaryIO, name: str) -> PlainText:
    """Read a text to its end. Raises UserError for one that is too large or none."""
    data = stream.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise UserError(f'{name} has more than {LARGEST_TEXT // 1_000_000} MB',
                        'Give it in parts.')
    return decode_text(data, name)


def _notices(lines: Sequence[DecodedLine], name: str) -> Iterator[str]:
    guessed = [line for line in lines if line.guessed]
    if guessed:
        yield f'{name} is not in UTF-8 and was read as {guessed[0].guessed}'
    bad = [line for line in lines if line.problem]
    if bad:
        yield (f'{name}: line {bad[0].number} {bad[0].problem}, and is left out' if len(bad) == 1
               else f'{name}: {len(bad)} lines are no text and are left out; the first is line '
                    f'{bad[0].number}')


def _unmarked(head: bytes) -> str:
    """Return the encoding of a text without a mark: UTF-16 if every other byte is mostly NUL."""
    even, odd = head[::2], head[1::2]
    for zeros, others, encoding in ((odd, even, 'utf-16-le'), (even, odd, 'utf-16-be')):
        if len(zeros) and zeros.count(0) >= 0.6 * len(zeros) and not others.count(0):
            return encoding
    return ''


def _decoded(line: bytes) -> tuple[str, str, str]:
    """Return a line's text, what was guessed of its encoding, and why it is no text."""
    try:
        return line.decode('utf-8'), '', ''
    except UnicodeDecodeError:
        high = len(_HIGH.findall(line))
        sequences = _SEQUENCE.findall(line)
        if sequences and len(sequences) >= high - sum(map(len, sequences)):
            return line.decode('utf-8', 'ignore'), 'UTF-8 without its damaged characters', ''
        if high > _FEW_HIGH and 2 * high > len(line.replace(b' ', b'')):
            return '', '', 'is in an encoding that cannot be told'
        try:
            return line.decode('cp1252'), 'Windows-1252', ''
        except UnicodeDecodeError:
            return '', '', 'is neither in UTF-8 nor in Windows-1252'
