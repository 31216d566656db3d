"""ONNX graphs under construction."""

from __future__ import annotations

from collections.abc import Sequence
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper, TensorProto

Shapes = dict[str, list[int | str]]

_OPSET = 17
_IR_VERSION = 8


class GraphBuilder:
    """Collects nodes; each method adds some and returns the name of their output."""

    def __init__(self) -> None:
        """Start an empty graph."""
        # Filled in place: assembling a model from parts would copy its 150 MB twice.
        self._model = onnx.ModelProto(ir_version=_IR_VERSION)
        self._model.graph.name = 'wav2lip'
        self._model.opset_import.append(helper.make_opsetid('', _OPSET))
        self._names = (f'v{n}' for n in itertools.count())

    def constant(self, value: NDArray[np.generic]) -> str:
        """Add a constant tensor."""
        name = next(self._names)
        self._model.graph.initializer.append(
            numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str | None = None,
             **attributes: Any) -> str:
        """Add one node of the ONNX operator `kind`."""
        name = output or next(self._names)
        self._model.graph.node.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def reshape(self, x: str, *shape: int, output: str | None = None) -> str:
        """Reshape `x`; 0 keeps an axis, -1 is inferred."""
        return self.node('Reshape', [x, self.constant(np.array(shape, np.int64))], output)

    def split(self, x: str, parts: int) -> list[str]:
        """Cut (B, parts, n, C) along its second axis into lists (B, n, C)."""
        names = [next(self._names) for _ in range(parts)]
        self._model.graph.node.append(helper.make_node('Split', [x], names, axis=1))
        return names

    def below(self, x: str, first: int) -> str:
        """Drop the rows above `first` of an image (B, C, H, W)."""
        if first == 0:
            return x
        ends = (np.array([value], np.int64) for value in (first, np.iinfo(np.int64).max, 2))
        return self.node('Slice', [x, *map(self.constant, ends)])

    def activated(self, x: str, addend: str) -> str:
        """Add `addend` to `x`, then apply the ReLU."""
        return self.node('Relu', [self.node('Add', [x, addend])])

    def convolution(self, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32] | None,
                    *, pads: Sequence[int], strides: Sequence[int] = (1, 1),
                    output: str | None = None) -> str:
        """Convolve an image with `weight` (outputs, inputs, k, k)."""
        inputs = [x, self.constant(weight)] + ([] if bias is None else [self.constant(bias)])
        return self.node('Conv', inputs, output, pads=list(pads), strides=list(strides),
                         kernel_shape=list(weight.shape[2:]))

    def model(self, inputs: Shapes, outputs: Sequence[str]) -> bytes:
        """Return the serialised model with float32 inputs of these shapes; called once."""
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                  for name, shape in inputs.items()]
        results = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
        self._model.graph.input.extend(values)
        self._model.graph.output.extend(results)
        content: bytes = self._model.SerializeToString()
        return content
