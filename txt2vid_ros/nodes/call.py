"""One end of a call: exchanges cards over the link, and has the graph speak as the peer."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping
import dataclasses
import json
from pathlib import Path
import shutil
import tempfile
import threading
import time
from typing import Any, TYPE_CHECKING

from std_msgs.msg import Int32MultiArray, String, UInt8MultiArray
from txt2vid_ros.call.card import Card, Face
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.exchange import CardExchange
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.call.options import CallOptions
from txt2vid_ros.call.own_card import own_face
from txt2vid_ros.call.peer_people import people_of, write_people
from txt2vid_ros.call.store import CardStore
from txt2vid_ros.call.summary import summary
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.registry import names, VOICES
from txt2vid_ros.core.storage.state import state_dir
from txt2vid_ros.link import keys
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
IN_FLIGHT = 2
"""Messages that wait in the link at most: what is sent next can still be chosen."""
MOST_RECEIVED = 256
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
        self._share: Path | None = table.shared_face()
        self._folder = Path(tempfile.mkdtemp(prefix='txt2vid-call-'))
        self.until_cleanup(lambda: shutil.rmtree(self._folder, ignore_errors=True))
        identity = keys.fingerprint(key)
        store = CardStore() if identity else CardStore(self._folder / 'cards')
        self._mesh: FaceMesh | None = None
        self._exchange = CardExchange(table, store, identity or NOBODY, self._shows_face,
                                      self._changed)
        self.until_cleanup(self._exchange.close)
        self._send = self.publisher(UInt8MultiArray, 'link/send', qos.DATA)
        self._state = self.publisher(String, 'call/peer', qos.INFO)
        self._lock = threading.Condition()
        self._received: collections.deque[bytes] = collections.deque(maxlen=MOST_RECEIVED)
        self._free, self._largest, self._sessions = 0, 0, 0
        self._again = True
        self._own_problem = ''
        self._told = self._people = ''

    def start(self) -> None:
        """Exchange cards."""
        self._remote = RemoteParameter(self, ('tts', 'lipsync'), 'people')
        self._again, self._told, self._people = True, '', ''
        for kind, topic, take, profile in (
                (UInt8MultiArray, 'link/received', self._on_received, qos.DATA),
                (Int32MultiArray, 'link/room', self._on_room, qos.INFO),
                (String, 'call/own_face', self._on_own_face, qos.TEXT)):
            self.create_subscription(kind, topic, take, profile,
                                     qos_overriding_options=qos.overridable())
        self.work('cards', self._run)

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return whom the call is with, and how far the cards are."""
        exchange = self._exchange
        have, of = exchange.progress
        figures = {'card_bytes': of, 'card_bytes_arrived': have, 'sessions': self._sessions}
        head = exchange.head
        return 'ok', (f'with {head.name}' if head and self._sessions else
                      'connected' if self._sessions else 'waiting for the peer'), figures

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
                self._sessions, self._again = sessions, True
            self._lock.notify()

    def _on_own_face(self, message: String) -> None:
        """Take the file of a face whose owner agrees to share it; an empty text takes it back."""
        with self._lock:
            self._share = Path(message.data) if message.data else None
            self._again = True
            self._lock.notify()

    # On a thread: making and taking a face need seconds -----------------------------------------

    def _run(self, stop: threading.Event) -> None:
        offered: tuple[Path | None] | None = None
        while not stop.is_set():
            with self._lock:
                if not (self._received or self._again or self._due()):
                    self._lock.wait(PACE)
                received = [*self._received]
                self._received.clear()
                again, self._again = self._again, False
                share = (self._share,)
            for message in received:
                self._take(message)
            if share != offered:
                offered = share
                self._offer(share[0])
            elif again:
                self._exchange.session_began()
            self._send_due()
            self._tell()

    def _due(self) -> bool:
        return self._free > 0 and self._exchange.wakeup <= time.monotonic()

    def _take(self, message: bytes) -> None:
        try:
            self._exchange.take(message)
        except CardError as error:
            self.report_refusal(f'the peer sent what is no card: {error}')

    def _send_due(self) -> None:
        while self._free > 0 and self._sessions:
            message = self._exchange.poll(time.monotonic(), self._largest)
            if message is None:
                return
            with self._lock:
                self._free -= 1
            self._send.publish(UInt8MultiArray(data=message))

    def _offer(self, file: Path | None) -> None:
        """Offer one's own card, with a face where its owner shares one."""
        head, problem = self._head, ''
        made: list[Face] = []
        # Without the face at first: making it takes a while, and who speaks is known before.
        self._exchange.offer(Card(head), FaceConsent())
        self._send_due()
        try:
            for face in self._own_faces(file) if file is not None else ():
                made.append(face)
                *preview, card = (Card.of(head.name, head.locale, head.voices, each)
                                  for each in made)
                self._exchange.offer(card, FaceConsent.to(*made), *preview)
                self._send_due()
        except UserError as error:
            problem = str(error)
        self._own_problem = problem
        self.set_problem('me', problem)

    def _own_faces(self, file: Path) -> Iterator[Face]:
        """Make the faces that travel, the smallest first. Raises UserError."""
        for budget in self.parameters.budgets():
            yield own_face(file, budget, state_dir() / 'own_faces')

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
        state = summary(self._exchange, bool(self._sessions), self._head.name, self._own_problem)
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
