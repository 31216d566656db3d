"""Speaker profiles: which voice and which face belong to a speaker id (config/people.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import logging
from pathlib import Path
import re
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import is_tag
from txt2vid_ros.core.parameters import listed
from txt2vid_ros.core.storage.yaml_text import read_yaml
import yaml

log = logging.getLogger(__name__)

DEFAULT = 'default'


@dataclasses.dataclass(frozen=True)
class NamedVoice:
    """A voice for a language, written as `provider:voice`, or `voice` alone."""

    provider: str
    """'' for the first one that the person has anyway."""
    voice: str
    """The provider's name for it; '' for the one that the provider has for the language."""


@dataclasses.dataclass(frozen=True)
class Person:
    """One speaker. Empty fields fall back to the node's own parameters."""

    tts: tuple[str, ...] = ()
    """Names of the text-to-speech providers: the next speaks where one fails."""
    voice: str = ''
    """The provider's name for the voice."""
    speed: float = 0.0
    """1.0 is the voice's own pace; 0 means the node's parameter."""
    face: str = ''
    """Picture or video; relative to the file that names it."""
    voices: Mapping[str, NamedVoice] = dataclasses.field(default_factory=dict)
    """The voice for each language, by BCP 47 tag; where there is none, `tts` and `voice` speak
    it, if they can."""
    options: Mapping[str, Any] | str = dataclasses.field(default_factory=dict)
    """Options of the providers by full name, such as 'google.pitch'; a text such as
    'google.pitch=2' is the form of the previous release."""
    where: str = dataclasses.field(default='', compare=False)
    """The profile as an error names it: file and speaker id."""


_KINDS: dict[str, tuple[type, ...]] = {
    'tts': (str, list), 'voice': (str,), 'voices': (dict,), 'speed': (int, float),
    'face': (str,), 'options': (dict, str)}


_WANTED = {'speed': 'a number', 'tts': 'a text or a list of texts',
           'voices': 'a mapping, as {es: kokoro:ef_dora}',
           'options': 'a mapping, as {google.pitch: 2}'}


class People:
    """The profiles by speaker id; an unknown id gets the default, and a warning once."""

    def __init__(self, profiles: Mapping[str, Person] | None = None) -> None:
        """Take the profiles; one called 'default' is there in any case."""
        self._profiles = {DEFAULT: Person(), **(profiles or {})}
        self._warned: set[str] = set()

    @classmethod
    def load(cls, file: str) -> People:
        """Read a people.yaml; '' means only the default. Raises UserError."""
        if not file:
            return cls()
        path = Path(file).expanduser()
        try:
            content = read_yaml(path.read_text(encoding='utf-8')) or {}
        except OSError as error:
            raise UserError(f'people: {path} cannot be read: {error.strerror}',
                            'Give the path of a people.yaml, or leave it empty.') from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UserError(f'people: {path} is not YAML: {" ".join(str(error).split())}',
                            'Fix the file; config/people.yaml is an example.') from error
        if not isinstance(content, dict):
            raise UserError(f'people: {path} does not map speaker ids to profiles',
                            'config/people.yaml is an example.')
        return cls({str(name): _person(path, str(name), entry)
                    for name, entry in content.items()})

    def __iter__(self) -> Any:
        """Iterate over the profiles."""
        return iter(self._profiles.values())

    def ids(self) -> list[str]:
        """Return the speaker ids, the default one among them."""
        return list(self._profiles)

    def get(self, speaker: str, *, warn: bool = True) -> Person:
        """Return the profile of a speaker, or the default one; only one node of a graph warns."""
        if speaker in self._profiles:
            return self._profiles[speaker]
        # Ids come from outside: remember only so many of them.
        if warn and speaker not in self._warned and len(self._warned) < 1000:
            self._warned.add(speaker)
            log.warning('speaker %r has no profile and gets the default voice and face; '
                        'add it to people.yaml', speaker[:60])
        return self._profiles[DEFAULT]


