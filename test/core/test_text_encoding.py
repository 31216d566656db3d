"""Text from outside is decoded, in whatever encoding it comes, or refused in one line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
import random

from hypothesis import given, strategies
import pytest
from txt2vid_ros.core.decoding import text_encoding
from txt2vid_ros.core.decoding.text_encoding import (
    decode_argument,
    decode_text,
    DecodedLine,
    LineDecoder,
    read_text,
)
from txt2vid_ros.core.errors import UserError

TEXT = 'It was a café in Köln.\nI don’t know.\n'
PNG = bytes.fromhex('89504e470d0a1a0a0000000d49484452')


def fed(data: bytes, size: int) -> Iterator[DecodedLine]:
    """Decode a stream that arrives `size` bytes at a time."""
    decoder = LineDecoder()
    for at in range(0, len(data), size):
        yield from decoder.feed(data[at:at + size])
    yield from decoder.feed(b'', last=True)


@pytest.mark.parametrize('encoding', [
    'utf-8', 'utf-8-sig', 'utf-16', 'utf-32', 'utf-16-le', 'utf-16-be', 'cp1252'])
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('size', [1, 3, 10_000])
def test_every_encoding_is_told_however_the_bytes_arrive(
        encoding: str, end: str, size: int) -> None:
    data = TEXT.replace('\n', end).encode(encoding)
    lines = list(fed(data, size))
    assert [line.text for line in lines] == TEXT.splitlines()
    assert {line.guessed for line in lines} == (
        {'Windows-1252'} if encoding == 'cp1252' else {''})
    assert decode_text(data, 'it').text == TEXT.rstrip('\n')


@pytest.mark.parametrize('mark', [codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE])
def test_big_endian_marks(mark: bytes) -> None:
    encoding = 'utf-16-be' if len(mark) == 2 else 'utf-32-be'
    assert decode_text(mark + TEXT.encode(encoding), 'it').text == TEXT.rstrip('\n')


def test_windows_1252_is_said_once_however_many_lines_have_it() -> None:
    decoded = decode_text(b'plain\n' + b'caf\xe9\n' * 50, 'letter.txt')
    assert decoded.text.endswith('café')
    assert decoded.notices == ('letter.txt is not in UTF-8 and was read as Windows-1252',)
    assert decode_text('plain\ncafé\n'.encode(), 'letter.txt').notices == ()


def test_a_file_of_two_encodings_is_read_line_by_line() -> None:
    data = 'Größe\n'.encode() + 'Maß, Fuß\n'.encode('cp1252')
    assert decode_text(data, 'it').text == 'Größe\nMaß, Fuß'


def test_a_damaged_character_costs_itself_alone() -> None:
    data = '日本語のテキスト'.encode()
    assert decode_text(data[:-1], 'it').text == '日本語のテキス'
    assert decode_text('né, où, ça'.encode() + b' \xc3', 'it').text == 'né, où, ça '


@pytest.mark.parametrize('bad', [b'\x00\x01\x02', 'Привет, как у вас дела'.encode('koi8-r'),
                                 b'one \x81\x8d two', b'x' * 1_000_001])
def test_a_bad_line_costs_none_of_those_around_it(bad: bytes) -> None:
    lines = list(fed(b'First one.\n' + bad + b'\nLast one.', 4096))
    assert [line.text for line in lines] == ['First one.', '', 'Last one.']
    assert [bool(line.problem) for line in lines] == [False, True, False]
    if len(bad) < 20:
        decoded = decode_text(b'First one.\n' + bad + b'\nLast one.', 'it')
        assert decoded.text == 'First one.\n\nLast one.'
        assert len(decoded.notices) == 1
        assert 'line 2 ' in decoded.notices[0]


@pytest.mark.parametrize(('data', 'said'), [
    (PNG, 'it is a PNG picture, not a text'),
    (b'%PDF-1.7\n%abc\n', 'it is a PDF, not a text'),
    (b'PK\x03\x04\x14\x00', 'it is a ZIP archive'),
    (b'{\\rtf1\\ansi Hello}', 'it is rich text'),
    (b'RIFF\x00\x0a\x00\x00WAVEfmt ', 'it is sound or pictures'),
    (b'\x00\x00\x00\x20ftypisom', 'it is an MP4 video'),
    (b'\x00\x01\x02\x03' * 40, 'it is not a text: line 1 holds control characters'),
    (bytes(range(256)), 'it is not a text'),
    ('Это русский текст, и длинный.'.encode('koi8-r'), 'an encoding that cannot be told'),
])
def test_what_is_no_text_is_refused_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(UserError) as refused:
        decode_text(data, 'it')
    assert said in str(refused.value)
    assert '\n' not in str(refused.value)


def test_noise_is_refused() -> None:
    for seed in range(20):
        with pytest.raises(UserError):
            decode_text(random.Random(seed).randbytes(5000), 'it')


def test_an_empty_text_and_one_without_words_are_texts() -> None:
    assert decode_text(b'', 'it').text == ''
    assert decode_text(codecs.BOM_UTF8, 'it').text == ''
    assert decode_text(b'\n\r\n\r', 'it').text == '\n\n'
    assert decode_text(b'From DOS.\r\n\x1a', 'it') == text_encoding.PlainText('From DOS.')


@given(strategies.binary(max_size=300), strategies.integers(1, 50))
def test_how_the_bytes_arrive_does_not_matter_once_the_encoding_is_told(
        data: bytes, size: int) -> None:
    data = b'A plain line, long enough to tell that this is no UTF-16 or the like.\n' + data
    whole = list(fed(data, len(data)))
    assert list(fed(data, size)) == whole
    assert all('\n' not in line.text and '\r' not in line.text for line in whole)
    assert [line.number for line in whole] == list(range(1, len(whole) + 1))


@given(strategies.binary(max_size=300))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    try:
        assert isinstance(decode_text(data, 'it').text, str)
    except UserError as refused:
        assert str(refused).startswith('it is ')


def test_words_of_the_command_line() -> None:
    def word(data: bytes) -> str:
        return data.decode('utf-8', 'surrogateescape')

    assert decode_argument('Köln', 'it') == text_encoding.PlainText('Köln')
    assert decode_argument(word('Köln – “hi”'.encode('cp1252')), 'it').text == 'Köln – “hi”'
    assert decode_argument(word(b'caf\xe9'), 'it').notices
    assert decode_argument('half \ud83d a pair', 'it').text == 'half  a pair'
    with pytest.raises(UserError, match='it is a PNG picture'):
        decode_argument(word(PNG[:4]), 'it')


def test_a_file_is_read_within_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / 'letter.txt'
    with pytest.raises(UserError, match=r'--file .*letter.txt cannot be read: No such file'):
        read_text(file, '--file')
    file.write_bytes(b'Caf\xe9, long ago.')
    assert read_text(file, '--file').text == 'Café, long ago.'
    monkeypatch.setattr(text_encoding, 'LARGEST_TEXT', 10)
    with pytest.raises(UserError, match='Give it in parts'):
        read_text(file, '--file')
