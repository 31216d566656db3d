"""The voices of all speakers, one for each language, loaded as the settings ask for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import dataclasses
from typing import Any

from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import nearest, speaks
from txt2vid_ros.core.options import OptionTables, prefix_of
from txt2vid_ros.core.people import DEFAULT, NamedVoice, People, Person
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.choice import (
    make_voice,
    person_options,
    provider_names,
    voice_options,
)
from txt2vid_ros.providers.live_speed import LiveSpeeds
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.resilience.health import BreakerState, HealthRegistry

PROVIDER = 'tts.provider'
"""The parameter that names the providers."""


@dataclasses.dataclass(frozen=True)
class VoiceSettings:
    """What voices are made of."""

    provider: tuple[str, ...]
    voice: str
    """The first provider's name of the voice."""
    speed: float
    people: str
    """File of the speakers' profiles; '' for none."""
    limits: TimeLimits
    """Those that are not 0 take the place of the providers' own."""
    options: Mapping[str, Any]
    """By full name, as 'google.pitch'."""

    def keeps_voice_of_another_provider(self, before: VoiceSettings) -> bool:
        """Return whether `voice` was chosen for the provider that spoke before."""
        return bool(self.voice) and self.voice == before.voice and (
            self.provider[:1] != before.provider[:1])


def nearest_voice(voices: Mapping[str, str], locale: str) -> str:
    """Return the voice for the language that comes closest to `locale`; '' for none."""
    return voices.get(nearest(voices, locale), '')


def option_tables(provider: tuple[str, ...], people: People) -> OptionTables:
    """Return the options of all voices that are named. Raises UserError."""
    names = [*provider_names(provider, PROVIDER),
             *(name for person in people for name in person.tts),
             *(voice.provider for person in people for voice in person.voices.values()
               if voice.provider)]
    return voice_options([*dict.fromkeys(names)], PROVIDER)


