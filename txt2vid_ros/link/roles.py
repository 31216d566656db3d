"""What the ends of a link do: one way, or both."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.link.protocol.wire import FrameType, SPEECH_FRAMES

_OF_ALL = frozenset({FrameType.AUDIO})
_HEARD = frozenset({*SPEECH_FRAMES, FrameType.CONTROL, FrameType.PARTIAL})
_ANSWERS = frozenset({FrameType.ACK})


@dataclasses.dataclass(frozen=True)
class Role:
    """What an end does of what an end can do."""

    name: str
    initiates: bool
    """Whether it asks for a session, at an address; else it waits to be asked."""
    speaks: bool
    hears: bool

    @property
    def two_way(self) -> bool:
        """Whether it does both, as the other end has to."""
        return self.speaks and self.hears

    @property
    def accepts(self) -> frozenset[FrameType]:
        """Return the frames of a session that it takes; all take sound or reports on it."""
        return (_OF_ALL | (_HEARD if self.hears else frozenset())
                | (_ANSWERS if self.speaks else frozenset())
                | (frozenset({FrameType.DATA}) if self.two_way else frozenset()))


SENDER = Role('sender', initiates=True, speaks=True, hears=False)
RECEIVER = Role('receiver', initiates=False, speaks=False, hears=True)
CALLING_PEER = Role('peer', initiates=True, speaks=True, hears=True)
LISTENING_PEER = Role('peer', initiates=False, speaks=True, hears=True)
