"""Whether the voices that take most of a core can speak live on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.models.manifest import load_manifest
from txt2vid_ros.core.models.store import models_dir
from txt2vid_ros.doctor.checks import Finding, NOTE, OK
from txt2vid_ros.providers.live_speed import kept_speed, measured_speed

_DEMANDING = {'kokoro': ('onnxruntime', 'hibari')}
"""Voices with model files of the same name, and the packages without which they are not tried."""


def check_live_voices(*, again: bool = False) -> Iterator[Finding]:
    """Yield a finding for each such voice whose files are here; measured where unknown."""
    for name, modules in _DEMANDING.items():
        files = [model for model in load_manifest().values() if model.collection == name]
        if (all((models_dir() / model.file).is_file() for model in files)
                and not registry.not_installed(*modules)):
            yield _finding(name, again)


def _finding(name: str, again: bool) -> Finding:
    try:
        voice = registry.load(registry.VOICES, name, 'doctor')()
        speed = None if again else kept_speed(voice.measured_as)
        if speed is None:
            try:
                voice.load()
                speed = measured_speed(voice)
            finally:
                voice.close()
    except (UserError, ProviderError) as error:
        return Finding('voice', NOTE, f'{name}: {error.problem}', getattr(error, 'remedy', ''))
    problem = speed.problem(name)
    if problem:
        return Finding('voice', NOTE, problem,
                       'txt2vid render can use it; live, name a second voice: '
                       f'--tts {name},hibari')
    return Finding('voice', OK, f'{name} can speak live: {speed.real_time_factor:.2f} s for a '
                   f'second of speech, {speed.cores:.2f} of a core (measured {speed.date})')
