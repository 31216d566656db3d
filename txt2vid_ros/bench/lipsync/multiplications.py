"""How many multiply-accumulates one frame of Wav2Lip takes, whole and along the fast path."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import math

from txt2vid_ros.lipsync.wav2lip import architecture
from txt2vid_ros.lipsync.wav2lip.architecture import FACE, Layer
from txt2vid_ros.lipsync.wav2lip.generator import rows


def _macs(layer: Layer, height: int, width: int) -> int:
    return height * width * layer.inputs * layer.outputs * layer.kernel ** 2


def multiplications(first_row: int = 0, *, face_cached: bool = False,
                    tiled: Sequence[int] = ()) -> int:
    """
    Return the multiply-accumulates of one frame.

    `face_cached` leaves out what depends on the driving frame alone: the face encoder and the
    share of each decoder input that comes from it. `tiled`: widths of the maps that Winograd's
    filtering convolves.
    """
    total = 0 if face_cached else _encoder(architecture.FACE_ENCODER, FACE, FACE)
    total += _encoder((architecture.AUDIO_ENCODER,), 80, 16)
    total += _macs(architecture.FACE_DECODER[0][0], 1, 1)
    stages, _ = rows.plan(first_row)
    before = architecture.FACE_DECODER[0][0].outputs
    for stage, layers in zip(stages, architecture.FACE_DECODER[1:], strict=True):
        inputs = before if face_cached else layers[0].inputs
        source = 1 if stage.size == 3 else stage.size // 2
        up = dataclasses.replace(layers[0], inputs=inputs)
        total += _macs(up, source - stage.first_input, source)
        first = stage.first_upsampled
        for layer, top in zip(layers[1:], stage.tops, strict=True):
            first += not top
            tiles = math.ceil((stage.size - first) / 2) * math.ceil(stage.size / 2)
            total += (16 * tiles * layer.inputs * layer.outputs if stage.size in tiled
                      else _macs(layer, stage.size - first, stage.size))
        before = layers[0].outputs
    inputs = before if face_cached else architecture.OUTPUT.inputs
    total += _macs(dataclasses.replace(architecture.OUTPUT, inputs=inputs), FACE - first_row, FACE)
    return total + 3 * architecture.OUTPUT.outputs * (FACE - first_row) * FACE


def _encoder(blocks: tuple[tuple[Layer, ...], ...], height: int, width: int) -> int:
    total = 0
    for layer in (layer for block in blocks for layer in block):
        height = (height + 2 * layer.padding - layer.kernel) // layer.stride[0] + 1
        width = (width + 2 * layer.padding - layer.kernel) // layer.stride[1] + 1
        total += _macs(layer, height, width)
    return total
