"""
The generator as three ONNX graphs, built straight from a checkpoint's tensors.

The face graph encodes a driving frame's crop; its outputs, the skip connections, are small enough
to be cached. The share graph computes their contribution to each stage of the decoder: skips enter
linear convolutions by concatenation, so that convolution(a, b) = convolution(a) + convolution(b),
and the second term, the share, is the same for every sound. The speech graph takes a mel
window and the shares and decodes the lower face. All have batch norm and residuals folded in
(folding.py) and only the rows that are needed (rows.py).

Each layer is computed in whichever way is faster at its size: by Winograd's filtering (pixels.py)
or by ONNX Runtime's own convolution.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from txt2vid_ros.lipsync.wav2lip import architecture
from txt2vid_ros.lipsync.wav2lip.generator import pixels, rows, winograd
from txt2vid_ros.lipsync.wav2lip.generator.folding import fold, FoldedConvolution, State
from txt2vid_ros.lipsync.wav2lip.generator.graph_builder import GraphBuilder, Shapes
from txt2vid_ros.lipsync.wav2lip.generator.pixels import Pixels

SKIPS, SHARES = (tuple(f'{kind}{n}' for n in range(1, len(architecture.FACE_DECODER) + 1))
                 for kind in ('skip', 'share'))

_FACE_SHAPE = (6, architecture.FACE, architecture.FACE)


@dataclasses.dataclass(frozen=True)
class Image:
    """A map as ONNX's own operators take it, (B, channels, height, width)."""

    name: str
    channels: int
    height: int
    width: int


Map = Image | Pixels


class _Layers:
    """The network's layers in a graph; `exact` False uses convolutions that can be quantised."""

    def __init__(self, *, exact: bool = True) -> None:
        self.graph = GraphBuilder()
        self._exact = exact

    def image(self, x: Map, channels: int) -> Image:
        """Return `x`, of so many channels, as an image."""
        if isinstance(x, Image):
            return x
        return Image(pixels.to_image(self.graph, x), channels, *x.places.shape)

    def block(self, x: Map, folded: FoldedConvolution, *, top: bool = True) -> Map:
        """Apply a convolution and its ReLU; without `top` there is no border above."""
        if self._exact and isinstance(x, Pixels) and x.places.shape[1] in winograd.WIDTHS:
            return pixels.tiled(self.graph, x, folded, top=top)
        return self.convolution(self.image(x, folded.layer.inputs), folded, top=top)

    def convolution(self, x: Image, folded: FoldedConvolution, *, top: bool = True) -> Image:
        layer, p = folded.layer, folded.layer.padding
        pads = [p if top else 0, p, p, p]
        out = self.graph.convolution(x.name, folded.weight, folded.bias, pads=pads,
                                     strides=layer.stride)
        if folded.adds_input:
            out = self.graph.node('Add', [out, self.graph.below(x.name, int(not top))])
        height, width = (
            (size + pad - layer.kernel) // stride + 1 for size, pad, stride in zip(
                (x.height, x.width), (pads[0] + p, 2 * p), layer.stride, strict=True))
        return Image(self.graph.node('Relu', [out]), layer.outputs, height, width)

    def upsampling(self, x: Map, folded: FoldedConvolution, inputs: slice) -> Pixels:
        """Apply the transposed convolution of the input channels `inputs`, without bias."""
        weight = folded.of_inputs(inputs.start, inputs.stop)
        image = self.image(x, len(weight))
        if folded.layer.stride == (1, 1):
            return pixels.spread(self.graph, image.name, weight)
        return pixels.doubled(self.graph, image.name, image.height, image.width, weight)


def face_graph(state: State, first_row: int = rows.LOWER_FACE_ROW) -> bytes:
    """Return the model from `face` (B, 6, 96, 96) to the skips, images of the rows needed."""
    layers = _Layers()
    x = Image('face', *_FACE_SHAPE)
    firsts = _first_rows_of_skips(first_row)
    for number, block in enumerate(architecture.FACE_ENCODER):
        for i, layer in enumerate(block):
            x = layers.convolution(x, fold(state, f'face_encoder_blocks.{number}.{i}', layer))
        layers.graph.node('Identity', [layers.graph.below(x.name, firsts.pop())],
                          SKIPS[len(firsts)])
    return layers.graph.model({'face': ['batch', *_FACE_SHAPE]}, SKIPS)


