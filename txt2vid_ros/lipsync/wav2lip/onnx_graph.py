"""The generator as two ONNX graphs, built straight from a checkpoint's tensors.

The face graph maps a driving frame's crop to its shares: what the face encoder adds to each stage
of the decoder. Skips enter linear convolutions by concatenation, so that convolution(a, b) =
convolution(a) + convolution(b), and the second term is the same for every sound. The speech graph
takes a mel window and the shares and decodes the lower face. Both have batch norm and residuals
folded in (folding.py) and only the rows that are needed (rows.py).
"""

from __future__ import annotations

from collections.abc import Sequence
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper, TensorProto

from txt2vid_ros.lipsync.wav2lip import architecture, rows
from txt2vid_ros.lipsync.wav2lip.folding import Array, fold, Folded, State

SHARES = tuple(f'share{n}' for n in range(1, len(architecture.FACE_DECODER) + 1))
_OPSET = 17
_IR_VERSION = 8


class _Graph:
    """Nodes under construction; every method adds some and returns their output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._names = (f'v{n}' for n in itertools.count())

    def constant(self, value: NDArray[np.generic]) -> str:
        name = next(self._names)
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str | None = None,
             **attributes: Any) -> str:
        name = output or next(self._names)
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def below(self, x: str, first: int) -> str:
        """Drop the rows above `first`."""
        if first == 0:
            return x
        ends = (np.array([value], np.int64) for value in (first, np.iinfo(np.int64).max, 2))
        return self.node('Slice', [x, *map(self.constant, ends)])

    def convolution(self, x: str, weight: Array, bias: Array | None, *, pads: Sequence[int],
                    strides: Sequence[int] = (1, 1), output: str | None = None) -> str:
        inputs = [x, self.constant(weight)] + ([] if bias is None else [self.constant(bias)])
        return self.node('Conv', inputs, output, pads=list(pads), strides=list(strides),
                         kernel_shape=list(weight.shape[2:]))

    def block(self, x: str, folded: Folded, *, top: bool = True) -> str:
        p = folded.layer.padding
        out = self.convolution(x, folded.weight, folded.bias, pads=[p if top else 0, p, p, p],
                               strides=folded.layer.stride)
        if folded.adds_input:
            out = self.node('Add', [out, self.below(x, int(not top))])
        return self.node('Relu', [out])

    def upsampling(self, x: str, folded: Folded, inputs: slice, bias: Array | None) -> str:
        """Add the transposed convolution of the input channels `inputs`."""
        weight = folded.of_inputs(inputs.start, inputs.stop)
        if folded.layer.stride == (1, 1):
            tensors = [x, self.constant(weight)] + ([] if bias is None else [self.constant(bias)])
            return self.node('ConvTranspose', tensors, kernel_shape=[folded.layer.kernel] * 2)
        phases = [self.convolution(x, w, bias, pads=[0, 0, *(n - 1 for n in w.shape[2:])])
                  for w in _phases(weight)]
        return self.node('DepthToSpace', [self.node('Concat', phases, axis=1)], blocksize=2)

    def model(self, inputs: dict[str, list[int | str]], outputs: Sequence[str]) -> bytes:
        def values(shapes: dict[str, list[int | str]]) -> list[onnx.ValueInfoProto]:
            return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                    for name, shape in shapes.items()]

        results = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
        graph = helper.make_graph(self._nodes, 'wav2lip', values(inputs), results, self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', _OPSET)])
        model.ir_version = _IR_VERSION
        content: bytes = model.SerializeToString()
        return content


def _phases(weight: Array) -> list[Array]:
    """Split a 3x3 stride-2 transposed convolution into its four output phases.

    With padding 1 and output padding 1, output row o = 2i - 1 + k: even rows see tap 1 of input
    row i, odd rows tap 2 of row i and tap 0 of the row below. The four small convolutions do the
    same nine multiplications a pixel, without an intermediate to scatter.
    """
    taps = ([1], [2, 0])
    transposed = weight.transpose(1, 0, 2, 3)
    return [np.ascontiguousarray(transposed[:, :, ky][:, :, :, kx]) for ky in taps for kx in taps]


def face_graph(state: State, first_row: int = rows.LOWER_FACE_ROW) -> bytes:
    """Return the model from `face` (B, 6, 96, 96) to the shares of every decoder stage."""
    graph = _Graph()
    x = 'face'
    skips: list[str] = []
    for number, layers in enumerate(architecture.FACE_ENCODER):
        for i, layer in enumerate(layers):
            x = graph.block(x, fold(state, f'face_encoder_blocks.{number}.{i}', layer))
        skips.append(x)
    stages, output_top = rows.plan(first_row)
    for stage, layers, share, number in zip(
            stages, architecture.FACE_DECODER[1:], SHARES, itertools.count(1), strict=False):
        folded = fold(state, f'face_decoder_blocks.{number}.0', layers[0])
        own = architecture.FACE_DECODER[number - 1][0].outputs
        part = graph.below(skips.pop(), stage.first_input)
        part = graph.upsampling(part, folded, slice(own, layers[0].inputs), folded.bias)
        graph.node('Identity', [graph.below(part, stage.cut)], share)
    folded = fold(state, 'output_block.0', architecture.OUTPUT)
    own = architecture.FACE_DECODER[-1][0].outputs
    part = graph.below(skips.pop(), max(0, first_row - 1))
    graph.convolution(part, folded.of_inputs(own, architecture.OUTPUT.inputs), folded.bias,
                      pads=[int(output_top), 1, 1, 1], output=SHARES[-1])
    size = architecture.FACE
    return graph.model({'face': ['batch', 6, size, size]}, SHARES)


def speech_graph(
    state: State, first_row: int = rows.LOWER_FACE_ROW, *, fold_residuals: bool = True,
) -> bytes:
    """Return the model from `mel` (B, 1, 80, 16) and shares to `mouth` (B, 3, 96 - first_row, 96).

    The shares' batch may be 1 where all windows are for the same driving frame.
    """
    graph = _Graph()
    x = 'mel'
    for i, layer in enumerate(architecture.AUDIO_ENCODER):
        x = graph.block(
            x, fold(state, f'audio_encoder.{i}', layer, residual=fold_residuals))
    first = architecture.FACE_DECODER[0][0]
    x = graph.block(x, fold(state, 'face_decoder_blocks.0.0', first))
    stages, output_top = rows.plan(first_row)
    inputs: dict[str, list[int | str]] = {'mel': ['batch', 1, 80, 16]}
    own = first.outputs
    for stage, layers, share, number in zip(
            stages, architecture.FACE_DECODER[1:], SHARES, itertools.count(1), strict=False):
        folded = fold(state, f'face_decoder_blocks.{number}.0', layers[0])
        x = graph.below(graph.upsampling(x, folded, slice(0, own), None), stage.cut)
        x = graph.node('Relu', [graph.node('Add', [x, share])])
        own = layers[0].outputs
        height = stage.size - stage.first_upsampled
        inputs[share] = ['faces', own, height, stage.size]
        for i, (layer, top) in enumerate(zip(layers[1:], stage.tops, strict=True), start=1):
            block = f'face_decoder_blocks.{number}.{i}'
            x = graph.block(x, fold(state, block, layer, residual=fold_residuals), top=top)
    folded = fold(state, 'output_block.0', architecture.OUTPUT)
    x = graph.convolution(x, folded.of_inputs(0, own), None, pads=[int(output_top), 1, 1, 1])
    x = graph.node('Relu', [graph.node('Add', [x, SHARES[-1]])])
    height = architecture.FACE - first_row
    inputs[SHARES[-1]] = ['faces', architecture.OUTPUT.outputs, height, architecture.FACE]
    weight, bias = (state[f'output_block.1.{part}'] for part in ('weight', 'bias'))
    x = graph.convolution(x, weight.astype(np.float32), bias.astype(np.float32), pads=[0] * 4)
    graph.node('Sigmoid', [x], 'mouth')
    return graph.model(inputs, ['mouth'])
