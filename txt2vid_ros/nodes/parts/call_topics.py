"""The topics of a call, for the pages that the node web serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hri_msgs.msg import LiveSpeech
from std_msgs.msg import Empty, String
from txt2vid_ros.core.monitoring.node_states import NodeState
from txt2vid_ros.core.storage.state import state_dir
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.web.server.call.drafts import DraftLines
from txt2vid_ros.web.server.call.own_face import OwnFaceFolder
from txt2vid_ros.web.server.call.peer import read_peer

Post = Callable[[dict[str, Any]], None]
LONGEST_MODE = 40


class CallTopics:
    """
    Tells pages of the call, and does what they ask of it.

    What a page has shared is for this call alone: it is removed when the node starts and when it
    ends. Read on the node's executor; asked in the server's loop.
    """

    def __init__(self, node: ManagedNode, post: Post, link: Callable[[], NodeState | None]
                 ) -> None:
        """`post` sends an event to all pages; `link` returns what the node link said last."""
        self._node, self._post, self._link = node, post, link
        self._hang_up = node.publisher(Empty, 'call/hang_up', qos.TEXT)
        self._own_face = node.publisher(String, 'call/own_face', qos.INFO)
        self._edit = node.publisher(LiveSpeech, 'speech/edit', qos.SPEECH)
        self._drafts = DraftLines()
        self._peer: dict[str, Any] = {}
        self._mode = ''
        self._shares = False
        self._told: dict[str, Any] = {}
        # Two calls on one machine are in two namespaces or in two domains.
        place = f'{node.context.get_domain_id()}{node.get_namespace().replace("/", "-")}'
        self.own_face_folder: Path = state_dir() / 'shared_face' / place
        self._clear()
        node.until_cleanup(self._clear)

    def listen(self) -> None:
        """Follow the topics from now on."""
        for kind, topic, take, profile in (
                (String, 'call/peer', self._on_peer, qos.INFO),
                (String, 'link/mode', self._on_mode, qos.INFO),
                (LiveSpeech, 'speech/draft', self._on_draft, qos.SPEECH)):
            self._node.create_subscription(kind, topic, take, profile,
                                           qos_overriding_options=qos.overridable())

    # What pages ask for -------------------------------------------------------------------------

    @property
    def there(self) -> bool:
        """Return whether there is a call."""
        return bool(self._peer) and self._node.count_publishers('call/peer') > 0

    def share_face(self, file: Path | None) -> None:
        """Share a face whose owner has agreed, or none any more."""
        self._own_face.publish(String(data='' if file is None else str(file)))
        self._shares = file is not None

    def edit(self, speaker: str, start: int, action: str, text: str) -> None:
        """Hold, send or discard what was recognized from `start` (nanoseconds) on."""
        fields = {'hold': {'partial': text}, 'send': {'final': text}, 'discard': {}}[action]
        self._edit.publish(messages.to_speech(speaker, start, '', 1.0, **fields))

    def hang_up(self) -> None:
        """End the call."""
        self._hang_up.publish(Empty())

    # From the topics ----------------------------------------------------------------------------

    def tell(self) -> None:
        """Tell pages how the call stands, where that has changed; call once a second."""
        link = self._link()
        figures = {name: round(value) for name, value in link.figures.items()
                   if name in ('wire_bps', 'lost_s')} if link and link.alive else {}
        event = {
            'type': 'call', 'there': self.there, **self._peer, 'mode': self._mode,
            'shares': self._shares, 'bits_per_second': figures.get('wire_bps'),
            'lost_seconds': figures.get('lost_s', 0)}
        if event != self._told and (self._peer or self._told):
            self._told = event
            self._post(event)

    def _on_peer(self, message: String) -> None:
        peer = read_peer(message.data)
        if peer is None:
            self._node.report_refusal('call/peer: a message is no JSON object')
            return
        self._peer = peer
        self.tell()

    def _on_mode(self, message: String) -> None:
        self._mode = message.data[:LONGEST_MODE]
        self.tell()

    def _on_draft(self, message: LiveSpeech) -> None:
        link = self._link()
        self._post(self._drafts.take(
            message.header.frame_id, messages.from_time(message.header.stamp),
            message.incremental, message.final, self._node.ros_clock.now(),
            link.figures.get('send_delay_s', 0.0) if link is not None else 0.0))

    def _clear(self) -> None:
        try:
            OwnFaceFolder(self.own_face_folder).clear()
        except OSError as error:
            self._node.add_problem(f'a shared face cannot be removed: {error}')
