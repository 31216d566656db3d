"""
KISS: how a host hands frames to a TNC or a modem, over a serial line or TCP.

Chepponis and Karn, "The KISS TNC", 1987. A frame is FEND, a byte with the port in its high half
and the command in its low half, the data, FEND. Only data frames (command 0) are used here.
"""

from __future__ import annotations

from txt2vid_ros.link.transport.ax25 import UiHeader
from txt2vid_ros.link.transport.framing import Deframer, MAX_FRAME_BYTES, StreamFraming

FEND, FESC, TFEND, TFESC = b'\xc0', b'\xdb', b'\xdc', b'\xdd'
MAX_PORT = 15


def kiss_encode(data: bytes, port: int = 0) -> bytes:
    """Return `data` as a data frame for a TNC's port, 0 to MAX_PORT."""
    # The port's byte is escaped too: that of port 12 is a FEND.
    frame = bytes([port << 4]) + data
    return FEND + frame.replace(FESC, FESC + TFESC).replace(FEND, FESC + TFEND) + FEND


def kiss_decode(frame: bytes) -> bytes:
    """Return what is between two FEND without escapes; the damaged are left as they are."""
    # The replaced FESC cannot be taken for another escape, as FESC + TFEND is replaced first.
    return frame.replace(FESC + TFEND, FEND).replace(FESC + TFESC, FESC)


class KissDeframer(Deframer):
    """Data frames of one port, without their AX.25 header where they have one; others are left."""

    def __init__(self, port: int = 0, header: UiHeader | None = None) -> None:
        """Return what comes through `port`; with a `header`, what its peer has sent to us."""
        super().__init__()
        self._command = port << 4
        self._header = header

    def _cut(self) -> bytes | None:
        while (stop := self._bytes.find(FEND)) >= 0 or len(self._bytes) > MAX_FRAME_BYTES:
            cut = bytes(self._bytes[:stop] if stop >= 0 else self._bytes)
            del self._bytes[:len(cut) + 1]
            frame = kiss_decode(cut)
            if frame[:1] != bytes([self._command]):
                continue    # empty, of another port, or a command
            datagram = self._header.unwrap(frame[1:]) if self._header else frame[1:]
            if datagram is not None:
                return datagram
        return None


def kiss_framing(port: int = 0, header: UiHeader | None = None) -> StreamFraming:
    """Return the framing for a TNC's port, with an AX.25 header or without."""
    def frame(datagram: bytes) -> bytes:
        return kiss_encode(header.wrap(datagram) if header else datagram, port)

    return StreamFraming(frame, lambda: KissDeframer(port, header))
