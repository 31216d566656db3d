"""Makes, from the names that the user gave, the providers that do the work; none is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import difflib
import re
import shlex
from typing import Any

from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.settings import read_settings, words
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.listening.recognizer import SpeechToText
from txt2vid_ros.providers.resilience.fallback_recognizer import FallbackRecognizer
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.resilience.provider_slot import P, ProviderSlot
from txt2vid_ros.speaking.voice import TextToSpeech

VOICE = 'voice'
"""The option that every voice has: its name, where that of the first provider means nothing."""


def provider_names(text: str, parameter: str) -> list[str]:
    """Return the names of a list such as 'resemble, google, hibari'. Raises UserError."""
    names = [name for name in re.split(r'[,\s]+', text.strip().strip('[]')) if name]
    if not names:
        raise UserError(f'{parameter} is empty',
                        'Name a provider, or several with commas between.')
    for name in names:
        if names.count(name) > 1:
            raise UserError(f'{parameter}: {name!r} is in the list twice', 'Name each only once.')
    return names


def options_by_provider(text: str, names: list[str], parameter: str) -> dict[str, str]:
    """Sort 'google.pitch=-2 resemble.emotion=happy' by the provider that each is for.

    Without the name of a provider before it, an option is for the only one. Raises UserError.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for word in words(text, parameter):
        target, dot, _ = word.partition('=')[0].partition('.')
        if dot and target in found:
            found[target].append(word[len(target) + 1:])
        elif dot:
            near = difflib.get_close_matches(target, names, n=1)
            hint = f'Did you mean {near[0]!r}? ' if near else ''
            raise UserError(f'{parameter}: {word!r} is for none of {", ".join(names)}',
                            f'{hint}Write PROVIDER.NAME=VALUE.')
        elif len(names) == 1:
            found[names[0]].append(word)
        else:
            raise UserError(f'{parameter}: {word!r} does not say which provider it is for',
                            f'Write {names[0]}.{word}, or another of {", ".join(names)}.')
    return {name: shlex.join(each) for name, each in found.items()}


def make_voice(providers: str, voice: str = '', speed: float = 1.0, options: str = '', *,
               parameter: str = '--tts', health: HealthRegistry | None = None,
               limits: TimeLimits | None = None) -> FallbackVoice:
    """Return the voice that `providers` name, not yet loaded.

    `voice` is the first one's name of a voice; another's is its option `voice`. `parameter` is
    what the user set. Time limits that are not 0 take the place of the providers' own. Raises
    UserError.
    """
    health = health if health is not None else HealthRegistry()
    names = provider_names(providers, parameter)
    where = _options_of(parameter)
    sorted_options = options_by_provider(options, names, where)
    voices = dict.fromkeys(names, '') | {names[0]: voice}
    for name in names:
        own, sorted_options[name] = _take(VOICE, sorted_options[name], where)
        voices[name] = own or voices[name]
    slots: list[ProviderSlot[TextToSpeech]] = [
        _slot(registry.VOICES, name, sorted_options[name], parameter, health, limits,
              {'voice': voices[name], 'speed': speed}, len(names) == 1)
        for name in names]
    return FallbackVoice(slots, health.time_source)


def make_recognizer(providers: str, locale: str = 'en', options: str = '', *,
                    parameter: str = '--stt', longest: float = 30.0,
                    health: HealthRegistry | None = None,
                    limits: TimeLimits | None = None) -> FallbackRecognizer:
    """Return the recognizer that `providers` name, not yet loaded.

    `longest` is the longest segment of speech, seconds; for the rest see make_voice().
    """
    health = health if health is not None else HealthRegistry()
    names = provider_names(providers, parameter)
    sorted_options = options_by_provider(options, names, _options_of(parameter))
    slots: list[ProviderSlot[SpeechToText]] = [
        _slot(registry.RECOGNIZERS, name, sorted_options[name], parameter, health, limits,
              {'locale': locale}, len(names) == 1)
        for name in names]
    return FallbackRecognizer(slots, longest, health.time_source)


def _slot(group: str, name: str, options: str, parameter: str, health: HealthRegistry,
          limits: TimeLimits | None, arguments: Mapping[str, Any], alone: bool
          ) -> ProviderSlot[P]:
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
        given['options'] = read_settings(table, options, _options_of(parameter))
    elif options:
        raise UserError(f'{_options_of(parameter)}: provider {name} has no options',
                        'Leave them empty.')
    own = getattr(kind, 'limits', TimeLimits())
    make: Callable[[], P] = lambda: kind(**given)  # noqa: E731
    return ProviderSlot(name, make, own.overridden_by(limits) if limits is not None else own,
                        health.of(name))


def _not_importable() -> Any:
    raise RuntimeError('a provider that cannot be imported is not asked for')


def _options_of(parameter: str) -> str:
    """Return the name of the parameter that holds the options of a list's providers."""
    if parameter.startswith('-'):
        return f'{parameter}-options'
    return f'{parameter.rpartition(".")[0] or parameter}.options'


def _take(option: str, text: str, parameter: str) -> tuple[str, str]:
    """Return the value of one option, '' where it is not set, and the others."""
    value, others = '', []
    for word in words(text, parameter):
        name, _, rest = word.partition('=')
        if name == option:
            value = rest
        else:
            others.append(word)
    return value, shlex.join(others)
