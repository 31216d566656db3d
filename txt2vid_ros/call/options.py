"""What a user tells of oneself in a call, and how the peer may speak."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from txt2vid_ros.call.card import CardHead, MOST_FACE_BYTES
from txt2vid_ros.call.face.making import FaceBudget
from txt2vid_ros.call.face.taking import FacePolicy
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.people import NamedVoice

PREVIEW_BYTES = 3000
"""Of a picture that goes before a larger face: under two minutes at 300 bit/s."""
LOCAL_VOICES = ('hibari', 'kokoro', 'piper', 'pocket-tts', 'espeak')
"""Providers that a stranger may choose: they cost nothing, and tell nobody what is said."""


@dataclasses.dataclass(frozen=True)
class CallOptions(FacePolicy):
    """The options of an end of a call."""

    key_file: str = parameter('', 'file of the key that both ends share; cards are kept under it')
    name: str = parameter('', 'what the peer is told to call you; empty for "Caller"')
    locale: str = parameter('en', 'the language that you speak, as BCP 47 tag')
    voices: tuple[str, ...] = parameter(
        (), 'voices that speak for you at the peer, PROVIDER:VOICE, the favourite first')
    me: str = parameter('', 'picture or clip of your face')
    face_budget: int = parameter(30_000, 'bytes of your face as it is sent', minimum=2000,
                                 maximum=MOST_FACE_BYTES)
    share_face: bool = parameter(False, 'whether the peer may have it; without, it stays here')
    accept_voices: tuple[str, ...] = parameter(
        LOCAL_VOICES, 'providers of voices that the card of the peer may choose')
    fallback_voices: tuple[str, ...] = parameter(
        ('hibari',), 'providers that speak where those of its card cannot')

    def budgets(self) -> tuple[FaceBudget, ...]:
        """Return what one's own face may cost: that of the preview, if any, and of the face."""
        whole = FaceBudget(self.face_budget)
        if self.face_budget < 3 * PREVIEW_BYTES:
            return (whole,)
        return FaceBudget(PREVIEW_BYTES, face_seconds=0.0), whole

    def head(self) -> CardHead:
        """Return what is told of oneself. Raises UserError."""
        voices = []
        for voice in self.voices:
            provider, colon, name = voice.partition(':')
            if not (provider and colon):
                raise UserError(f'voices: {voice!r} names no voice', 'Write PROVIDER:VOICE.')
            voices.append(NamedVoice(provider, name))
        try:
            return CardHead(self.name or 'Caller', self.locale, tuple(voices))
        except CardError as error:
            raise UserError(f'name, locale or voices cannot stand on a card: {error}',
                            'Shorten it, and leave out what is no letter.') from error

    def shared_face(self) -> Path | None:
        """Return the file of the face that is shared, if any. Raises UserError."""
        if not self.me:
            return None
        file = Path(self.me).expanduser()
        if not file.is_file():
            raise UserError(f'me: there is no file {str(file)!r}',
                            'Name a picture or a clip of your face.')
        return file if self.share_face else None
