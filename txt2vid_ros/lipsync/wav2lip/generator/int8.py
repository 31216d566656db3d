"""
The speech graph in 8 bits: at least twice as fast, but no longer exact; by option only.

Weights are quantised per channel, activations per tensor, calibrated on a portrait and a synthetic
voice (static quantisation, Jacob et al., arXiv 1712.05877). The error on other windows is measured
immediately and stored beside the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import json
import logging
import pathlib
import tempfile
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import onnxruntime
from txt2vid_ros.lipsync.wav2lip.architecture import FACE
from txt2vid_ros.lipsync.wav2lip.audio import windows
from txt2vid_ros.lipsync.wav2lip.audio.mel import SAMPLE_RATE
from txt2vid_ros.lipsync.wav2lip.generator import onnx_graph
from txt2vid_ros.lipsync.wav2lip.generator.base import network_input
from txt2vid_ros.lipsync.wav2lip.generator.folding import State
from txt2vid_ros.media.driving.driving_media import load_driving

_CALIBRATION, _HELD_OUT = 32, 8     # windows

Feed = dict[str, NDArray[np.float32]]


@dataclasses.dataclass(frozen=True)
class AccuracyLoss:
    """The difference of 8-bit mouths from exact ones, of full scale, on held-out windows."""

    largest: float
    mean: float

    def __str__(self) -> str:
        """Return a sentence for the user."""
        return (f'8-bit network: its mouths differ from the exact ones by {self.mean * 255:.1f} '
                f'of 255 on average, {self.largest * 255:.0f} at most')


def write(state: State, face: pathlib.Path, share: pathlib.Path, speech: pathlib.Path,
          note: pathlib.Path) -> None:
    """
    Write the 8-bit speech graph of `state` to `speech`, and its error to `note`.

    `face` and `share` are the exported graphs. Raises OSError if a file cannot be written.
    """
    from onnxruntime.quantization import CalibrationDataReader, quantize_static, QuantType

    feeds = _feeds(face, share)
    calibration = iter(feeds[:_CALIBRATION])

    class CalibrationWindows(CalibrationDataReader):  # type: ignore[misc]
        """Returns the calibration windows one by one."""

        def get_next(self) -> Feed | None:
            """Return the next window, None after the last."""
            return next(calibration, None)

    with tempfile.TemporaryDirectory(dir=speech.parent) as folder, _quietly():
        exact = pathlib.Path(folder, 'exact.onnx')
        exact.write_bytes(onnx_graph.speech_graph(state, exact=False))
        quantize_static(exact, speech, CalibrationWindows(), per_channel=True,
                        op_types_to_quantize=['Conv'], activation_type=QuantType.QUInt8,
                        weight_type=QuantType.QInt8)
        held_out = feeds[_CALIBRATION:]
        apart = np.abs(_run(exact, held_out) - _run(speech, held_out))
    error = AccuracyLoss(float(apart.max()), float(apart.mean()))
    note.write_text(json.dumps(dataclasses.asdict(error)), encoding='utf-8')


def read_error(note: pathlib.Path) -> AccuracyLoss:
    """Return the error stored by `write`."""
    return AccuracyLoss(**json.loads(note.read_text(encoding='utf-8')))


def _run(graph: pathlib.Path, feeds: list[Feed]) -> NDArray[np.float32]:
    session: Any = onnxruntime.InferenceSession(str(graph), providers=['CPUExecutionProvider'])
    return np.concatenate([session.run(None, feed)[0] for feed in feeds])


def _feeds(face: pathlib.Path, share: pathlib.Path) -> list[Feed]:
    """Return inputs of the speech graph: a voice on a portrait in several lightings."""
    encoder, sharer = (onnxruntime.InferenceSession(str(graph), providers=['CPUExecutionProvider'])
                       for graph in (face, share))
    skips = [encoder.run(None, {'face': network_input(crop[None])}) for crop in _portraits()]
    shares = [sharer.run(None, dict(zip(onnx_graph.SKIPS, one, strict=True))) for one in skips]
    count = _CALIBRATION + _HELD_OUT
    audio = windows.windows(_voice(count / 10), 10.0)
    return [dict(zip(onnx_graph.SHARES, shares[i % len(shares)], strict=True))
            | {'mel': audio[i][None, None]} for i in range(count)]


def _portraits() -> list[NDArray[np.uint8]]:
    picture = load_driving(None).frames[0]
    height, width = picture.shape[:2]
    # The face lies in the middle third; a few pixels do not matter here.
    cut = picture[height * 3 // 10:height * 3 // 4, width * 3 // 10:width * 6 // 10]
    crop = np.asarray(cv2.resize(cut, (FACE, FACE), interpolation=cv2.INTER_AREA), np.uint8)
    lights = [cv2.convertScaleAbs(crop, alpha=gain) for gain in (1.0, 0.7, 0.4, 1.2)]
    return [np.asarray(one, np.uint8) for light in lights for one in (light, light[:, ::-1])]


def _voice(seconds: float) -> NDArray[np.float32]:
    """Return a signal whose mel spectrum resembles speech: gliding harmonics, hiss, pauses."""
    rng = np.random.default_rng(0)
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 2 * np.pi * np.cumsum(130 + 40 * np.sin(2.1 * t)) / SAMPLE_RATE
    formants = np.stack((500 + 250 * np.sin(9 * t), 1500 + 700 * np.sin(5.3 * t)))
    sound = np.zeros_like(t)
    for harmonic in range(1, 30):
        frequency = harmonic * (130 + 40 * np.sin(2.1 * t))
        near = np.exp(-((frequency - formants) / 220) ** 2).sum(axis=0) + 0.02
        sound += near * np.sin(harmonic * pitch)
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * t) + 0.4, 0, 1)
    hiss = 0.3 * rng.standard_normal(len(t)) * np.clip(np.sin(2 * np.pi * 1.3 * t) - 0.6, 0, 1)
    return np.asarray(0.1 * sound * syllables + hiss, np.float32).clip(-1, 1)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep the quantiser's advice for developers out of the log."""
    root = logging.getLogger()
    root.addFilter(_no_advice)
    try:
        yield
    finally:
        root.removeFilter(_no_advice)


def _no_advice(record: logging.LogRecord) -> bool:
    return 'pre-processing' not in record.getMessage()
