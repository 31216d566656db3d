"""A TNC for tests: hands the KISS frames of each client to all others, as radios in reach do."""

from __future__ import annotations

import contextlib
import socket
import threading

FEND = b'\xc0'


class FakeTnc:
    """Listens on TCP; takes what Direwolf takes: frames on a port that have an AX.25 header."""

    def __init__(self, ax25: bool = True) -> None:
        self._ax25 = ax25
        self._server = socket.create_server(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self._server.getsockname()[1]}'
        self.frames: list[bytes] = []
        """All that were on the air, as they were between FEND and FEND."""
        self._clients: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._clients.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        left = b''
        with contextlib.suppress(OSError):
            while data := client.recv(4096):
                *frames, left = (left + data).split(FEND)
                for frame in frames:
                    if frame and (not self._ax25 or frame[15:17] == b'\x03\xf0'):
                        self.put_on_air(frame, client)

    def put_on_air(self, frame: bytes, source: socket.socket | None = None) -> None:
        """Let everybody but the source hear a frame."""
        with self._lock:
            self.frames.append(frame)
            for client in self._clients:
                if client is not source:
                    with contextlib.suppress(OSError):
                        client.sendall(FEND + frame + FEND)

    def close(self) -> None:
        # Closing alone does not wake who accepts.
        for handle in (self._server, *self._clients):
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()
