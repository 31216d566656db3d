"""One end of the text link: sends `speech` in a few datagrams, publishes `heard`, or both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import time
from typing import Any

from hri_msgs.msg import LiveSpeech
from std_msgs.msg import String
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import DEFAULT, utterance_id
from txt2vid_ros.link import keys
from txt2vid_ros.link.codec.languages import ENGLISH
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.link_statistics import LinkStatistics
from txt2vid_ros.link.messages import (
    Connected,
    DataTaken,
    Dropped,
    Instant,
    LastSent,
    LinkEvent,
    Mismatch,
    OutgoingText,
    ReceivedData,
    ReceivedText,
)
from txt2vid_ros.link.options import LinkOptions
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.protocol.wire import travelled_start
from txt2vid_ros.link.roles import CALLING_PEER, LISTENING_PEER, RECEIVER, Role, SENDER
from txt2vid_ros.link.runner import LinkRunner
from txt2vid_ros.link.state_file import state_file
from txt2vid_ros.link.transport import open_transport, TransportOptions
from txt2vid_ros.link.transport.base import Transport
from txt2vid_ros.nodes.parts.draft_topics import DraftTopics
from txt2vid_ros.nodes.parts.heard_topic import HeardTopic
from txt2vid_ros.nodes.parts.link_sound import LinkSound
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.call.data_topics import DataTopics
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.monitoring.trace_publisher import TracePublisher
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import Declared
from txt2vid_ros.ros.running import end_process, run

ROLES: dict[tuple[str, bool], Role] = {
    ('sender', False): SENDER, ('sender', True): SENDER,
    ('receiver', False): RECEIVER, ('receiver', True): RECEIVER,
    ('peer', False): CALLING_PEER, ('peer', True): LISTENING_PEER,
}
"""The role of each value of the parameters `role` and `listen`."""


@dataclasses.dataclass(frozen=True)
class Parameters(LinkOptions, NodeParameters):
    """The parameters of the link node."""


class LinkNode(ManagedNode):
    """Connects topics with an end of the link."""

    NAME = 'link'
    RATE_OF = 'utterances'
    Parameters = Parameters

    def configure(self) -> None:
        """Load the text model, open the transport and create the end."""
        table = self.parameters
        self._role = ROLES[table.role, table.listen]
        key = keys.find(table.key_file)
        codec = TextCodec()
        codec.models.get(ENGLISH)
        transport = self._open()
        try:
            key = keys.require(key, transport.loopback, table.insecure)
            config = table.config(transport)
            self._progress_store = ProgressStore(state_file(
                table.state_file, table.transport, self._state_name)
                if self._role.hears else None)
            self._end = Peer(config, key, codec, self._instant(), self._role,
                             self._progress_store)
        except UserError:
            transport.close()
            raise
        self.until_cleanup(self._close_transport)
        self._transport: Transport | None = transport
        self._runner: LinkRunner[Peer] | None = None
        self._drafts = DraftTopics(self, self._on_speech) if self._role.speaks else None
        self._data = (DataTopics(self, self._send_data, self._send_last)
                      if self._role.two_way else None)
        self._sound = LinkSound(self, self._role, self._use, self._instant)
        self._trace = TracePublisher(self)
        self._statistics = LinkStatistics(self._end)
        self._heard = (HeardTopic(self, self._statistics, self._trace)
                       if self._role.hears else None)
        if key == keys.NO_KEY and not transport.loopback:
            self.get_logger().warning('insecure: anybody who reaches it can speak and listen')

    def _open(self) -> Transport:
        table = self.parameters
        options = TransportOptions(table.baud, table.kiss_port, table.callsign,
                                   table.peer_callsign, table.mesh_peer, table.mesh_channel)
        # A transport knows only who waits to be called.
        side = 'sender' if self._role.initiates else 'receiver'
        return open_transport(table.transport, side, table.address, options)

    @property
    def _state_name(self) -> str:
        """Return what the state file is named after: two peers may share a machine."""
        address: str = self.parameters.address
        return address + ('-caller' if self._role.initiates else '')

    def start(self) -> None:
        """Connect the topics with the link."""
        table = self.parameters
        # stop() has closed it; the end keeps its session and stream.
        transport, self._transport = self._transport or self._open(), None
        if self._drafts is not None:
            self._drafts.listen()
            if table.take_text:
                self.create_subscription(String, 'text', self._on_text, qos.TEXT,
                                         qos_overriding_options=qos.overridable())
        if self._heard is not None:
            self._heard.listen()
        self._runner = LinkRunner(self._end, transport, self._on_event, self._instant)
        self.until_deactivate(self._leave)
        self._sound.start(table.mode)
        if self._data is not None:
            self._data.listen()
            self._tell_room(self._end.data.backlog)
        self.get_logger().info(f'{table.role} of the link over {table.transport}, '
                               f'{table.address}')

    def _leave(self) -> None:
        """Leave the link once all that has arrived is published."""
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.close()
        if self._heard is not None:
            self._heard.wait_for_readers()

    def _close_transport(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def check_parameters(self, declared: Declared[Any]) -> None:
        """Raise UserError where speech cannot go as `mode` says."""
        LinkSound.check(declared.table.mode)
        if not self._unconfigured:
            self._end.sound.ladder.check(declared.table.mode)

    def parameters_changed(self) -> None:
        """Have speech go another way."""
        self._sound.choose(self.parameters.mode)

    def _use(self, action: Callable[[Peer, Instant], None]) -> None:
        if self._runner is not None:
            self._runner.use(action)

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return what the link costs and loses, and the offset of the other clock."""
        runner = self._runner
        if runner is None:
            return 'warn', 'not active', {}
        figures = self._statistics.report(self._instant())
        figures['drops'] = figures['dropped']
        if self._drafts is not None:
            figures |= self._drafts.figures()
        problems = (runner.transport.problem, self._progress_store.problem,
                    self._statistics.problem)
        problem = next((problem for problem in problems if problem), '')
        return ('warn', problem, figures) if problem else ('ok', 'connected', figures)

    def _instant(self) -> Instant:
        return Instant(time.monotonic(), self.ros_clock.now() / SECOND)

    # From the topics --------------------------------------------------------------------------

    def _on_speech(self, message: LiveSpeech, recognized: bool = True) -> None:
        text = message.final or message.incremental
        if not text:
            return
        start = messages.from_time(message.header.stamp) or self.ros_clock.now()
        utterance = OutgoingText(text, message.header.frame_id, message.locale, start / SECOND)
        final, runner = bool(message.final), self._runner
        # Where its beginning has gone as sound, only the rest of it goes as text.
        sent = self._sound.text_of(utterance, final) if recognized else utterance
        if sent is None or runner is None:
            return

        def submit(end: Peer, now: Instant) -> None:
            (end.submit if final else end.submit_partial)(sent, now)

        try:
            runner.use(submit)
        except UserError as error:
            self.get_logger().error(f'an utterance is not sent: {error}')
            return
        if final:
            self._trace.mark(utterance_id(sent.speaker, start), 'sent', text=sent.text,
                             link_id=utterance_id(sent.speaker, travelled_start(sent.start)))

    def _on_text(self, message: String) -> None:
        self._on_speech(messages.to_speech(DEFAULT, self.ros_clock.now(), '', 1.0,
                                           final=message.data.strip()), recognized=False)

    def _send_data(self, message: bytes) -> None:
        runner = self._runner
        if runner is not None:
            runner.use(lambda end, now: end.submit_data(message, now))
            self._tell_room(self._end.data.backlog)

    def _send_last(self, message: bytes) -> None:
        self._use(lambda end, now: end.data.submit_last(message, now))

    def _tell_room(self, waiting: int) -> None:
        if self._data is not None:
            self._data.tell_room(waiting, self._end.data.largest, self._end.counters.sessions)

    # From the link, on its thread -------------------------------------------------------------

    def _on_event(self, event: LinkEvent) -> None:
        log = self.get_logger()
        match event:
            case ReceivedText():
                assert self._heard is not None
                self._heard.publish(event)
            case _ if self._sound.take(event):
                return
            case Dropped():
                log.warning(f'{event.count} utterance(s) will not arrive: {event.reason}')
            case Connected():
                self._statistics.mismatch = ''
                log.info('the link has resumed' if event.resumed
                         else 'the other end is connected')
                self._tell_room(self._end.data.backlog)
            case ReceivedData() if self._data is not None:
                self._data.received(event.message)
            case DataTaken():
                self._tell_room(event.waiting)
            case LastSent() if self._data is not None:
                self._data.sent_last(event.arrived)
            case Mismatch() if event.problem != self._statistics.mismatch:
                self._statistics.mismatch = event.problem
                log.error(event.problem)


def main() -> int:
    """Run the node."""
    return run(LinkNode)


if __name__ == '__main__':
    end_process(main())
