"""The voices of all speakers, loaded as the settings ask for them, and which of them is in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import dataclasses
import threading
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import OptionTables, prefix_of
from txt2vid_ros.core.people import DEFAULT, People, Person
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.choice import (
    make_voice,
    person_options,
    provider_names,
    voice_options,
)
from txt2vid_ros.providers.live_speed import live_problem
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.speaking.voice import TextToSpeech

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


def option_tables(provider: tuple[str, ...], people: People) -> OptionTables:
    """Return the options of all voices that are named. Raises UserError."""
    names = [*provider_names(provider, PROVIDER),
             *(name for person in people for name in person.tts)]
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
        self._voices: dict[tuple[Any, ...], FallbackVoice] = {}
        known = {} if before is None else before._voices
        keys = {person.where: self._key(person) for person in self._people}
        for key in {*keys.values()} & known.keys():
            self._voices[key] = known[key]
            for name in key[0]:
                assert before is not None
                self.health.keep(name, before.health.of(name))
        try:
            for person in self._people:
                self._load(person, keys[person.where], beside=before is not None)
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
        return max(voice.capabilities.sample_rate for voice in self._voices.values())

    def voices(self) -> list[FallbackVoice]:
        """Return all voices."""
        return [*self._voices.values()]

    def of(self, speaker: str, *, warn: bool = True) -> FallbackVoice:
        """Return the voice of a speaker; of the default one where the speaker has no profile."""
        return self._voices[self._key(self._people.get(speaker or DEFAULT, warn=warn))]

    def speakers(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield each speaker id with the name of its voice and the languages of that."""
        for speaker in self._people.ids():
            person = self._people.get(speaker)
            yield speaker, self._called(person), self.of(speaker).capabilities.languages

    def release(self, kept: VoiceSet | None = None) -> None:
        """Release the voices that `kept` does not use, each once it has done what it does."""
        for voice in self.voices():
            if kept is None or voice not in kept.voices():
                voice.release()

    def close(self) -> None:
        """Release all voices; may be called twice."""
        for voice in self.voices():
            voice.close()

    def _called(self, person: Person) -> str:
        """Return the name of a person's voice; '' for the provider's default one."""
        first = (person.tts or self._settings.provider)[0]
        options = {**self._settings.options, **self._own_options[person.where]}
        return (options.get(f'{prefix_of(first)}.voice') or person.voice
                or (self._settings.voice if not person.tts else ''))

    def _key(self, person: Person) -> tuple[Any, ...]:
        """Return what decides how a person's voice sounds."""
        settings = self._settings
        # A voice of one provider means nothing to another.
        same = person.tts in ((), settings.provider)
        names = person.tts or settings.provider
        options = {**settings.options, **self._own_options[person.where]}
        prefixes = tuple(f'{prefix_of(name)}.' for name in names)
        return (names, person.voice or (settings.voice if same else ''),
                person.speed or settings.speed, settings.limits,
                *sorted((name, value) for name, value in options.items()
                        if name.startswith(prefixes)))

    def _load(self, person: Person, key: tuple[Any, ...], *, beside: bool) -> None:
        if key in self._voices:
            return
        names, called, speed, limits, *options = key
        voice = make_voice(names, called, speed, dict(options), parameter=PROVIDER,
                           health=self.health, limits=limits)
        self._voices[key] = voice
        voice.load()
        if voice.loaded:
            voice.leave_out_slow(live_problem)
        if beside and not voice.loaded:
            raise UserError('; '.join(f'{name} could not be loaded: '
                                      f'{self.health.of(name).last_error}' for name in names))


class VoiceChange:
    """Voices of which others may take the place while one speaks. Safe to use from any thread."""

    def __init__(self, voices: VoiceSet) -> None:
        """Begin with loaded voices."""
        self._voices = voices
        self._speaking: TextToSpeech | None = None
        self._retired: list[FallbackVoice] = []
        self._lock = threading.Lock()

    @property
    def voices(self) -> VoiceSet:
        """Return those that the next utterance is said with."""
        return self._voices

    def take(self, speaker: str) -> FallbackVoice:
        """Return the voice for one utterance; give_back() has to follow."""
        with self._lock:
            voice = self._voices.of(speaker)
            self._speaking = voice
            return voice

    def give_back(self, voice: TextToSpeech) -> None:
        """Learn that the utterance is made: a voice that is out of use is released."""
        with self._lock:
            self._speaking = None
            retired, self._retired = self._retired, []
        for each in retired:
            each.release()

    def use(self, voices: VoiceSet) -> None:
        """Say the next utterance with other voices."""
        with self._lock:
            old = [voice for voice in self._voices.voices() if voice not in voices.voices()]
            self._voices = voices
            self._retired += [voice for voice in old if voice is self._speaking]
            free = [voice for voice in old if voice is not self._speaking]
        for voice in free:
            voice.release()

    def close(self) -> None:
        """Release all voices."""
        with self._lock:
            retired, self._retired = self._retired, []
        for voice in retired:
            voice.close()
        self._voices.close()
