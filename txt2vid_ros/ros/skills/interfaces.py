"""The interface packages that a ROS installation may lack: the one place that imports them."""

from __future__ import annotations

from collections.abc import Sequence
import importlib
from typing import Any


def interface(packages: Sequence[str], module: str, name: str) -> Any:
    """
    Return an interface such as ('tts_msgs',), 'action', 'TTS'; None where no package has it.

    Several packages are tried in order: audio_common has moved types from one to another.
    """
    for package in packages:
        try:
            return getattr(importlib.import_module(f'{package}.{module}'), name)
        except ModuleNotFoundError as error:
            # What it needs itself and lacks is no reason to go on without a word.
            if error.name not in (package, f'{package}.{module}'):
                raise
    return None
