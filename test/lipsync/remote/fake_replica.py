"""Another machine that makes mouths, as the client sees it: an HTTP server, good or bad."""

from __future__ import annotations

import contextlib
import threading

from local_server import LocalHandler, LocalServer
import numpy as np
from txt2vid_ros.core.address import HostPort
from txt2vid_ros.lipsync.remote import wire
from txt2vid_ros.lipsync.wav2lip.generator.base import MOUTH_SHAPE


class FakeReplica:
    """Answers with grey mouths, until it is told to do otherwise."""

    def __init__(self) -> None:
        self.asked = 0
        self.mode = 'well'
        self.released = threading.Event()
        outer = self

        class Handler(LocalHandler):
            def do_POST(self) -> None:  # noqa: N802 - the name that the base class calls
                asked = wire.unpack_request(self.rfile.read(int(self.headers['Content-Length'])))
                outer.asked += 1
                answer = wire.pack_mouths([np.full(MOUTH_SHAPE, 0.5, np.float32)
                                           for _ in asked.crops])
                match outer.mode:
                    case 'silent':
                        outer.released.wait(60)
                        self.close_connection = True
                        return
                    case 'busy':
                        self.send_response(503)
                        answer = b'too many'
                    case 'garbage':
                        self.send_response(200)
                        answer = b'<html>' * 100
                    case 'short':
                        self.send_response(200)
                        self.send_header('Content-Length', str(len(answer)))
                        self.end_headers()
                        self.wfile.write(answer[:1000])
                        self.close_connection = True
                        return
                    case 'dripping':
                        # Each byte is in time, and the answer never.
                        self.send_response(200)
                        self.send_header('Content-Length', str(len(answer)))
                        self.end_headers()
                        with contextlib.suppress(OSError):
                            for at in range(len(answer)):
                                self.wfile.write(answer[at:at + 1])
                                if outer.released.wait(0.1):
                                    break
                        self.close_connection = True
                        return
                    case _:
                        self.send_response(200)
                self.send_header('Content-Length', str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self._server = LocalServer(Handler)
        self.address = HostPort('127.0.0.1', int(self._server.address.rpartition(':')[2]))

    def close(self) -> None:
        self.released.set()
        self._server.close()
