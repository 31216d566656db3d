"""Which of Google's voices there are, and which of them is meant."""

from __future__ import annotations

from collections.abc import Mapping
import difflib
from typing import Any

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.cloud import texttospeech_v1 as tts
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.providers.cloud.google.client import provider_error

SERVICE = 'Google Text-to-Speech'
STREAMING_VOICES = ('-Chirp3-HD-', '-Chirp-HD-')
"""What is in the names of voices that stream, and whose pitch cannot be changed."""
_PREFERRED = '{}-Chirp3-HD-Charon'


def list_voices(client: Any, timeout: float) -> dict[str, int]:
    """
    Return the names of all voices with their native sample rates, Hz.

    Raises UserError and ProviderError.
    """
    try:
        found = client.list_voices(tts.ListVoicesRequest(), retry=None, timeout=timeout)
    except (exceptions.GoogleAPICallError, GoogleAuthError) as error:
        raise provider_error(error, SERVICE) from None
    return {voice.name: voice.natural_sample_rate_hertz or VOICE_RATE for voice in found.voices}


def choose_voice(voices: Mapping[str, int], name: str, language: str) -> str:
    """Return the voice called `name`; without one, a voice of the language. Raises UserError."""
    if not name:
        preferred = _PREFERRED.format(language)
        name = preferred if preferred in voices else next(
            (each for each in sorted(voices) if each.startswith(language)), '')
        if not name:
            known = sorted({language_of(each) for each in voices})
            raise UserError(f'tts.options: Google has no voice for the language {language!r}',
                            f'It has: {", ".join(known)}.')
    if name not in voices:
        near = difflib.get_close_matches(name, voices, n=5, cutoff=0.5) or sorted(voices)[:5]
        raise UserError(f'tts.voice: Google has no voice {name!r}',
                        f'Near ones: {", ".join(near)}.')
    return name


def language_of(name: str) -> str:
    """Return the language (BCP 47) with which a voice's name begins."""
    return '-'.join(name.split('-')[:2])


def can_stream(name: str) -> bool:
    """Return whether a voice streams; the pitch of those cannot be changed."""
    return any(part in name for part in STREAMING_VOICES)