class VoiceSet:
    """The loaded voices of all profiles; the settings do not change."""

    def __init__(self, settings: VoiceSettings, before: VoiceSet | None = None) -> None:
        """
        Load the voices; may take seconds. Raises UserError.

        A voice that `before` has loaded with the same settings is used again. Where there was one
        before, a voice of which no provider can be loaded is an error.
        """
        self._settings = settings
        self._people = People.load(settings.people)
        tables = option_tables(settings.provider, self._people)
        self._own_options = {
            person.where: person_options(person, tables, person.tts or settings.provider)[0]
            for person in self._people}
        self.health = HealthRegistry()
        self._speeds = LiveSpeeds()
        self._voices: dict[tuple[Any, ...], FallbackVoice] = {}
        self._language_voices: dict[str, Mapping[str, str]] = {}
        # A copy: what is said meanwhile may load another one.
        known = {} if before is None else {**before._voices}
        keys = [key for person in self._people for key in (
            self._key(person), *(self._named_key(person, tag) for tag in person.voices))]
        for key in {*keys} & known.keys():
            self._voices[key] = known[key]
            for name in key[0]:
                assert before is not None
                self.health.keep(name, before.health.of(name))
        try:
            for key in keys:
                self._load(key, beside=before is not None)
        except BaseException:
            self.release(before)
            raise

    @property
    def settings(self) -> VoiceSettings:
        """Return what they were made of."""
        return self._settings

    @property
    def sample_rate(self) -> int:
        """Return the highest rate of the voices, Hz."""
        return max(voice.capabilities.sample_rate for voice in self.voices())

    def voices(self) -> list[FallbackVoice]:
        """Return all voices."""
        return [*self._voices.values()]

    def of(self, speaker: str, locale: str = '', *, warn: bool = True) -> FallbackVoice:
        """
        Return the voice of a speaker, of the default one where the speaker has no profile.

        `locale` is the language of the text; '' for whatever the voice speaks. The voice that the
        profile has for it comes first, then the speaker's own, then one that the own providers
        have for it, then the default profile's, then one of the speaker's own that could not be
        loaded yet; each time another region is better than none. One of a provider may have to be
        loaded. Raises UserError where nobody speaks it.
        """
        person = self._people.get(speaker or DEFAULT, warn=warn)
        key = self._key_for(person, locale)
        if key is None:
            raise UserError(f'no voice of {speaker or DEFAULT} speaks {locale[:20]!r}',
                            f'Spoken: {", ".join(self.languages(speaker, warn=False))}.')
        try:
            self._load(key, beside=True)
        except UserError:
            # The next text in that language tries again.
            failed = self._voices.pop(key)
            self._voices[self._key(person)].give_up(failed)
            failed.release()
            raise
        return self._voices[key]

    def speaks(self, speaker: str, locale: str) -> bool:
        """Return whether a speaker has a voice for a language."""
        return self._key_for(self._people.get(speaker or DEFAULT, warn=False), locale) is not None

    def languages(self, speaker: str, *, warn: bool = True, awaited: bool = False
                  ) -> tuple[str, ...]:
        """
        Return the tags of all languages that a speaker speaks, the usual ones first.

        Those of voices that could not be loaded yet are among them while another attempt is due,
        with `awaited` at any time.
        """
        person = self._people.get(speaker or DEFAULT, warn=warn)
        usual = self._voices[self._key(person)]
        later = [tag for tags in (usual.awaited() if awaited or not usual.known
                                  else self._due(person)).values() for tag in tags]
        own = usual.capabilities.languages if usual.known or not later else later
        return (*dict.fromkeys((*own, *person.voices, *(
            tag for names in (self._names(person), self._settings.provider) for name in names
            for tag in self._by_language(name)), *self._people.get(DEFAULT).voices, *later)),)

    def speakers(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield each speaker id with the name of its voice and the languages that it speaks."""
        for speaker in self._people.ids():
            person = self._people.get(speaker)
            name = self._names(person)[0]
            yield (speaker, self._called(person, name), self.languages(speaker, awaited=True))

    def release(self, kept: VoiceSet | None = None) -> None:
        """Release the voices that `kept` does not use, each once it has done what it does."""
        for voice in self.voices():
            if kept is None or voice not in kept.voices():
                voice.release()

    def close(self) -> None:
        """Release all voices; may be called twice."""
        for voice in self.voices():
            voice.close()

    def _called(self, person: Person, name: str) -> str:
        """Return what a provider's voice of a person is called; '' for its default one."""
        options = {**self._settings.options, **self._own_options[person.where]}
        own = person.voice or (self._settings.voice if not person.tts else '')
        return (options.get(f'{prefix_of(name)}.voice')
                or (own if name == self._names(person)[0] else ''))

    def _due(self, person: Person) -> dict[str, tuple[str, ...]]:
        """Return the voices that could not be loaded and may be tried again, with their tags."""
        return {name: tags for name, tags in self._voices[self._key(person)].awaited().items()
                if self.health.of(name).state is not BreakerState.OPEN}

    def _names(self, person: Person) -> tuple[str, ...]:
        return person.tts or self._settings.provider

    def _key_for(self, person: Person, locale: str) -> tuple[Any, ...] | None:
        """Return the key of the voice for a language; None where there is none."""
        if tag := nearest(person.voices, locale):
            return self._named_key(person, tag)
        own = self._key(person)
        usual = self._voices[own]
        # One that could not be loaded yet is tried again with whatever it is to say.
        if not locale or not usual.known or speaks(usual.capabilities.languages, locale):
            return own
        for names in (self._names(person), self._settings.provider):
            able = {name: voice for name in names
                    if (voice := nearest_voice(self._by_language(name), locale))}
            if able:
                return self._key(person, (*able,), able)
        default = self._people.get(DEFAULT)
        if tag := nearest(default.voices, locale):
            return self._named_key(default, tag)
        due = {name: self._called(person, name) for name, tags in self._due(person).items()
               if speaks(tags, locale)}
        return self._key(person, (*due,), due) if due else None

    def _named_key(self, person: Person, tag: str) -> tuple[Any, ...]:
        """Return the key of the voice that a profile names for a language."""
        named: NamedVoice = person.voices[tag]
        name = named.provider or self._names(person)[0]
        return self._key(person, (name,), {
            name: named.voice or nearest_voice(self._by_language(name), tag)})

    def _key(self, person: Person, names: tuple[str, ...] = (),
             voices: Mapping[str, str] | None = None) -> tuple[Any, ...]:
        """
        Return what decides how a person's voice sounds.

        `names` and `voices` are the providers and their voices, where these are for a language.
        """
        settings = self._settings
        # A voice of one provider means nothing to another.
        same = person.tts in ((), settings.provider)
        own = person.voice or (settings.voice if same else '')
        names = names or self._names(person)
        options = {**settings.options, **self._own_options[person.where]}
        if voices is not None:
            own = ''
            options |= {f'{prefix_of(name)}.voice': voice for name, voice in voices.items()}
        prefixes = tuple(f'{prefix_of(name)}.' for name in names)
        return (names, own, person.speed or settings.speed, settings.limits,
                *sorted((name, value) for name, value in options.items()
                        if name.startswith(prefixes)))

    def _by_language(self, name: str) -> Mapping[str, str]:
        """Return the voices that a provider has for languages; none where it cannot be had."""
        if name not in self._language_voices:
            try:
                kind = registry.load(registry.VOICES, name, PROVIDER)
            except UserError:
                self._language_voices[name] = {}
            else:
                self._language_voices[name] = kind.language_voices()
        return self._language_voices[name]

    def _load(self, key: tuple[Any, ...], *, beside: bool) -> None:
        if key in self._voices:
            return
        names, called, speed, limits, *options = key
        voice = make_voice(names, called, speed, dict(options), parameter=PROVIDER,
                           health=self.health, limits=limits)
        self._voices[key] = voice
        voice.load()
        if voice.loaded:
            voice.leave_out_slow(self._speeds.problem)
        if beside and not voice.loaded:
            raise UserError('; '.join(f'{name} could not be loaded: '
                                      f'{self.health.of(name).last_error}' for name in names))
