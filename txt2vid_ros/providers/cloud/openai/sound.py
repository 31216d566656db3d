"""
The sound in an answer, whatever the server made of the format that was requested.

PCM has no header, so that anything would pass for it: a WAV file, MP3, a web page. Servers label
what they send wrongly, so the bytes decide; the label only tells the rate.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.providers.cloud.pcm_stream import PcmReader, WavReader

_HEAD_BYTES = 16
_MP3_BYTES = 3000
"""Of two frames of MPEG audio, at most 1441 bytes each, and their headers."""
_MAGIC = ((0, b'ID3', 'MP3'), (0, b'OggS', 'Ogg'), (0, b'fLaC', 'FLAC'), (4, b'ftyp', 'MP4'),
          (0, b'\x1a\x45\xdf\xa3', 'WebM'), (0, b'\xff\xf1', 'AAC'), (0, b'\xff\xf9', 'AAC'))
_TEXT = frozenset({*range(0x20, 0x7f), 0x09, 0x0a, 0x0d})
_RATE = re.compile(r'rate\s*=\s*"?(\d{4,6})')
SAMPLE_RATES = range(4000, 192001)
_BIT_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LOW_BIT_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_RATES = (44100, 48000, 32000)


class OtherFormatError(Exception):
    """What came is neither samples nor a WAV file; `kind` says what it is."""

    def __init__(self, kind: str, textual: bool = False) -> None:
        """Take its name, such as 'MP3', and whether it is no sound at all."""
        super().__init__(kind)
        self.kind = kind
        self.textual = textual


class SoundReader:
    """Turns the bytes of an answer into samples at the wanted rate."""

    def __init__(self, wanted: int, rate: int, label: str = '') -> None:
        """Take the Hz to return, those of bare samples, and the answer's Content-Type."""
        self._wanted = wanted
        self._rate = rate
        named = _RATE.search(label)
        if named and int(named[1]) in SAMPLE_RATES:
            self._rate = int(named[1])
        self._aac = 'aac' in label
        self._head: bytes | None = b''
        self._reader: PcmReader | WavReader | None = None

    @property
    def complete(self) -> bool:
        """Return whether all samples came that a header announces; False where there is none."""
        return isinstance(self._reader, WavReader) and self._reader.complete

    def push(self, data: bytes, last: bool = False) -> NDArray[np.float32]:
        """Return the samples that are complete. Raises OtherFormatError and ProviderError."""
        if self._head is not None:
            self._head += data
            if not last and len(self._head) < self._needed(self._head):
                return np.zeros(0, np.float32)
            data, self._head = self._head, None
            self._reader = self._reader_of(data)
        assert self._reader is not None
        return self._reader.push(data, last)

    def _needed(self, head: bytes) -> int:
        return _MP3_BYTES if _frame_bytes(head[:4]) else _HEAD_BYTES

    def _reader_of(self, head: bytes) -> PcmReader | WavReader:
        if head.startswith(b'RIFF'):
            return WavReader(self._wanted)
        kind = self._other(head)
        if kind:
            raise OtherFormatError(kind)
        begin = head[:_HEAD_BYTES]
        if begin and _TEXT.issuperset(begin):
            raise OtherFormatError('a web page' if begin.lstrip().startswith(b'<') else 'text',
                                   textual=True)
        return PcmReader(self._rate, self._wanted)

    def _other(self, head: bytes) -> str:
        """Return the name of another format, or ''."""
        for at, magic, name in _MAGIC:
            if head.startswith(magic, at) and (name != 'AAC' or self._aac):
                return name
        # Two bytes of samples may look like the beginning of a frame, but not twice.
        length = _frame_bytes(head[:4])
        if length and _frame_bytes(head[length:length + 4]):
            return 'MP3'
        return ''


def _frame_bytes(header: bytes) -> int:
    """Return the length of a frame of MPEG audio layer III from its header, 0 for no header."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate, bits = header[1] >> 3 & 3, header[2] >> 2 & 3, header[2] >> 4
    if version == 1 or rate == 3 or not 0 < bits < 15:
        return 0
    first = version == 3
    kilobits = (_BIT_RATES if first else _LOW_BIT_RATES)[bits - 1]
    hertz = _MP3_RATES[rate] >> (0 if first else 1 if version == 2 else 2)
    return (144 if first else 72) * kilobits * 1000 // hertz + (header[2] >> 1 & 1)
