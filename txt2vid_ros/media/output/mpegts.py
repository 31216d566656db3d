"""Reads an MPEG transport stream (ISO 13818-1) far enough to know where viewers can join."""

from __future__ import annotations

import dataclasses

PACKET_BYTES = 188
SYNC = 0x47
PAT_PID = 0
PMT_PID = 0x1000
VIDEO_PID = 0x100
"""The identifiers that ffmpeg's muxer gives a stream's first programme and first video."""


@dataclasses.dataclass(frozen=True)
class StreamChunk:
    """A part of a stream that is sent as a whole: here whole packets."""

    data: bytes
    key_frame: bool = False
    """Whether it begins with a key frame, so that a viewer can join here."""


class TransportStreamParser:
    """Cuts a byte stream into chunks that begin at key frames, and remembers the tables."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = b''
        self._tables: dict[int, bytes] = {}

    def restart(self) -> None:
        """Drop an incomplete packet: another encoder continues from here."""
        self._rest = b''

    @property
    def tables(self) -> bytes:
        """Return the newest PAT and PMT, which a new viewer is sent first."""
        return b''.join(self._tables[pid] for pid in sorted(self._tables))

    def feed(self, data: bytes) -> list[StreamChunk]:
        """Return the whole packets so far, in order, cut before each key frame."""
        data = self._rest + data
        usable = len(data) // PACKET_BYTES * PACKET_BYTES
        self._rest = data[usable:]
        chunks: list[StreamChunk] = []
        begun, key = 0, False
        for at in range(0, usable, PACKET_BYTES):
            if data[at] != SYNC:
                raise ValueError(f'byte {at} of the stream is no packet start')
            pid = (data[at + 1] & 0x1F) << 8 | data[at + 2]
            if pid in (PAT_PID, PMT_PID):
                self._tables[pid] = data[at:at + PACKET_BYTES]
            elif pid == VIDEO_PID and _random_access(data, at):
                if at > begun:
                    chunks.append(StreamChunk(data[begun:at], key))
                begun, key = at, True
        if usable > begun:
            chunks.append(StreamChunk(data[begun:usable], key))
        return chunks


def _random_access(data: bytes, at: int) -> bool:
    """Return whether the packet starts a picture that can be decoded by itself."""
    starts = bool(data[at + 1] & 0x40)
    has_adaptation = bool(data[at + 3] & 0x20)
    return starts and has_adaptation and data[at + 4] > 0 and bool(data[at + 5] & 0x40)
