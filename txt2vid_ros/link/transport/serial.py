"""Datagrams as frames over a serial line; pyserial opens and configures the line."""

from __future__ import annotations

import errno
import os
import termios
from typing import Any

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.messages import NEVER, Source
from txt2vid_ros.link.transport.base import MAX_RECEIVED_AT_ONCE, ReceivedDatagram, Transport
from txt2vid_ros.link.transport.framing import COBS, StreamFraming

_MAX_UNSENT_BYTES = 4096
"""Of frames that a stuck line does not take; what comes after them is lost."""
_READ_BYTES = 4096
_FLUSH_INTERVAL = 0.02
"""Seconds between attempts to write the rest."""
_REOPEN_BACKOFF = Backoff(first=0.5, largest=5.0)


class SerialTransport(Transport):
    """One end of a line, of which both are alike. A line that goes away is opened again later."""

    header_bytes = 2
    """Of COBS."""
    bits_per_byte = 10

    def __init__(self, path: str, baud: int = 0, framing: StreamFraming = COBS) -> None:
        """
        Open the device `path` for this process alone; `baud` 0 keeps the line's speed.

        Raises UserError.
        """
        self._serial = _import_pyserial()
        self._path = path
        self._baud = baud
        if baud and baud not in self._serial.Serial.BAUDRATES:
            raise UserError(f'baud: {baud} is no speed of a serial line',
                            'Choose for example 1200, 9600 or 115200')
        self._frame, self._deframer = framing.frame, framing.deframer()
        self._unsent = bytearray()
        self._port: Any = None
        self._failures = 0
        self._next_try = 0.0
        self._problem = ''
        try:
            self._open()
        except (OSError, termios.error) as error:
            raise UserError(
                f'address: the serial line {path} cannot be opened: {_reason(error)}',
                'Name the device, for example /dev/ttyUSB0, that nothing else uses, and join the '
                'group that may use it') from error

    def _open(self) -> None:
        # pyserial always sets a speed, so to keep the line's it has to be read before. The line
        # stays open in between: closing it for the last time would hang up.
        line = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            present = termios.tcgetattr(line)[5]
            baud = self._baud or self._named_speed(present)
            self._port = self._serial.Serial(self._path, baud, timeout=0, exclusive=True)
        finally:
            os.close(line)
        self._deframer.clear()
        self._unsent.clear()
        self._problem, self._failures = '', 0

    def _named_speed(self, constant: int) -> int:
        """Return the baud of a speed as termios gives it. Raises OSError for an unusual one."""
        for baud in self._serial.Serial.BAUDRATES:
            if constant == getattr(termios, f'B{baud}', None):
                return int(baud)
        raise OSError(0, 'its present speed is not a usual one; set the parameter baud')

    def filenos(self) -> list[int]:
        """Return the device, while it is there."""
        return [] if self._port is None else [self._port.fileno()]

    def receive(self) -> list[ReceivedDatagram]:
        """Return complete frames; damaged ones are returned undecoded, to be counted."""
        if not self._deframer.ready and self._port is not None:
            try:
                self._deframer.feed(self._port.read(_READ_BYTES))
            except OSError as error:
                self._lost(error)
        return [ReceivedDatagram(datagram, None)
                for datagram in self._deframer.take(MAX_RECEIVED_AT_ONCE)]

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Queue a frame, unless the line is stuck, and write what it takes."""
        if len(self._unsent) < _MAX_UNSENT_BYTES:
            self._unsent += self._frame(datagram)
        self._flush()

    def _flush(self) -> None:
        while self._unsent and self._port is not None:
            try:
                # Not by pyserial, whose write() tries for ever while a line takes nothing.
                del self._unsent[:os.write(self._port.fileno(), self._unsent)]
            except BlockingIOError:
                return
            except OSError as error:
                self._lost(error)

    def maintain(self, now: float) -> float:
        """Write what waits; open the line again where it is gone."""
        if self._port is not None:
            self._flush()
            if self._deframer.ready:
                return now
            return now + _FLUSH_INTERVAL if self._unsent else NEVER
        if now >= self._next_try:
            try:
                self._open()
                return NEVER
            except (OSError, termios.error) as error:
                self._problem = f'{self._path} is gone: {_reason(error)}'
                self._failures += 1
                self._next_try = now + _REOPEN_BACKOFF.after(self._failures)
        return self._next_try

    def _lost(self, error: OSError) -> None:
        self._problem = f'{self._path} is gone: {_reason(error)}'
        self.close()

    @property
    def problem(self) -> str:
        """Why the line is not open."""
        return self._problem

    def close(self) -> None:
        """Close the device."""
        port, self._port = self._port, None
        if port is not None:
            port.close()


def _import_pyserial() -> Any:
    try:
        import serial
    except ImportError as error:
        raise UserError('transport: serial needs pyserial, which is not installed',
                        'Install it: pip install "txt2vid_ros[serial]", or python3-serial of your '
                        'distribution') from error
    return serial


def _reason(error: OSError | termios.error) -> str:
    """Return what the system said, without pyserial's words around it."""
    code = error.args[0] if isinstance(error, termios.error) else error.errno
    if code == errno.ENOTTY:
        return 'it is no serial line'
    if code == errno.EWOULDBLOCK:
        return 'another program uses it'
    return os.strerror(code) if code else str(getattr(error, 'strerror', '') or error)
