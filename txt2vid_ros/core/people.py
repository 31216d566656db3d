"""Speaker profiles: which voice and which face belong to a speaker id (config/people.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import logging
from pathlib import Path
from typing import Any

import yaml

from txt2vid_ros.core.errors import UserError

log = logging.getLogger(__name__)

DEFAULT = 'default'


@dataclasses.dataclass(frozen=True)
class Person:
    """One speaker. Empty fields mean what the node's own parameters say."""

    tts: str = ''
    """Name of the text-to-speech provider, or of several with commas between."""
    voice: str = ''
    """The provider's name of the voice."""
    speed: float = 0.0
    """1.0 is the voice's own pace; 0 means the node's parameter."""
    face: str = ''
    """Picture or video; relative to the file that names it."""
    options: str = ''
    """Options of the providers, as the parameter tts.options."""


_KINDS: dict[str, tuple[type, ...]] = {
    'tts': (str, list), 'voice': (str,), 'speed': (int, float), 'face': (str,),
    'options': (str,)}


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
            content = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
        except OSError as error:
            raise UserError(f'people: {path} cannot be read: {error.strerror}',
                            'Give the path of a people.yaml, or leave it empty.') from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UserError(f'people: {path} is not YAML: {" ".join(str(error).split())}',
                            'Mend the file; config/people.yaml shows how one looks.') from error
        if not isinstance(content, dict):
            raise UserError(f'people: {path} does not map speaker ids to profiles',
                            'config/people.yaml shows how one looks.')
        return cls({str(name): _person(path, str(name), entry)
                    for name, entry in content.items()})

    def __iter__(self) -> Any:
        """Iterate over the profiles."""
        return iter(self._profiles.values())

    def get(self, speaker: str, *, warn: bool = True) -> Person:
        """Return the profile of a speaker, or the default one; one node of a graph warns."""
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
                            'It has to be a number.' if key == 'speed' else 'It has to be a text.')
    speed = entry.get('speed', 0)
    if speed and not 0.5 <= speed <= 2.0:
        raise UserError(f'people: {path}: {name}.speed is {speed!r}',
                        'It has to be from 0.5 to 2.0; 1.0 is the pace of the voice.')
    face = entry.get('face', '')
    if face:
        face = str(path.parent / Path(face).expanduser())
    return Person(_names(path, name, entry.get('tts', '')), entry.get('voice', ''),
                  float(entry.get('speed', 0)), face, entry.get('options', ''))


def _names(path: Path, name: str, value: str | list[Any]) -> str:
    """Return the names of providers, which may be written as a list, as one text."""
    each = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in each):
        raise UserError(f'people: {path}: {name}.tts is {value!r}',
                        'It has to be a text or a list of texts.')
    return ','.join(each)


def utterance_id(speaker: str, stamp: int) -> str:
    """Return the id of what a speaker says from `stamp` (nanoseconds) on."""
    return f'{speaker or DEFAULT}#{stamp}'


def speaker_of(utterance: str) -> str:
    """Return who speaks an utterance."""
    return utterance.rpartition('#')[0] or DEFAULT
