"""
Voices of one's own on this machine: the state of each, and the consent to its use, side by side.

A voice without a consent is not spoken with. Both lie in a folder that only its owner can enter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import contextlib
import dataclasses
import datetime
import difflib
import hashlib
import json
import os
from pathlib import Path
import re
import shutil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.store import voices_dir
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.speaking.phonetics.silence import audible_range

STATE, CONSENT, SPOKEN = 'state.safetensors', 'consent.json', 'consent.wav'
SHORTEST, LONGEST = 3.0, 30.0
"""Seconds of speech that a voice is made from; what is longer is cut."""
SPOKEN_MATCH = 0.8
"""Of the words of the consent that have to be heard in a recording of it, in their order."""
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,63}')
_QUIET, _CLIPPED = 0.02, 0.005
Samples = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Consent:
    """That somebody agrees to the imitation of their voice, and how they said so."""

    sentence: str
    how: str
    """'typed' or 'spoken'."""
    given: str
    """What was typed or heard."""


def consent_sentence(name: str) -> str:
    """Return what has to be typed or said for a voice of this name."""
    return f'This is my own voice, and I agree that txt2vid imitates it under the name {name}.'


def typed_consent(name: str, text: str) -> Consent:
    """Return the consent that was typed. Raises UserError where it is another text."""
    sentence = consent_sentence(name)
    if _words(text) != _words(sentence):
        raise UserError('the consent was not given', f'Type: {sentence}')
    return Consent(sentence, 'typed', ' '.join(text.split()))


def spoken_consent(name: str, heard: str) -> Consent:
    """Return the consent that was heard in a recording. Raises UserError where it was not."""
    sentence = consent_sentence(name)
    # The name, and how the recognizer writes txt2vid, are no matter.
    wanted = _words(sentence.replace('txt2vid', '').rpartition(name)[0])
    matcher = difflib.SequenceMatcher(None, wanted, _words(heard), autojunk=False)
    share = sum(block.size for block in matcher.get_matching_blocks()) / len(wanted)
    if share < SPOKEN_MATCH:
        raise UserError(f'--consent-file: the consent was not heard in it ({share:.0%} of its '
                        'words)', f'Record this: {sentence}')
    return Consent(sentence, 'spoken', ' '.join(heard.split()))


def prompt_of(sound: Samples, rate: int) -> Samples:
    """Return the part of a recording that a voice is made from. Raises UserError."""
    audible = audible_range(sound, rate)
    if audible is None:
        raise UserError('the recording is silent', 'Record some seconds of speech.')
    sound = sound[audible[0]:audible[1]]
    if len(sound) < SHORTEST * rate:
        raise UserError(f'the recording has {len(sound) / rate:.1f} s of sound',
                        f'Record {SHORTEST:g} to {LONGEST:g} s of speech.')
    sound = sound[:round(LONGEST * rate)]
    if np.percentile(np.abs(sound), 95) < _QUIET:
        raise UserError('the recording is too quiet', 'Speak closer to the microphone.')
    if np.mean(np.abs(sound) > 0.99) > _CLIPPED:
        raise UserError('the recording is clipped', 'Turn the microphone down.')
    return sound


class OwnVoice:
    """A voice by its name."""

    def __init__(self, name: str) -> None:
        """Take the name. Raises UserError where it cannot be that of a folder."""
        if not _NAME.fullmatch(name):
            raise UserError(f'{name!r} is no name of a voice',
                            'Use letters, digits, dots, hyphens and underscores.')
        self.name = name
        self.folder = voices_dir() / name

    @property
    def state(self) -> Path:
        """Return the file with the state."""
        return self.folder / STATE

    def details(self) -> Mapping[str, Any]:
        """Return what is stored of the voice and its consent. Raises UserError."""
        if not self.state.is_file():
            known = names()
            near = difflib.get_close_matches(self.name, known, n=3) or known[:5]
            raise UserError(f'tts.voice: there is no voice {self.name!r} in {self.folder.parent}',
                            (f'Near ones: {", ".join(near)}. ' if near else '')
                            + f'Run: txt2vid voice enroll FILE --name {self.name}')
        try:
            details = json.loads((self.folder / CONSENT).read_text('utf-8'))
            if _words(details['sentence']) != _words(consent_sentence(self.name)) or (
                    details['state_sha256'] != _digest(self.state.read_bytes())):
                raise ValueError
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f'tts.voice: the voice {self.name!r} has no consent that belongs to '
                            'it', f'Run: txt2vid voice enroll FILE --name {self.name}') from error
        return dict(details)

    def store(self, write: Callable[[Path], object], consent: Consent, *, model: str,
              weights: str, recording: bytes, spoken: bytes | None = None) -> None:
        """
        Write the state, which `write` does, and the consent.

        `weights` is the sha256 of what the state was made with, `recording` what it was made
        from, `spoken` a WAV file with the consent. Raises UserError where it cannot be written.
        """
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self.folder.chmod(0o700)
            # A state without its consent would be none; so the old consent goes first.
            (self.folder / CONSENT).unlink(missing_ok=True)
            with replacing(self.state, mode=0o600, durable=True) as part:
                write(part)
                part.chmod(0o600)
            self._put(SPOKEN, spoken)
            self._put(CONSENT, (json.dumps({
                'name': self.name, **dataclasses.asdict(consent),
                'date': datetime.datetime.now(datetime.timezone.utc).isoformat('T', 'seconds'),
                'recording_sha256': _digest(recording),
                'state_sha256': _digest(self.state.read_bytes()),
                'model': model, 'weights_sha256': weights}, indent=2, ensure_ascii=False)
                + '\n').encode())
        except OSError as error:
            raise UserError(f'{self.folder} cannot be written: {error.strerror}',
                            'Set TXT2VID_VOICES to a folder of your own.') from error

    def remove(self) -> None:
        """Delete the voice and its consent. Raises UserError where there is none."""
        if not self.folder.is_dir():
            raise UserError(f'there is no voice {self.name!r}', f'There are: {names()}')
        shutil.rmtree(self.folder)

    def _put(self, name: str, content: bytes | None) -> None:
        if content is None:
            (self.folder / name).unlink(missing_ok=True)
            return
        with replacing(self.folder / name, mode=0o600, durable=True) as part:
            part.write_bytes(content)


def names() -> list[str]:
    """Return the names of the voices on this machine."""
    found: list[str] = []
    with contextlib.suppress(OSError):
        found = sorted(entry.name for entry in os.scandir(voices_dir())
                       if (Path(entry.path) / STATE).is_file())
    return found


def _words(text: str) -> list[str]:
    return re.findall(r'[^\W_]+', text.lower())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
