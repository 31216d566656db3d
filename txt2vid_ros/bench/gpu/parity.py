"""How far the network on a device is from the reference outputs, in each precision."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
from txt2vid_ros.bench.gpu.networks import plain, product, rounding
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator
from txt2vid_ros.lipsync.wav2lip.generator.rows import LOWER_FACE_ROW
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

FILE = 'wav2lip_golden.npz'
TOLERANCES = {'fp32': 1e-4, 'tf32': 2e-3, 'fp16': 0.02, 'bf16': 0.1}
"""Of full scale, for the largest difference."""
_SIZES = (1, 2, 3)      # one graph each, and one that is larger than its batch


def parity(model: Wav2Lip, device: str, precision: str, golden: pathlib.Path) -> dict[str, Any]:
    """
    Return the differences from the golden data, of full scale.

    `max` and `mean` are the product's, `plain_max` the published module's in float32 with TF32 as
    the precision has it. Raises UserError where the data are absent.
    """
    path = golden / FILE
    if not path.is_file():
        raise UserError(f'{path} is not there', 'Name the folder of the golden data: --golden.')
    with np.load(path, allow_pickle=False) as data:
        mel, crops, out = data['mel'][:, 0], data['crop_bgr_u8'], data['out']
    expected = out[:, :, LOWER_FACE_ROW:].transpose(0, 2, 3, 1)
    with rounding(precision):
        one, other = product(model, device, precision), plain(model, device)
        apart = np.concatenate([_apart(one, mel, crops, expected, size) for size in _SIZES])
        published = _apart(other, mel, crops, expected, 2)
        one.close()
    return {'max': float(apart.max()), 'mean': float(apart.mean()),
            'plain_max': float(published.max()), 'tolerance': TOLERANCES[precision],
            'passed': bool(apart.max() <= TOLERANCES[precision])}


def _apart(generator: TorchGenerator, mel: Any, crops: Any, expected: Any, size: int) -> Any:
    order = [number % len(mel) for number in range(size)]
    faces = [generator.features(generator.encode(crops[place])) for place in order]
    mouths = np.stack(generator.mouths(mel[order], faces))
    return np.abs(mouths - expected[order]).reshape(-1)
