"""Which speaker says what a client asks for: by speaker id, voice or language."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import speaks
from txt2vid_ros.core.people import DEFAULT


@dataclasses.dataclass(frozen=True)
class KnownSpeaker:
    """A speaker of people.yaml, as the voice node tells of it."""

    id: str  # noqa: A003
    voice: str
    """The provider's name for the voice; '' for its default."""
    languages: tuple[str, ...]
    """BCP 47 tags."""


def speaker_for(speakers: Sequence[KnownSpeaker], voice: str, locale: str) -> str:
    """
    Return the id of the speaker who has that voice and speaks that language.

    Either may be ''. The default speaker is taken where it fits. Where no speakers are known yet,
    `voice` is taken for an id. Raises UserError where nobody fits.
    """
    if not speakers:
        return voice or DEFAULT
    able = [each for each in speakers if voice in (each.id, each.voice or each.id)] if voice else [
        *speakers]
    if not able:
        raise UserError(f'no speaker is called {voice[:40]!r}, and none has a voice of that name',
                        f'There are {", ".join(each.id for each in speakers)}.')
    fitting = [each for each in able if not locale or speaks(each.languages, locale)]
    if not fitting:
        known = dict.fromkeys(tag for each in able for tag in each.languages)
        raise UserError(f'no voice speaks {locale[:20]!r}',
                        f'Spoken: {", ".join(known)}; give a speaker another voice in '
                        'people.yaml.')
    # False sorts before True: who speaks the very dialect, then the default speaker.
    tag = locale.replace('_', '-').lower()
    return min(fitting, key=lambda each: (
        voice != each.id if voice else False,
        tag not in (name.lower() for name in each.languages), each.id != DEFAULT)).id
