"""Wav2Lip: a face that speaks by a neural network (Prajwal et al., 2020).

`Wav2Lip` and `load_checkpoint` are imported on first use, because they import torch.
"""

from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from txt2vid_ros.lipsync.wav2lip.checkpoint import load_checkpoint
    from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

__all__ = ['Wav2Lip', 'load_checkpoint']

_HOMES = {'Wav2Lip': 'model', 'load_checkpoint': 'checkpoint'}


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(f'{__name__}.{_HOMES[name]}'), name)