def share_graph(state: State, first_row: int = rows.LOWER_FACE_ROW) -> bytes:
    """
    Return the model from the skips to the shares of every decoder stage.

    A share is a list of pixels (B, n, C), in the order in which the stage computes them; the last
    one is an image.
    """
    layers = _Layers()
    graph = layers.graph
    inputs: Shapes = {}
    stages, output_top = rows.plan(first_row)
    sizes = [1, *(stage.size for stage in stages)]
    skips = []
    for name, block, size, first in zip(SKIPS, reversed(architecture.FACE_ENCODER), sizes,
                                        _first_rows_of_skips(first_row), strict=True):
        skips.append(Image(name, block[-1].outputs, size - first, size))
        inputs[name] = ['batch', block[-1].outputs, size - first, size]
    own = architecture.FACE_DECODER[0][0].outputs
    for number, (block, share, skip) in enumerate(
            zip(architecture.FACE_DECODER[1:], SHARES, skips, strict=False), start=1):
        folded = fold(state, f'face_decoder_blocks.{number}.0', block[0])
        part = layers.upsampling(skip, folded, slice(own, block[0].inputs))
        graph.node('Add', [part.name, graph.constant(folded.bias)], share)
        own = block[0].outputs
    folded = fold(state, 'output_block.0', architecture.OUTPUT)
    graph.convolution(SKIPS[-1], folded.of_inputs(own, architecture.OUTPUT.inputs), folded.bias,
                      pads=[int(output_top), 1, 1, 1], output=SHARES[-1])
    return graph.model(inputs, SHARES)


def speech_graph(
    state: State, first_row: int = rows.LOWER_FACE_ROW, *, exact: bool = True,
) -> bytes:
    """
    Return the model from `mel` (B, 1, 80, 16) and shares to `mouth` (B, 3, 96 - first_row, 96).

    The shares' batch may be 1 where all windows are for the same driving frame. `exact` False
    gives the graph to be quantised: ordinary convolutions, and residuals beside them.
    """
    layers = _Layers(exact=exact)
    graph = layers.graph
    x: Map = Image('mel', 1, 80, 16)
    for i, layer in enumerate(architecture.AUDIO_ENCODER):
        x = layers.block(x, fold(state, f'audio_encoder.{i}', layer, residual=exact))
    first = architecture.FACE_DECODER[0][0]
    x = layers.block(x, fold(state, 'face_decoder_blocks.0.0', first))
    stages, output_top = rows.plan(first_row)
    inputs: Shapes = {'mel': ['batch', 1, 80, 16]}
    own = first.outputs
    for stage, block, share, number in zip(
            stages, architecture.FACE_DECODER[1:], SHARES, itertools.count(1), strict=False):
        folded = fold(state, f'face_decoder_blocks.{number}.0', block[0])
        up = layers.upsampling(x, folded, slice(0, own))
        own = block[0].outputs
        inputs[share] = ['faces', up.count, own]
        x = dataclasses.replace(up, name=graph.activated(up.name, share)).below(stage.cut)
        for i, (layer, top) in enumerate(zip(block[1:], stage.tops, strict=True), start=1):
            name = f'face_decoder_blocks.{number}.{i}'
            x = layers.block(x, fold(state, name, layer, residual=exact), top=top)
    folded = fold(state, 'output_block.0', architecture.OUTPUT)
    out = graph.convolution(layers.image(x, own).name, folded.of_inputs(0, own), None,
                            pads=[int(output_top), 1, 1, 1])
    height = architecture.FACE - first_row
    inputs[SHARES[-1]] = ['faces', architecture.OUTPUT.outputs, height, architecture.FACE]
    weight, bias = (state[f'output_block.1.{part}'] for part in ('weight', 'bias'))
    out = graph.convolution(graph.activated(out, SHARES[-1]), weight.astype(np.float32),
                            bias.astype(np.float32), pads=[0] * 4)
    graph.node('Sigmoid', [out], 'mouth')
    return graph.model(inputs, ['mouth'])


def _first_rows_of_skips(first_row: int) -> list[int]:
    """Return the first row of each skip that enters the decoder, smallest map first."""
    return [*(stage.first_input for stage in rows.plan(first_row)[0]), max(0, first_row - 1)]
