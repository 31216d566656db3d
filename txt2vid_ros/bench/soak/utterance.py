"""An utterance of the conversation, and what became of it on the topics."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.clock import SECOND

ID_TOLERANCE = SECOND // 2
"""Nanoseconds by which the stamp of an utterance that came over the link may be off."""
SAME_STAMP = 1000
"""Nanoseconds by which tts makes the ids of two texts with one stamp differ, at most."""


@dataclasses.dataclass
class Utterance:
    """What was to be said. All times are nanoseconds of the epoch."""

    number: int
    text: str
    way: str
    """`heard` (the topic) or `link`."""
    published: int
    speaker: str
    interrupted: bool = False
    """Whether it was interrupted on purpose."""
    claps: bool = False
    """Whether it is claps, and not words."""
    chunks: list[tuple[int, int, bool]] = dataclasses.field(default_factory=list)
    """Of each chunk of its sound: when it is heard, how long it is, whether it is loud."""
    ids: set[str] = dataclasses.field(default_factory=set)
    """The ids under which it was heard, continuations left out: more than one, if said twice."""
    ends: int = 0
    """Ends of its sound that were told."""

    def owns(self, utterance_id: str) -> bool:
        """Return whether an id on voice/audio is this utterance's, its continuation's included."""
        speaker, _, rest = utterance_id.rpartition('#')
        stamp = rest.partition('~')[0]
        if speaker != self.speaker or not stamp.isdecimal():
            return False
        return abs(int(stamp) - self.published) <= (
            ID_TOLERANCE if self.way == 'link' else SAME_STAMP)

    @property
    def begun(self) -> int:
        """Return when its first chunk is heard, 0 where none came."""
        return min((at for at, _, _ in self.chunks), default=0)

    @property
    def last(self) -> int:
        """Return when its last chunk ends; when it was published where none came."""
        return max((at + length for at, length, _ in self.chunks), default=self.published)
