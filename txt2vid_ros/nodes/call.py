"""One end of a call: exchanges cards over the link, and has the graph speak as the peer."""

from __future__ import annotations

import collections
from collections.abc import Mapping
import dataclasses
import json
from pathlib import Path
import shutil
import tempfile
import threading
import time
from typing import Any, TYPE_CHECKING

from std_msgs.msg import Bool, Empty, Int32MultiArray, String, UInt8MultiArray
from txt2vid_ros.call.exchange import CardExchange
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.call.options import CallOptions
from txt2vid_ros.call.own_card import OwnCard
from txt2vid_ros.call.own_faces import OwnFaces
from txt2vid_ros.call.peer_people import people_of, write_people
from txt2vid_ros.call.store import CardStore
from txt2vid_ros.call.summary import summary
from txt2vid_ros.core.registry import names, VOICES
from txt2vid_ros.core.storage.state import state_dir
from txt2vid_ros.link import keys
from txt2vid_ros.link.data.farewell import LONGEST
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.call.remote_parameter import RemoteParameter
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.running import end_process, run

if TYPE_CHECKING:
    from txt2vid_ros.call.face.coding import Frame
    from txt2vid_ros.lipsync.face.mesh import FaceMesh

NOBODY = '0' * 32
"""The identity of whoever calls without a key: kept for this call alone."""
GOODBYE = b'\x10'
"""The message of data that ends a call; no message of cards begins so."""
GOODBYE_SECONDS = LONGEST + 5.0
"""Until a call is over at this end whatever the link says of its goodbye, or does not say."""
IN_FLIGHT = 2
"""Messages that wait in the link at most: what is sent next can still be chosen."""
MOST_RECEIVED = 256
LOOK = 0.1
"""Seconds between two looks at whether a call is over."""
PACE = 0.5
"""Seconds between two looks at what may be due."""


@dataclasses.dataclass(frozen=True)
class Parameters(CallOptions, NodeParameters):
    """The parameters of the call node."""


