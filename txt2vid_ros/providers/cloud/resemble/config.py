"""
Key, project and voice for Resemble, also from the file of the txt2vid prototype.

That file, resemble_config.json, is {"voices": {NAME: {"token": ..., "voice_id": ...}},
"project_uuid": ...}; its older form says "users" in place of "voices".
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import json
from pathlib import Path

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.providers.cloud.credentials import (
    checked_key,
    read_key_file,
    resemble_key,
    Secret,
)


@dataclasses.dataclass(frozen=True)
class ConfiguredVoice:
    """A voice of the file: its id in the service and the key to use with it."""

    voice_id: str
    token: Secret


@dataclasses.dataclass(frozen=True)
class ResembleConfig:
    """The content of the file; empty where there is none."""

    voices: Mapping[str, ConfiguredVoice] = dataclasses.field(default_factory=dict)
    project: str = ''

    def key_for(self, voice: str, key_file: Path) -> Secret:
        """Return the key to use: from `key_file`, else the voice's, else the environment's."""
        known = self.voices.get(voice)
        if known is not None and key_file == Path():
            return known.token
        return resemble_key(key_file)


def read_config(path: Path) -> ResembleConfig:
    """Return the content of the file at `path`; of no file for an empty path. Raises UserError."""
    if path == Path():
        return ResembleConfig()
    found = _parsed(path)
    if isinstance(found, str):
        # Raised here, where no variable holds a key.
        raise UserError(f'config: {path} {found}', 'docs/cloud.md shows what is in it.')
    for name, voice in found.voices.items():
        checked_key(voice.token, f'config: {path}: the token of {name!r}')
    return found


def _parsed(path: Path) -> ResembleConfig | str:
    """Return the content of the file, or what is wrong with it."""
    secret = read_key_file(path, 'config')
    try:
        content = json.loads(secret.reveal())
    except json.JSONDecodeError as error:
        return f'is no JSON (line {error.lineno})'
    try:
        voices = content.get('voices') or content.get('users') or {}
        return ResembleConfig(
            {name: ConfiguredVoice(str(voice['voice_id']), Secret(str(voice['token'])))
             for name, voice in voices.items()}, str(content.get('project_uuid') or ''))
    except (AttributeError, KeyError, TypeError):
        return 'lacks a "voice_id" or a "token"'
