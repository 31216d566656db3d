"""What the link node does with sound: mic/audio, peer/audio, and the mode in which speech goes."""

from __future__ import annotations

from collections.abc import Callable

from txt2vid_ros.link.messages import Instant, LinkEvent, ReceivedAudio, SoundPath
from txt2vid_ros.link.roles import Role
from txt2vid_ros.link.sound.ladder import TEXT
from txt2vid_ros.link.sound.speech_ways import SpeechWays, Use
from txt2vid_ros.media.speech_coding.opus import load_av
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.sound.peer_sound import PeerSound


class LinkSound:
    """Connects the topics of sound with an end of the link."""

    def __init__(self, node: ManagedNode, role: Role, use: Use, now: Callable[[], Instant]
                 ) -> None:
        """Create the publishers. `use` calls what it is given with the end, as a runner does."""
        self._speaks = role.speaks
        self._topics = PeerSound(node, plays=role.hears)
        self._ways = SpeechWays(use, now, self._topics.tell_mode)
        self.text_of = self._ways.text_of

    @staticmethod
    def check(mode: str) -> None:
        """Raise UserError where Opus is not installed, and `mode` may need it."""
        if mode != TEXT:
            load_av()

    def start(self, mode: str) -> None:
        """Begin, now that the node is active. Raises UserError as choose() does."""
        self._topics.start(self._ways)
        self.choose(mode)
        self._topics.tell_mode(self._ways.mode)

    def choose(self, mode: str) -> None:
        """Have speech go another way. Raises UserError where that cannot be."""
        if not self._speaks:
            return
        self.check(mode)
        self._ways.choose(mode)
        if mode != TEXT:
            self._topics.listen()

    def take(self, event: LinkEvent) -> bool:
        """Take an event of the link; return whether it was about sound."""
        if isinstance(event, ReceivedAudio):
            self._topics.play(event.stamp, event.seconds, event.packets)
        elif isinstance(event, SoundPath):
            self._ways.path(event)
        else:
            return False
        return True
