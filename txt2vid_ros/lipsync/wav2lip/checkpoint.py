"""Loading the published Wav2Lip checkpoints (`wav2lip.pth`, `wav2lip_gan.pth`)."""

from __future__ import annotations

import os
import pathlib

import torch

from txt2vid_ros.lipsync.checkpoint_file import read_state
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip


def load_checkpoint(path: str | os.PathLike[str]) -> Wav2Lip:
    """Return the network with the weights of `path`, on the CPU, in evaluation mode.

    Raises UserError that names the file and says what it is where it is not such a checkpoint.
    """
    with torch.device('meta'):
        model = Wav2Lip()
    state = read_state(pathlib.Path(path), 'Wav2Lip', model.state_dict())
    model.load_state_dict(state, assign=True)
    return model.eval().requires_grad_(False)
