"""S3FD, the face detector that Wav2Lip was published with (Zhang et al., ICCV 2017).

`S3FD` and `load_checkpoint` are imported on first use, because they import torch; decoding is
plain numpy.
"""

from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

from txt2vid_ros.lipsync.face.s3fd.decoding import best_rectangle, decode, faces, suppress

if TYPE_CHECKING:
    from txt2vid_ros.lipsync.face.s3fd.model import load_checkpoint, S3FD

__all__ = ['S3FD', 'best_rectangle', 'decode', 'faces', 'load_checkpoint', 'suppress']


def __getattr__(name: str) -> Any:
    """Import the names that need torch when they are asked for (PEP 562)."""
    if name not in ('S3FD', 'load_checkpoint'):
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(f'{__name__}.model'), name)
