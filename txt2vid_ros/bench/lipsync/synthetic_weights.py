"""
Synthetic weights, each a pure function of its name and shape, for tests and benchmarks.

A network filled by this rule computes nothing useful, but with the real amount of work and with
reasonable magnitudes in every layer; two implementations that agree on it agree on the network.
The rule: entry i of a tensor is splitmix64 of CRC32(name) * 2**32 + i * golden ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
import math
import re
from typing import TYPE_CHECKING, TypeVar
import zlib

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn
    Module = TypeVar('Module', bound=nn.Module)

Weights = dict[str, NDArray[np.generic]]
Shapes = Iterable[tuple[str, tuple[int, ...]]]

_TRANSPOSED = re.compile(r'face_decoder_blocks\.([1-6])\.0\.conv_block\.0\.weight')
_S3FD_QUIET = ('fc7_mbox', 'conv6_2_mbox', 'conv7_2_mbox')
_S3FD_NORM = {'conv3_3_norm.weight': 10.0, 'conv4_3_norm.weight': 8.0, 'conv5_3_norm.weight': 5.0}


def _uniform(name: str, shape: tuple[int, ...], low: float, high: float) -> NDArray[np.float32]:
    count = math.prod(shape)
    with np.errstate(over='ignore'):
        z = np.uint64(zlib.crc32(name.encode()) << 32) + (
            np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    unit = (z >> np.uint64(40)).astype(np.float64) / 2.0**24
    return (low + (high - low) * unit).astype(np.float32).reshape(shape)


def _wav2lip_range(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    if len(shape) == 4:
        fan = math.prod(shape[1:])
        if transposed := _TRANSPOSED.fullmatch(name):
            fan = shape[0] * 9 // (1 if transposed[1] == '1' else 4)
        bound = 1.08 * math.sqrt(3.0 / fan)
        return -bound, bound
    kind = name.rpartition('.')[2]
    ranges = {'weight': (0.8, 1.2), 'bias': (-0.1, 0.1), 'running_mean': (-0.1, 0.1),
              'running_var': (0.75, 1.25)}
    return ranges[kind]


def wav2lip_weights(shapes: Shapes) -> Weights:
    """Fill the tensors of a Wav2Lip state_dict, given as (name, shape)."""
    weights: Weights = {}
    for name, shape in shapes:
        plain = name.removeprefix('module.')
        if plain.endswith('num_batches_tracked'):
            weights[name] = np.ones(shape, np.int64)
        else:
            weights[name] = _uniform(plain, shape, *_wav2lip_range(plain, shape))
    return weights


def s3fd_weights(shapes: Shapes) -> Weights:
    """Fill the tensors of an S3FD state_dict, given as (name, shape)."""
    weights: Weights = {}
    for name, shape in shapes:
        if name in _S3FD_NORM:
            scale = _S3FD_NORM[name]
            weights[name] = _uniform(name, shape, 0.9, 1.1) * np.float32(scale)
        elif len(shape) == 4:
            bound = math.sqrt(2.0) * math.sqrt(3.0 / math.prod(shape[1:]))
            tensor = _uniform(name, shape, -bound, bound)
            weights[name] = tensor * np.float32(
                0.03125 if name.startswith(_S3FD_QUIET) else 1.0)
        else:
            bias = _uniform(name, shape, -0.1, 0.1)
            if name.endswith('_mbox_conf.bias'):
                bias[:-1] += np.float32(1.5)
            weights[name] = bias
    return weights


def fill(module: Module, rule: Callable[[Shapes], Weights]) -> Module:
    """Fill a torch module by one of the rules above; return it, ready for inference."""
    import torch
    shapes = ((name, tuple(tensor.shape)) for name, tensor in module.state_dict().items())
    module.load_state_dict({name: torch.from_numpy(w) for name, w in rule(shapes).items()})
    return module.eval().requires_grad_(False)
