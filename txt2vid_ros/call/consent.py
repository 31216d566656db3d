"""Whether one's face may be sent: only where its owner has said so, and only that face."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.call.card import Card, Face


@dataclasses.dataclass(frozen=True)
class FaceConsent:
    """What the owner of a face has agreed to; to nothing by default."""

    faces: frozenset[bytes] = frozenset()
    """Digests of the faces that may be sent: a face that is changed is asked for again."""

    @classmethod
    def to(cls, *faces: Face) -> FaceConsent:
        """Return the consent to send these faces."""
        return cls(frozenset(face.digest for face in faces))

    def covers(self, face: Face) -> bool:
        """Return whether this face may be sent."""
        return face.digest in self.faces

    def allowed(self, card: Card) -> Card:
        """Return what of a card may be sent."""
        if card.face is None or self.covers(card.face):
            return card
        return card.without_face()
