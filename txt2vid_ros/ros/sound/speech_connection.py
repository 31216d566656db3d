"""The connection of a participant that has tts speak, and follows when that is heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from rclpy.node import Node
from rclpy.publisher import Publisher
from txt2vid_ros.core.people import DEFAULT, utterance_id
from txt2vid_ros.ros import messages, qos


class SpeechConnection:
    """
    Publishes texts on `heard`, and follows `voice/audio` to know when each is heard.

    The callbacks come on the thread of the node's executor; stamps are nanoseconds.
    """

    def __init__(self, node: Node, heard: Publisher, sound: Callable[[str, int], None],
                 ended: Callable[[str, int], None],
                 restarted: Callable[[], None] = lambda: None) -> None:
        """
        Give `sound` the utterance and stamp of each chunk, `ended` those of its end.

        `heard` is the publisher of that topic. `restarted` is called where a tts node begins to
        work later than the one that was there: it knows nothing of the texts before.
        """
        self._node = node
        self._heard = heard
        self._sound = sound
        self._ended = ended
        self._restarted = restarted
        self._announced = 0
        self._voices: set[bytes] = set()
        """The publishers of sound, by their ids in the middleware, that were there then."""
        node.create_subscription(AudioDataStamped, 'voice/audio', self._on_audio, qos.AUDIO)
        # Latched, and subscribed to after the sound: once it is here, tts knows of both.
        node.create_subscription(AudioInfo, 'voice/audio_info', self._on_info, qos.INFO)

    def connected(self) -> bool:
        """Return whether a tts node listens and its voice can be followed."""
        # Recorders subscribe too, perhaps earlier; every known subscription has to be matched.
        return (self._announced > 0 and self.has_voice()
                and self._heard.get_subscription_count()
                >= self._node.count_subscribers(self._heard.topic_name))

    def has_voice(self) -> bool:
        """Return whether a tts node is there; one that was killed is there for some seconds."""
        return any(each.node_name == 'tts' for each in
                   self._node.get_subscriptions_info_by_topic(self._heard.topic_name))

    def say(self, text: str, speaker: str, stamp: int, locale: str = '') -> str:
        """Publish a text whose first word began at `stamp`; return the id of its utterance."""
        speaker = speaker or DEFAULT
        self._heard.publish(messages.to_speech(speaker, stamp, locale, 1.0, final=text))
        return utterance_id(speaker, stamp)

    def _on_info(self, message: AudioInfo, info: dict[str, Any]) -> None:
        # That of the same node may come again, also because a stranger has stated something else.
        sent = max(1, int(info.get('source_timestamp', 0)))
        voices = {bytes(each.endpoint_gid) for each in
                  self._node.get_publishers_info_by_topic('voice/audio')}
        # A voice that was only deactivated has the same publishers as before; nobody else states
        # anything then.
        alone = self._node.count_publishers('voice/audio_info') < 2
        if self._announced and sent > self._announced and (
                alone or not voices or voices - self._voices):
            self._restarted()
        self._announced = max(sent, self._announced)
        self._voices = voices

    def _on_audio(self, message: AudioDataStamped) -> None:
        tell = self._sound if len(message.audio.data) else self._ended
        tell(message.header.frame_id, messages.from_time(message.header.stamp))
