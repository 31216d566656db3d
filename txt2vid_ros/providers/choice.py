"""Makes, from the names that the user gave, the providers that do the work; none is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import dataclasses
from typing import Any

from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import spoken_locales
from txt2vid_ros.core.options import made, OptionTables, prefix_of
from txt2vid_ros.core.parameters import listed, parameter
from txt2vid_ros.core.people import Person
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.listening.recognizer import SpeechToText
from txt2vid_ros.providers.resilience.fallback_recognizer import FallbackRecognizer
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.resilience.provider_slot import P, ProviderSlot
from txt2vid_ros.speaking.voice import TextToSpeech


@dataclasses.dataclass(frozen=True)
class VoiceName:
    """The option that every voice has."""

    voice: str = parameter('', "the provider's name of the voice; empty for tts.voice where it is "
                           'the first provider, else for its own default')


def provider_names(names: str | Sequence[str], parameter: str) -> list[str]:
    """
    Return the names of a list, or of a text such as 'resemble, google, hibari'.

    Raises UserError for an empty list and for a name that is in it twice.
    """
    each = [*(listed(names) if isinstance(names, str) else names)]
    if not each:
        raise UserError(f'{parameter} is empty',
                        'Name a provider, or several with commas between.')
    for name in each:
        if each.count(name) > 1:
            raise UserError(f'{parameter}: {name!r} is in the list twice', 'Name each only once.')
    return each


def voice_options(names: Sequence[str], parameter: str = '--tts') -> OptionTables:
    """Return the options of these voices; `parameter` is what names them. Raises UserError."""
    return _options(registry.VOICES, names, parameter, [VoiceName])


def recognizer_options(names: Sequence[str], parameter: str = '--stt') -> OptionTables:
    """Return the options of these recognizers; see voice_options()."""
    return _options(registry.RECOGNIZERS, names, parameter, [])


def person_options(person: Person, tables: OptionTables, names: Sequence[str]
                   ) -> tuple[dict[str, Any], list[str]]:
    """
    Return the options in somebody's profile, and lines of warning. Raises UserError.

    `tables` are those of all voices in use, `names` the voices of this person. What a profile says
    of other voices that are installed waits until one of them is in use.
    """
    where = f'{person.where}.options.{{}}'
    if isinstance(person.options, str):
        old = dataclasses.replace(tables, texts={'': [*map(prefix_of, names)]})
        return old.check({'': person.options}, where)
    return tables.check({name: value for name, value in person.options.items()
                         if not tables.waits(name)}, where)


def _options(group: str, names: Sequence[str], parameter: str, common: list[type[Any]]
             ) -> OptionTables:
    tables: dict[str, list[type[Any]]] = {}
    unused = {prefix_of(name): f'{name} is not a provider in use: {", ".join(names)}'
              for name in registry.names(group)}
    for name in names:
        try:
            own = getattr(registry.load(group, name, parameter), 'Options', None)
        except UserError as error:
            if name not in registry.names(group):
                raise
            # It is said again, and in full, where it is to be loaded.
            unused[prefix_of(name)] = error.problem
        else:
            tables[prefix_of(name)] = [*common, *([] if own is None else [own])]
    return OptionTables(tables, unused)


def make_voice(providers: str | Sequence[str], voice: str = '', speed: float = 1.0,
               options: Mapping[str, Any] | None = None, *, parameter: str = '--tts',
               health: HealthRegistry | None = None, limits: TimeLimits | None = None
               ) -> FallbackVoice:
    """
    Return the voice that `providers` name, not yet loaded.

    `voice` is the first one's name of a voice; another's is its option `voice`. `options` are by
    full name, as 'google.pitch', and may hold those of other providers too; voice_options() checks
    names. `parameter` is what the user set. Time limits that are not 0 take the place of the
    providers' own. Raises UserError.
    """
    health = health if health is not None else HealthRegistry()
    names = provider_names(providers, parameter)
    given = options or {}
    voices = {name: made(VoiceName, name, given).voice for name in names}
    voices[names[0]] = voices[names[0]] or voice
    slots: list[ProviderSlot[TextToSpeech]] = [
        _slot(registry.VOICES, name, given, parameter, health, limits,
              {'voice': voices[name], 'speed': speed}, len(names) == 1)
        for name in names]
    return FallbackVoice(slots, health.time_source)


def make_recognizer(providers: str | Sequence[str], locale: str = 'en',
                    options: Mapping[str, Any] | None = None, *, parameter: str = '--stt',
                    longest: float = 30.0, health: HealthRegistry | None = None,
                    limits: TimeLimits | None = None) -> FallbackRecognizer:
    """
    Return the recognizer that `providers` name, not yet loaded.

    `longest` is the longest segment of speech, seconds; for the rest see make_voice().
    """
    health = health if health is not None else HealthRegistry()
    names = provider_names(providers, parameter)
    able = [name for name in names if _understands(name, locale, parameter)]
    if not able and len(spoken_locales(locale)) != 1:
        raise UserError(f'stt.locale is {locale!r}, and {", ".join(names)} is for one language',
                        f'Name one, or set {parameter} to faster-whisper.')
    names = able or names
    slots: list[ProviderSlot[SpeechToText]] = [
        _slot(registry.RECOGNIZERS, name, options or {}, parameter, health, limits,
              {'locale': locale}, len(names) == 1)
        for name in names]
    return FallbackRecognizer(slots, longest, health.time_source)


def _understands(name: str, locale: str, parameter: str) -> bool:
    """Return whether a recognizer is of use for a language; what is missing is told later."""
    try:
        return bool(registry.load(registry.RECOGNIZERS, name, parameter).understands(locale))
    except UserError:
        return True


def _slot(group: str, name: str, options: Mapping[str, Any], parameter: str,
          health: HealthRegistry, limits: TimeLimits | None, arguments: Mapping[str, Any],
          alone: bool) -> ProviderSlot[P]:
    try:
        kind = registry.load(group, name, parameter)
    except UserError as error:
        # A name that nobody has is a slip to be told at once; a package may be missing here.
        if alone or name not in registry.names(group):
            raise
        slot: ProviderSlot[P] = ProviderSlot(name, _not_importable, TimeLimits(), health.of(name))
        slot.disable(error)
        return slot
    given = dict(arguments)
    table = getattr(kind, 'Options', None)
    if table is not None:
        given['options'] = made(table, name, options)
    own = getattr(kind, 'limits', TimeLimits())
    make: Callable[[], P] = lambda: kind(**given)  # noqa: E731
    return ProviderSlot(name, make, own.overridden_by(limits) if limits is not None else own,
                        health.of(name))


def _not_importable() -> Any:
    raise RuntimeError('a provider that cannot be imported is not asked for')
