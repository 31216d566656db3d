"""Sends sound in pieces, with what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import select

from local_server import LocalHandler
from trouble import Trouble, Troubles


class TroubledHandler(LocalHandler):
    """A handler of a fake service that has `troubles`."""

    troubles: Troubles

    def stream(self, data: bytes, ends: Sequence[int], trouble: Trouble,
               headers: Mapping[str, str], sending: Callable[[int], None] = lambda number: None
               ) -> None:
        """Send an answer up to each of `ends`; `sending` gets each piece's number."""
        try:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header('Transfer-Encoding', 'chunked')
            self.end_headers()
            for number, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
                if trouble.cut and number == trouble.after:
                    self.close_connection = True
                    return
                if number and trouble.gap and self.gone(trouble.gap):
                    return
                sending(number)
                if piece := data[begin:end]:
                    self.chunk(piece)
            if trouble.tail and self.gone(trouble.tail):
                return
            if trouble.cut and trouble.after < 0:
                self.close_connection = True
                return
            self.wfile.write(b'0\r\n\r\n')
        except ConnectionError:
            self.troubles.left.release()
            self.close_connection = True

    def gone(self, seconds: float) -> bool:
        """Wait; return whether the client has left meanwhile."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable:
            self.troubles.left.release()
            self.close_connection = True
        return bool(readable)
