"""Loading the published Wav2Lip checkpoints (`wav2lip.pth`, `wav2lip_gan.pth`)."""

from __future__ import annotations

import os

from txt2vid_ros.lipsync.checkpoint_file import load_module
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip


def load_checkpoint(path: str | os.PathLike[str]) -> Wav2Lip:
    """Return the network with the weights of `path`. Raises UserError; see load_module."""
    return load_module(Wav2Lip, path, 'Wav2Lip')
