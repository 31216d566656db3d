"""The topics of data beside the speech of a link: messages to the other end, and from it."""

from __future__ import annotations

from collections.abc import Callable
import functools
from typing import TYPE_CHECKING

from std_msgs.msg import Bool, Int32MultiArray, UInt8MultiArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros import qos

if TYPE_CHECKING:
    from txt2vid_ros.ros.node import ManagedNode


class DataTopics:
    """
    What programs beside a link send and get over it: `link/send`, `link/received`, `link/room`.

    `link/room` tells them how many messages wait, how many bytes one may have at most, and how
    many sessions there were: what the other end has kept of an earlier one may be gone. A message
    on `link/send_last` goes once all speech and data before it have arrived; `link/sent_last` then
    tells whether the other end has it.
    """

    def __init__(self, node: ManagedNode, submit: Callable[[bytes], None],
                 submit_last: Callable[[bytes], None]) -> None:
        """Publish; `submit` and `submit_last` get what shall be sent once listen() is called."""
        self._node, self._submit, self._submit_last = node, submit, submit_last
        self._sent_last = node.publisher(Bool, 'link/sent_last', qos.DATA)
        self._received = node.publisher(UInt8MultiArray, 'link/received', qos.DATA)
        self._room = node.publisher(Int32MultiArray, 'link/room', qos.INFO)
        self._told: tuple[int, int, int] | None = None

    def listen(self) -> None:
        """Take messages from now on."""
        self._told = None
        for topic, submit in (('link/send', self._submit), ('link/send_last', self._submit_last)):
            self._node.create_subscription(
                UInt8MultiArray, topic, functools.partial(self._on_send, topic, submit), qos.DATA,
                qos_overriding_options=qos.overridable())

    def received(self, message: bytes) -> None:
        """Publish a message of the other end."""
        self._received.publish(UInt8MultiArray(data=message))

    def tell_room(self, waiting: int, largest: int, sessions: int) -> None:
        """Publish how much may be sent, where that has changed."""
        room = (waiting, largest, sessions)
        if room != self._told:
            self._told = room
            self._room.publish(Int32MultiArray(data=list(room)))

    def sent_last(self, arrived: bool) -> None:
        """Publish whether the other end has the last message."""
        self._sent_last.publish(Bool(data=arrived))

    def _on_send(self, topic: str, submit: Callable[[bytes], None],
                 message: UInt8MultiArray) -> None:
        try:
            submit(bytes(message.data))
        except UserError as error:
            self._node.report_refusal(f'{topic}: a message is not sent: {error}')
