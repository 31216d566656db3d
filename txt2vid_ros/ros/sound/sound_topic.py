"""A subscription to sound in any format that AudioInfo can state."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from rclpy.qos import QoSProfile
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.sample_format import SampleFormat
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode


@dataclasses.dataclass(frozen=True)
class ReceivedSound:
    """A message of a sound topic; without `data` it marks the end of what `frame_id` names."""

    frame_id: str
    """The utterance, or the device that captured it."""
    stamp: int
    """When the first sample is to be heard or was captured, nanoseconds."""
    sent: int
    """When it was published, on its machine's clock, nanoseconds; 0 where that is unknown."""
    data: Any
    """Bytes in `format`."""
    format: SampleFormat  # noqa: A003


class SoundTopic:
    """
    Follows a topic and its AudioInfo; sound in a format that cannot be decoded is refused.

    That is logged once and is the node's diagnostic until a format that can be decoded is stated.
    Messages without data are passed on regardless.
    """

    def __init__(self, node: ManagedNode, topic: str, rate: int,
                 take: Callable[[ReceivedSound], None], profile: QoSProfile = qos.VOICE) -> None:
        """Give `take` what arrives: mono S16LE at `rate` Hz until TOPIC_info states another."""
        self.format = SampleFormat(rate)
        """The format stated last that can be decoded."""
        self.refused = False
        """Whether one that cannot be decoded has been stated since."""
        self._node = node
        self._topic = topic
        self._take = take
        node.set_problem(topic, '')
        node.create_subscription(AudioInfo, f'{topic}_info', self._on_info, qos.INFO)
        node.create_subscription(AudioDataStamped, topic, self._on_audio, profile,
                                 qos_overriding_options=qos.overridable())

    def _on_info(self, message: AudioInfo) -> None:
        problem = ''
        try:
            self.format = SampleFormat.parse(self._topic, message.sample_format,
                                             int(message.channels), int(message.sample_rate),
                                             message.coding_format)
        except UserError as error:
            problem = str(error)
        self.refused = bool(problem)
        self._node.set_problem(self._topic, problem)

    def _on_audio(self, message: AudioDataStamped, info: dict[str, Any]) -> None:
        data = message.audio.data
        if len(data) and self.refused:
            return
        self._take(ReceivedSound(
            message.header.frame_id, messages.from_time(message.header.stamp),
            int(info.get('source_timestamp', 0)), data, self.format))
