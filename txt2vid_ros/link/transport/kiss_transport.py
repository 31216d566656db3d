"""TNCs and radio modems behind KISS, over TCP such as Direwolf, or over a serial line."""

from __future__ import annotations

from txt2vid_ros.link.transport.ax25 import AIR_BYTES, UiHeader
from txt2vid_ros.link.transport.kiss import kiss_framing
from txt2vid_ros.link.transport.serial import SerialTransport
from txt2vid_ros.link.transport.tcp import TcpClient


class KissTcp(TcpClient):
    """Frames to and from a TNC that listens on TCP; both ends of a link are clients of theirs."""

    def __init__(self, text: str, port: int = 0, header: UiHeader | None = None) -> None:
        """Connect to the TNC at HOST:PORT and use its radio `port`. Raises UserError."""
        super().__init__(text, framing=kiss_framing(port, header))
        self.header_bytes = air_bytes(header)
        # Wherever the TNC is: its radio reaches others.
        self.loopback = False


class KissSerial(SerialTransport):
    """Frames to and from a TNC on a serial line, which has to be in KISS mode."""

    bits_per_byte = 8

    def __init__(self, path: str, baud: int = 0, port: int = 0,
                 header: UiHeader | None = None) -> None:
        """Open the TNC's line at `path` and use its radio `port`. Raises UserError."""
        super().__init__(path, baud, kiss_framing(port, header))
        self.header_bytes = air_bytes(header)


def air_bytes(header: UiHeader | None) -> int:
    """Return what a datagram costs on the air besides itself, as far as this end knows."""
    return AIR_BYTES if header else 0
