"""What the device can do at most, as measured, and what that leaves for a picture of Wav2Lip."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
import statistics
import time
from typing import Any

import torch
from txt2vid_ros.bench.gpu.networks import PRECISIONS, rounding
from txt2vid_ros.bench.lipsync.multiplications import multiplications
from txt2vid_ros.lipsync.wav2lip import architecture
from txt2vid_ros.lipsync.wav2lip.architecture import FACE, Layer
from txt2vid_ros.lipsync.wav2lip.generator import rows

_BYTES = {'fp32': 4, 'tf32': 4, 'fp16': 2, 'bf16': 2}
_PRODUCTS = 10      # timed, of which the median counts


def measured_limits(device: str, precisions: tuple[str, ...], side: int, copied: int
                    ) -> dict[str, Any]:
    """
    Measure products of `side` x `side` matrices and a copy of `copied` bytes on the device.

    Returns operations a second (10^12, a multiply-accumulate is two) for each of the precisions,
    and GB/s, read and written both counted.
    """
    figures: dict[str, Any] = {}
    for precision in precisions:
        with rounding(precision), torch.inference_mode():
            kind = getattr(torch, PRECISIONS[precision][0])
            a = torch.rand(side, side, device=device, dtype=kind)
            b, out = torch.rand_like(a), torch.empty_like(a)
            seconds = statistics.median(_seconds(
                device, lambda a=a, b=b, out=out: torch.mm(a, b, out=out)))
        figures[f'{precision}_tflops'] = 2 * side ** 3 / seconds / 1e12
    source = torch.zeros(copied, device=device, dtype=torch.uint8)
    target = torch.empty_like(source)
    seconds = statistics.median(_seconds(device, lambda: target.copy_(source)))
    figures['copy_gb_per_second'] = 2 * copied / seconds / 1e9
    return figures


def step_limit_ms(limits: dict[str, Any], precision: str, batch: int) -> float:
    """
    Return the least milliseconds of a step on `batch` pictures, by the limits as measured.

    The longer of its arithmetic and of its memory: every weight is read once, and every map is
    written and read once. What fits into a cache takes less memory than that.
    """
    macs = multiplications(rows.LOWER_FACE_ROW) * batch
    arithmetic = 2 * macs / (limits[f'{precision}_tflops'] * 1e12)
    moved = _BYTES[precision] * (_weights() + 2 * batch * _maps())
    copying = moved / (limits['copy_gb_per_second'] * 1e9)
    return float(1000 * max(arithmetic, copying))


def _seconds(device: str, step: Any) -> list[float]:
    """Return the seconds of each of some runs, after some that do not count."""
    taken = []
    for number in range(_PRODUCTS + 3):
        begun = time.perf_counter()
        step()
        if device == 'cuda':
            torch.cuda.synchronize()
        if number >= 3:
            taken.append(time.perf_counter() - begun)
    return taken


def _layers() -> Iterator[Layer]:
    blocks = (*architecture.FACE_ENCODER, architecture.AUDIO_ENCODER, *architecture.FACE_DECODER)
    return itertools.chain(*blocks, (architecture.OUTPUT,))


def _weights() -> int:
    return sum(one.inputs * one.outputs * one.kernel ** 2 for one in _layers())


def _maps() -> int:
    """Return the numbers in all maps of one picture, the lower rows of the decoder alone."""
    total = 0
    for blocks, size in ((architecture.FACE_ENCODER, (FACE, FACE)),
                         ((architecture.AUDIO_ENCODER,), (80, 16))):
        height, width = size
        for layer in itertools.chain(*blocks):
            height = (height + 2 * layer.padding - layer.kernel) // layer.stride[0] + 1
            width = (width + 2 * layer.padding - layer.kernel) // layer.stride[1] + 1
            total += layer.outputs * height * width
    stages, _ = rows.plan()
    for stage, layers in zip(stages, architecture.FACE_DECODER[1:], strict=True):
        shown = (stage.size - stage.first_upsampled) * stage.size
        total += sum(layer.outputs for layer in layers) * shown
    return total + architecture.OUTPUT.outputs * (FACE - rows.LOWER_FACE_ROW) * FACE
