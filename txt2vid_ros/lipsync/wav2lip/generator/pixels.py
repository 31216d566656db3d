"""
Feature maps as lists of pixels, and the decoder layers that gain from that layout.

A list of pixels (B, n, C) may hold those of a map in any order. Operations that would move them
(interleaving a transposed convolution's phases, cutting rows, zero borders, overlapping tiles)
then become one gather when they are next read, rather than several passes.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.wav2lip.generator import winograd
from txt2vid_ros.lipsync.wav2lip.generator.folding import Array, FoldedConvolution
from txt2vid_ros.lipsync.wav2lip.generator.graph_builder import GraphBuilder

Places = NDArray[np.int64]

_BORDER = -1            # the place of a pixel that is zero
_MIN_STACKED = 64       # tiles from which one product of stacked matrices is fastest


@dataclasses.dataclass(frozen=True)
class Pixels:
    """A map of (H, W) pixels: `name` of the list (B, count, C), and `places` (H, W) in it."""

    name: str
    places: Places
    count: int

    def below(self, first: int) -> Pixels:
        """Drop the rows above `first`."""
        return dataclasses.replace(self, places=self.places[first:])


def to_image(graph: GraphBuilder, x: Pixels) -> str:
    """Return the map as an image (B, C, H, W)."""
    height, width = x.places.shape
    rows = graph.reshape(_picked(graph, x, x.places), 0, height, width, -1)
    return graph.node('Transpose', [rows], perm=[0, 3, 1, 2])


def spread(graph: GraphBuilder, image: str, weight: Array) -> Pixels:
    """
    Apply a 3x3 transposed convolution to an image of one pixel, without bias and ReLU.

    `weight`: (inputs, outputs, 3, 3).
    """
    inputs, outputs = weight.shape[:2]
    matrix = weight.transpose(0, 2, 3, 1).reshape(inputs, -1)
    taps = graph.node('MatMul', [graph.reshape(image, 0, inputs), graph.constant(matrix)])
    return Pixels(graph.reshape(taps, 0, 9, outputs), np.arange(9).reshape(3, 3), 9)


def doubled(graph: GraphBuilder, image: str, height: int, width: int, weight: Array) -> Pixels:
    """
    Apply a 3x3 transposed convolution of stride 2 to an image, without bias and ReLU.

    With padding 1 and output padding 1, output row o = 2i - 1 + k: even rows see tap 1 of input
    row i, odd rows tap 2 of row i and tap 0 of the row below. The four small convolutions, one for
    each phase, do the same nine multiplications a pixel, without an intermediate to scatter.
    """
    sides = ([1], [2, 0])
    by_output = weight.transpose(1, 0, 2, 3)
    phases = [
        graph.convolution(image, by_output[:, :, y][:, :, :, x], None,
                          pads=[0, 0, len(y) - 1, len(x) - 1])
        for y in sides for x in sides]
    joined = graph.node('Transpose', [graph.node('Concat', phases, axis=1)], perm=[0, 2, 3, 1])
    count = 4 * height * width
    places = np.arange(count).reshape(height, width, 2, 2).transpose(0, 2, 1, 3)
    return Pixels(graph.reshape(joined, 0, -1, len(by_output)),
                  places.reshape(2 * height, 2 * width), count)


def tiled(
    graph: GraphBuilder, x: Pixels, folded: FoldedConvolution, *, top: bool = True,
) -> Pixels:
    """
    Apply a 3x3 convolution and its ReLU by Winograd's filtering.

    Without `top` there is no border above.
    """
    height, width = x.places.shape[0] - (0 if top else 1), x.places.shape[1]
    # A row or column of zeros more below and to the right, where tiles of 2x2 would not fit.
    places = np.pad(x.places, ((int(top), 1 + height % 2), (1, 1 + width % 2)),
                    constant_values=_BORDER)
    windows = winograd.tiles(places)
    n, inputs, outputs = windows.shape[1], folded.layer.inputs, folded.layer.outputs
    tiles = graph.reshape(_picked(graph, x, windows), 0, 16, n * inputs)
    tiles = graph.node('MatMul', [graph.constant(winograd.INPUT), tiles])
    products = _stacked(graph, graph.reshape(tiles, 0, 16, n, inputs),
                        winograd.weights(folded.weight), n)
    out = graph.node('MatMul', [graph.constant(winograd.OUTPUT),
                                graph.reshape(products, 0, 16, n * outputs)])
    out = graph.activated(graph.reshape(out, 0, 4 * n, outputs), graph.constant(folded.bias))
    rows, columns = places.shape[0] // 2 - 1, places.shape[1] // 2 - 1
    phases = np.arange(4 * n).reshape(2, 2, rows, columns).transpose(2, 0, 3, 1)
    return Pixels(out, phases.reshape(2 * rows, 2 * columns)[:height, :width], 4 * n)


def _stacked(graph: GraphBuilder, x: str, weight: Array, n: int) -> str:
    """Multiply (B, 16, n, C) with `weight` (16, C, K)."""
    if n >= _MIN_STACKED:
        return graph.node('MatMul', [x, graph.constant(weight)])
    # ONNX Runtime packs a constant matrix once, but a stack of matrices at each call.
    parts = graph.split(x, len(weight))
    return graph.node('Concat', [graph.node('MatMul', [part, graph.constant(one)])
                                 for part, one in zip(parts, weight, strict=True)], axis=1)


def _picked(graph: GraphBuilder, x: Pixels, wanted: Places) -> str:
    """Return the list of the pixels at the places `wanted`."""
    flat: Places = wanted.ravel()
    if np.array_equal(flat, np.arange(x.count)):
        return x.name
    name, border = x.name, flat == _BORDER
    if border.any():
        name = graph.node('Pad', [name, graph.constant(np.array([0, 0, 0, 0, 1, 0], np.int64))])
        flat = np.where(border, x.count, flat)
    return graph.node('Gather', [name, graph.constant(flat)], axis=1)
