"""Datagrams over a serial line, stuffed, with zero bytes between them."""

from __future__ import annotations

import contextlib
import os
import termios
import tty

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.messages import NEVER, Source
from txt2vid_ros.link.transport.base import Arrival, BATCH, Transport
from txt2vid_ros.link.transport.framing import stuff, ZeroDeframer

_BACKLOG_BYTES = 4096
_READ_BYTES = 4096
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


class SerialLine(Transport):
    """Both ends alike. A line that goes away is opened again when it is back."""

    header_bytes = 2
    bits_per_byte = 10

    def __init__(self, path: str, baud: int = 0) -> None:
        """Open the device `path` raw; `baud` 0 keeps its speed. Raises UserError."""
        self._path = path
        self._speed = getattr(termios, f'B{baud}', None) if baud else None
        if baud and self._speed is None:
            raise UserError(f'baud: {baud} is no speed of a serial line',
                            'Say for example 1200, 9600 or 115200')
        self._in = ZeroDeframer()
        self._out = bytearray()
        self._file: int | None = None
        self._pause = _FIRST_PAUSE
        self._next_try = 0.0
        self._problem = ''
        try:
            self._open()
        except OSError as error:
            raise UserError(f'address: the serial line {path} cannot be opened: {error.strerror}',
                            'Name the device, for example /dev/ttyUSB0, and join its group'
                            ) from error

    def _open(self) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            tty.setraw(file)
            settings = termios.tcgetattr(file)
            settings[2] |= termios.CLOCAL | termios.CREAD
            if self._speed is not None:
                settings[4] = settings[5] = self._speed
            termios.tcsetattr(file, termios.TCSANOW, settings)
        except termios.error as error:
            os.close(file)
            raise OSError(error.args[0], 'it is no serial line') from error
        self._file = file
        self._in.clear()
        self._out.clear()
        self._problem, self._pause = '', _FIRST_PAUSE

    def filenos(self) -> list[int]:
        """Return the device, while it is there."""
        return [] if self._file is None else [self._file]

    def receive(self) -> list[Arrival]:
        """Return whole frames; damaged ones are passed on as they are, to be counted."""
        if not self._in.ready:
            self._read()
        return [Arrival(datagram, None) for datagram in self._in.take(BATCH)]

    def _read(self) -> None:
        if self._file is None:
            return
        try:
            data = os.read(self._file, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error.strerror or str(error))
            return
        if not data:
            self._lost('the line has ended')
        self._in.feed(data)

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Queue a frame, unless the line is stuck, and write what goes."""
        if len(self._out) < _BACKLOG_BYTES:
            self._out += stuff(datagram) + b'\0'
        self._flush()

    def _flush(self) -> None:
        while self._out and self._file is not None:
            try:
                del self._out[:os.write(self._file, self._out)]
            except BlockingIOError:
                return
            except OSError as error:
                self._lost(error.strerror or str(error))

    def maintain(self, now: float) -> float:
        """Write what waits; open the line again where it is gone."""
        if self._file is not None:
            self._flush()
            if self._in.ready:
                return now
            return now + 0.02 if self._out else NEVER
        if now >= self._next_try:
            try:
                self._open()
                return NEVER
            except OSError as error:
                self._problem = f'{self._path} is gone: {error.strerror}'
                self._next_try = now + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        return self._next_try

    def _lost(self, why: str) -> None:
        self._problem = f'{self._path} is gone: {why}'
        self.close()

    @property
    def problem(self) -> str:
        """Why the line is not open."""
        return self._problem

    def close(self) -> None:
        """Close the device."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
        self._file = None