class CallNode(ManagedNode):
    """Connects the data topics of the link with a CardExchange, and its outcome with the graph."""

    NAME = 'call'
    Parameters = Parameters

    def configure(self) -> None:
        """Look up the cards of the peer, and check what is known of oneself. Raises UserError."""
        table = self.parameters
        key = keys.find(table.key_file) or keys.NO_KEY
        self._head = table.head()
        share = table.shared_face()
        self._lock = threading.Condition()
        self._folder = Path(tempfile.mkdtemp(prefix='txt2vid-call-'))
        self.until_cleanup(lambda: shutil.rmtree(self._folder, ignore_errors=True))
        identity = keys.fingerprint(key)
        store = CardStore() if identity else CardStore(self._folder / 'cards')
        self._own = OwnCard(self._head, table.budgets(), self._changed)
        self._own.share(share, OwnFaces(state_dir() / 'own_faces'))
        self._mesh: FaceMesh | None = None
        self._exchange = CardExchange(table, store, identity or NOBODY, self._shows_face,
                                      self._changed)
        self.until_cleanup(self._exchange.close)
        self._send = self.publisher(UInt8MultiArray, 'link/send', qos.DATA)
        self._state = self.publisher(String, 'call/peer', qos.INFO)
        self._send_last = self.publisher(UInt8MultiArray, 'link/send_last', qos.DATA)
        self._ended = self.publisher(Empty, 'call/ended', qos.ENDED)
        self._received: collections.deque[bytes] = collections.deque(maxlen=MOST_RECEIVED)
        self._free, self._largest, self._sessions = 0, 0, 0
        self._again = self._left = False
        self._leaving: float | None = None
        self._over = False
        self._own_problem = ''
        self._told = self._people = ''

    def start(self) -> None:
        """Exchange cards."""
        self._remote = RemoteParameter(self, ('tts', 'lipsync'), 'people')
        self._again, self._left, self._leaving, self._over = True, False, None, False
        self._told = self._people = ''
        for kind, topic, take, profile in (
                (UInt8MultiArray, 'link/received', self._on_received, qos.DATA),
                (Int32MultiArray, 'link/room', self._on_room, qos.INFO),
                (Bool, 'link/sent_last', self._on_sent_last, qos.DATA),
                (String, 'call/own_face', self._on_own_face, qos.INFO),
                (Empty, 'call/hang_up', self._on_hang_up, qos.TEXT)):
            self.create_subscription(kind, topic, take, profile,
                                     qos_overriding_options=qos.overridable())
        # Not on the thread of the cards, which may be busy with a face of the peer for seconds.
        self.create_timer(LOOK, self._leave)
        self.work('cards', self._run)
        self.work('own card', self._own.run)

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return whom the call is with, and how far the cards are."""
        exchange = self._exchange
        have, of = exchange.progress
        figures = {'card_bytes': of, 'card_bytes_arrived': have, 'sessions': self._sessions}
        head = exchange.head
        return 'ok', (f'{self._phase} {head.name}'.strip() if head else self._phase), figures

    @property
    def _phase(self) -> str:
        return 'ended' if self._left else 'connected' if self._sessions else 'waiting'

    # From the topics ----------------------------------------------------------------------------

    def _on_received(self, message: UInt8MultiArray) -> None:
        with self._lock:
            self._received.append(bytes(message.data))
            self._lock.notify()

    def _on_room(self, message: Int32MultiArray) -> None:
        if len(message.data) != 3:
            return
        waiting, largest, sessions = message.data
        with self._lock:
            self._free, self._largest = IN_FLIGHT - waiting, largest
            if sessions != self._sessions:
                self._sessions, self._again, self._left = sessions, True, False
                # A link that has been started again knows of no goodbye.
                self._over |= not sessions
            self._lock.notify()

    def _on_sent_last(self, message: Bool) -> None:
        """Note that the other end has the goodbye, or that the link has given up."""
        if self._leaving is not None and not message.data:
            self.get_logger().warning('hung up, and the other end may not know it')
        self._over = True

    def _on_own_face(self, message: String) -> None:
        """Take the file of a face whose owner agrees to share it; an empty text takes it back."""
        # Of this call alone: what its owner takes back is not kept.
        faces = OwnFaces(self._folder / f'own-{time.monotonic_ns()}')
        self._own.share(Path(message.data) if message.data else None, faces, keeps=False)

    def _on_hang_up(self, _: Empty) -> None:
        """Tell the peer, once it has all that was said, then everybody here that it is over."""
        with self._lock:
            if self._leaving is None:
                # Of those who have left themselves, and before the link is there, nobody is told.
                self._over = self._left or not self._send_last.get_subscription_count()
                self._leaving = time.monotonic()
                if not self._over:
                    self._send_last.publish(UInt8MultiArray(data=GOODBYE))
            self._lock.notify()

    # On a thread: taking a face needs seconds ---------------------------------------------------

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            with self._lock:
                if not (self._received or self._again or self._own.waits or self._due()):
                    self._lock.wait(PACE)
                received = [*self._received]
                self._received.clear()
                again, self._again = self._again, False
            for message in received:
                self._take(message)
            offer = self._own.take()
            if offer is not None:
                self._exchange.offer(offer.card, offer.consent, offer.preview)
                self._own_problem = offer.problem
                self.set_problem('me', offer.problem)
            elif again:
                self._exchange.session_began()
            self._send_due()
            self._tell()

    def _leave(self) -> None:
        """End the call once the peer knows that it is over, or the link has given up."""
        if self._leaving is not None and (
                self._over or time.monotonic() - self._leaving > GOODBYE_SECONDS):
            self._leaving = None
            self._ended.publish(Empty())

    def _due(self) -> bool:
        return self._free > 0 and self._exchange.wakeup <= time.monotonic()

    def _take(self, message: bytes) -> None:
        if message == GOODBYE:
            self._left = True
            self.get_logger().info('the peer has hung up')
            return
        try:
            self._exchange.take(message)
        except CardError as error:
            self.report_refusal(f'the peer sent what is no card: {error}')

    def _send_due(self) -> None:
        while self._free > 0 and self._sessions and self._leaving is None:
            message = self._exchange.poll(time.monotonic(), self._largest)
            if message is None:
                return
            with self._lock:
                self._free -= 1
            self._send.publish(UInt8MultiArray(data=message))

    def _shows_face(self, frame: Frame) -> bool:
        from txt2vid_ros.call.face.finding import shows_face
        from txt2vid_ros.lipsync.face.mesh import FaceMesh
        self._mesh = self._mesh or FaceMesh()
        return shows_face(self._mesh, frame)

    def _changed(self) -> None:
        with self._lock:
            self._lock.notify()

    # To the graph -------------------------------------------------------------------------------

    def _tell(self) -> None:
        """Publish who the peer is, and have it spoken and shown so, where that has changed."""
        state = summary(self._exchange, self._phase, self._head.name, self._own_problem)
        if state != self._told:
            self._told = state
            self._state.publish(String(data=state))
        peer = self._exchange.peer
        if peer is None:
            return
        installed = {*names(VOICES)} & {*self.parameters.accept_voices}
        people = people_of(peer.head, peer.face, installed, self.parameters.fallback_voices)
        text = json.dumps(people)
        if text == self._people:
            return
        self._people = text
        # A new name each time: to set a parameter to what it is changes nothing.
        file = self._folder / f'people-{time.monotonic_ns()}.yaml'
        try:
            write_people(file, people)
        except OSError as error:
            self.report_refusal(f'{file} cannot be written: {error.strerror}')
            return
        self._remote.set(str(file))


def main() -> int:
    """Run the node."""
    return run(CallNode)


if __name__ == '__main__':
    end_process(main())
