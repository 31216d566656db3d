"""Running a small .tflite network on OpenCV (4.7 or later) or LiteRT, whichever is here."""

from __future__ import annotations

import abc
import pathlib

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError

Array = NDArray[np.float32]


class TfliteNetwork(abc.ABC):
    """One network with one picture as its input."""

    @abc.abstractmethod
    def run(self, picture: Array) -> dict[int, Array]:
        """Return the flattened outputs by size for an RGB `picture` (h, w, 3), float32."""


class OpenCvNetwork(TfliteNetwork):
    """On OpenCV's dnn module."""

    def __init__(self, path: pathlib.Path) -> None:
        """Load `path`. Raises cv2.error if it is not a network."""
        self._net = cv2.dnn.readNetFromTFLite(str(path))
        self._names = self._net.getUnconnectedOutLayersNames()

    def run(self, picture: Array) -> dict[int, Array]:
        """See TfliteNetwork."""
        self._net.setInput(np.ascontiguousarray(picture.transpose(2, 0, 1)[None]))
        outputs = self._net.forward(self._names)
        return {output.size: np.asarray(output, np.float32).ravel() for output in outputs}


class LiteRtNetwork(TfliteNetwork):
    """On ai-edge-litert, for the OpenCV 4.6 of Ubuntu 24.04."""

    def __init__(self, path: pathlib.Path) -> None:
        """Load `path`. Raises ValueError if it is not a network, ImportError without LiteRT."""
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=1)
        self._interpreter.allocate_tensors()

    def run(self, picture: Array) -> dict[int, Array]:
        """See TfliteNetwork."""
        self._interpreter.set_tensor(
            self._interpreter.get_input_details()[0]['index'], picture[None]
        )
        self._interpreter.invoke()
        outputs = [
            np.array(self._interpreter.get_tensor(detail['index']), np.float32).ravel()
            for detail in self._interpreter.get_output_details()
        ]
        return {output.size: output for output in outputs}


def load_network(path: pathlib.Path) -> TfliteNetwork:
    """Return the network in `path`. Raises UserError if nothing here can run it."""
    damaged = UserError(
        f'model file {path} cannot be read', 'Delete it and run `txt2vid models fetch`'
    )
    if hasattr(cv2.dnn, 'readNetFromTFLite'):
        try:
            return OpenCvNetwork(path)
        except cv2.error as error:
            raise damaged from error
    try:
        return LiteRtNetwork(path)
    except ImportError as error:
        raise UserError(
            f'OpenCV {cv2.__version__} cannot run {path.name}, and ai-edge-litert is missing',
            'Run: pip install ai-edge-litert',
        ) from error
    except (ValueError, RuntimeError) as error:
        raise damaged from error
