"""
What the author of a voice, recognizer, voice activity detector or lip-sync engine imports.

The contracts are resolved when they are first asked for (PEP 562), so that importing this package
for a voice loads no picture or network library. docs/providers.md shows how a provider is written.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from txt2vid_ros.core.errors import ProviderError, UserError
    from txt2vid_ros.core.mouth import (
        MouthPose,
        MouthTrack,
        Phoneme,
        rest_pose,
        SHAPE_INDEX,
        SHAPES,
    )
    from txt2vid_ros.core.parameters import parameter
    from txt2vid_ros.core.time_limits import LOCAL, TimeLimits
    from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
    from txt2vid_ros.listening.recognizer import (
        Recognition,
        RecognizerCapabilities,
        SpeechToText,
        Transcript,
        WholeRecognizer,
    )
    from txt2vid_ros.listening.voice_activity import VoiceActivity
    from txt2vid_ros.media.driving.driving_media import DrivingMedia
    from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

# gRPC, on which Google's clients build, otherwise starts threads in every child process between
# fork and exec, where they crash it: ffmpeg, for one. gRPC reads this when it is imported, and all
# of this project's imports of Google's packages lie below this package.
os.environ.setdefault('GRPC_ENABLE_FORK_SUPPORT', 'false')

__all__ = [  # noqa: RUF022
    # every provider
    'LOCAL', 'parameter', 'ProviderError', 'TimeLimits', 'UserError',
    # a voice (text to speech)
    'Phoneme', 'SpeechChunk', 'TextToSpeech', 'VoiceCapabilities',
    # a recognizer (speech to text)
    'Recognition', 'RecognizerCapabilities', 'SpeechToText', 'Transcript', 'WholeRecognizer',
    # a voice activity detector
    'VoiceActivity',
    # a lip-sync engine
    'DrivingMedia', 'Frame', 'LipSyncEngine', 'LipSyncSession', 'MouthPose', 'MouthTrack',
    'rest_pose', 'SHAPE_INDEX', 'SHAPES', 'SpeechView',
]

_MODULES = {
    'core.errors': ('ProviderError', 'UserError'),
    'core.mouth': ('MouthPose', 'MouthTrack', 'Phoneme', 'rest_pose', 'SHAPE_INDEX', 'SHAPES'),
    'core.parameters': ('parameter',),
    'core.time_limits': ('LOCAL', 'TimeLimits'),
    'lipsync.engine': ('Frame', 'LipSyncEngine', 'LipSyncSession', 'SpeechView'),
    'listening.recognizer': ('Recognition', 'RecognizerCapabilities', 'SpeechToText', 'Transcript',
                             'WholeRecognizer'),
    'listening.voice_activity': ('VoiceActivity',),
    'media.driving.driving_media': ('DrivingMedia',),
    'speaking.voice': ('SpeechChunk', 'TextToSpeech', 'VoiceCapabilities'),
}
"""By module of txt2vid_ros, the names that are taken from it."""
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:
    def __getattr__(name: str) -> Any:
        """Import what is asked for."""
        if name not in _MODULE_OF:
            raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
        value = getattr(importlib.import_module(f'txt2vid_ros.{_MODULE_OF[name]}'), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
