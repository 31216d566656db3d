"""The sender's end of the text link, over a path that can be cut."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

from txt2vid_ros.bench.soak.utterance import Utterance
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.keys import NO_KEY
from txt2vid_ros.link.messages import OutgoingText
from txt2vid_ros.link.runner import instant, LinkRunner
from txt2vid_ros.link.sender import Sender
from txt2vid_ros.link.transport.udp import UdpClient

POLL_SECONDS = 0.2
LARGEST = 65_536


class LinkEnd:
    """Sends utterances to the link node of a graph on this machine."""

    def __init__(self, port: int) -> None:
        """Connect to the node's UDP port."""
        self.cut = threading.Event()
        """While it is set, no datagram passes in either direction."""
        self._near, self._far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                                 for _ in range(2))
        self._near.bind(('127.0.0.1', 0))
        self._far.connect(('127.0.0.1', port))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._relay, name='path of the link', daemon=True)
        self._thread.start()
        self._runner = LinkRunner(
            Sender(LinkConfig(), NO_KEY, TextCodec(), instant()),
            UdpClient(f'127.0.0.1:{self._near.getsockname()[1]}'), lambda event: None)

    def say(self, utterance: Utterance) -> None:
        """Send an utterance."""
        self._runner.use(lambda end, now: end.submit(OutgoingText(
            utterance.text, utterance.speaker, 'en', utterance.published / SECOND), now))

    def close(self) -> None:
        """Hang up."""
        self._runner.close()
        self._stop.set()
        self._thread.join(2)
        self._near.close()
        self._far.close()

    def _relay(self) -> None:
        client = None
        while not self._stop.is_set():
            for source in select.select([self._near, self._far], [], [], POLL_SECONDS)[0]:
                # Where nobody listens on the port, the answer of the system comes as an error.
                with contextlib.suppress(ConnectionRefusedError):
                    if source is self._near:
                        datagram, client = source.recvfrom(LARGEST)
                        if not self.cut.is_set():
                            self._far.send(datagram)
                    else:
                        datagram = source.recv(LARGEST)
                        if client is not None and not self.cut.is_set():
                            self._near.sendto(datagram, client)