def _person(path: Path, name: str, entry: Any) -> Person:
    if not isinstance(entry, dict):
        raise UserError(f'people: {path}: {name} is no profile',
                        f'Write its fields below it: {", ".join(_KINDS)}.')
    for key, value in entry.items():
        if key not in _KINDS:
            raise UserError(f'people: {path}: {name} has an unknown field {key!r}',
                            f'It can have {", ".join(_KINDS)}.')
        if not isinstance(value, _KINDS[key]) or isinstance(value, bool):
            raise UserError(f'people: {path}: {name}.{key} is {value!r}',
                            f'It has to be {_WANTED.get(key, "a text")}.')
    speed = entry.get('speed', 0)
    if speed and not 0.5 <= speed <= 2.0:
        raise UserError(f'people: {path}: {name}.speed is {speed!r}',
                        'It has to be from 0.5 to 2.0; 1.0 is the pace of the voice.')
    face = entry.get('face', '')
    if face:
        face = str(path.parent / Path(face).expanduser())
    options = entry.get('options', {})
    return Person(_names(path, name, entry.get('tts', '')), entry.get('voice', ''),
                  float(entry.get('speed', 0)), face,
                  _voices(path, name, entry.get('voices', {})),
                  _flat(options) if isinstance(options, dict) else options,
                  f'people: {path}: {name}')


def _voices(path: Path, name: str, entries: Mapping[Any, Any]) -> dict[str, NamedVoice]:
    """Return the voices by tag. Raises UserError."""
    voices: dict[str, NamedVoice] = {}
    for tag, value in entries.items():
        # YAML reads a plain no as False.
        tag = 'no' if tag is False else tag
        if not isinstance(tag, str) or not is_tag(tag):
            raise UserError(f'people: {path}: {name}.voices has {tag!r}, which names no language',
                            'Write a BCP 47 tag, as es or pt-BR.')
        if not isinstance(value, str) or not value.strip(': '):
            raise UserError(f'people: {path}: {name}.voices.{tag} is {value!r}',
                            'It has to be PROVIDER:VOICE, or the name of a voice.')
        provider, colon, voice = value.strip().partition(':')
        voices[tag] = NamedVoice(provider.strip(), voice.strip()) if colon else NamedVoice(
            '', provider)
    return voices


def _names(path: Path, name: str, value: str | list[Any]) -> tuple[str, ...]:
    """Return the names of providers, which may be written as a list or separated by commas."""
    if isinstance(value, list) and not all(isinstance(one, str) for one in value):
        raise UserError(f'people: {path}: {name}.tts is {value!r}',
                        f'It has to be {_WANTED["tts"]}.')
    return listed(value) if isinstance(value, str) else tuple(value)


def _flat(options: Mapping[Any, Any]) -> dict[str, Any]:
    """Return {google: {pitch: 2}} as {'google.pitch': 2}; flat entries stay."""
    flat: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, dict):
            flat.update({f'{name}.{inner}': each for inner, each in value.items()})
        else:
            flat[str(name)] = value
    return flat


def utterance_id(speaker: str, stamp: int) -> str:
    """Return the id of what a speaker says from `stamp` (nanoseconds) on."""
    return f'{speaker or DEFAULT}#{stamp}'


def continuation_id(utterance: str) -> str:
    """Return the id under which what was held goes on: of anna#7 anna#7~1, of that anna#7~2."""
    origin = origin_of(utterance)
    return f'{origin}~{int(utterance[len(origin) + 1:] or 0) + 1}'


def origin_of(utterance: str) -> str:
    """Return the id that an utterance had at first, before it was held and went on."""
    found = re.fullmatch(r'(.*#[^#]*)~\d{1,9}', utterance, re.DOTALL)
    return found[1] if found else utterance


def speaker_of(utterance: str) -> str:
    """Return who speaks an utterance."""
    return utterance.rpartition('#')[0] or DEFAULT
