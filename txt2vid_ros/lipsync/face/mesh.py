"""
Face detection (BlazeFace, short range) and the 468-point face mesh.

Bazarevsky et al., "BlazeFace", arXiv 1907.05047; Kartynnik et al., "Real-time Facial Surface
Geometry from Monocular Video on Mobile GPUs", arXiv 1907.06724. Both networks are Apache-2.0.
"""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.models.store import model_path
from txt2vid_ros.core.models.verified import published
from txt2vid_ros.lipsync.face.tflite import load_network

DETECTOR_FILE = 'face_detection_short_range.tflite'
MESH_FILE = 'face_landmark.tflite'
MESH_POINTS = 468

_DETECTOR_SIZE = 128
_MESH_SIZE = 192
_MIN_SCORE = 0.5
_MIN_TILE = 160  # pixels; smaller tiles would only find faces too small to animate

Points = NDArray[np.float32]
Image = NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Detection:
    """One face found: `box` x0, y0, x1, y1 and the eyes, all in pixels; `score` 0 to 1."""

    box: tuple[float, float, float, float]
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    score: float

    @property
    def area(self) -> float:
        """Return the area of the box in square pixels."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])


class FaceMesh:
    """Both networks, loaded once. Not thread-safe."""

    def __init__(self) -> None:
        """Load the networks. Raises UserError if a file is missing or damaged."""
        self._detector = load_network(published(model_path(DETECTOR_FILE)))
        self._mesh = load_network(published(model_path(MESH_FILE)))
        self._anchors = _anchors()

    def detect(self, image: Image) -> list[Detection]:
        """
        Return the faces in a BGR picture, the largest first.

        The network's input has 128 x 128 pixels, and it misses faces smaller than about a fifth of
        that. If it finds nothing in the whole picture, ever smaller overlapping tiles are tried,
        and after the first find one more size, for other faces.
        """
        height, width = image.shape[:2]
        tile = max(height, width)
        found: list[Detection] = []
        while tile >= _MIN_TILE:
            before = len(found)
            for x, y in _tile_corners(width, height, tile):
                found += self._detect_tile(image[y:y + tile, x:x + tile], x, y)
            if before or tile <= min(height, width) // 4:
                break
            tile = tile * 3 // 5
        return sorted(_suppress(found), key=lambda face: -face.area)

    def landmarks(self, image: Image, face: Detection) -> tuple[Points, float]:
        """
        Return the mesh of a detected face, (468, 3) pixels (z in the same unit), and its score.

        The second pass uses the region given by the first pass's points, as in tracking, so that
        the points hardly depend on the detector's box.
        """
        x0, y0, x1, y1 = face.box
        angle = math.atan2(
            face.left_eye[1] - face.right_eye[1], face.left_eye[0] - face.right_eye[0]
        )
        size = 1.5 * max(x1 - x0, y1 - y0)
        points, score = self._landmarks_in(image, ((x0 + x1) / 2, (y0 + y1) / 2), size, angle)
        return self.track(image, points) if score >= _MIN_SCORE else (points, score)

    def track(self, image: Image, previous: Points) -> tuple[Points, float]:
        """Return the mesh and its score, searched for where `previous` (468, 3) was."""
        eyes = previous[263, :2] - previous[33, :2]
        angle = math.atan2(float(eyes[1]), float(eyes[0]))
        turn = np.array(
            [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]], np.float32
        )
        level = previous[:, :2] @ turn.T
        low, high = level.min(0), level.max(0)
        middle = turn.T @ ((low + high) / 2)
        size = 1.5 * float((high - low).max())
        return self._landmarks_in(image, (float(middle[0]), float(middle[1])), size, angle)

    def _landmarks_in(
        self, image: Image, middle: tuple[float, float], size: float, angle: float
    ) -> tuple[Points, float]:
        scale = _MESH_SIZE / max(size, 1.0)
        cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
        half = _MESH_SIZE / 2
        matrix = np.array(
            [
                [cos, sin, half - cos * middle[0] - sin * middle[1]],
                [-sin, cos, half + sin * middle[0] - cos * middle[1]],
            ]
        )
        flags = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
        crop = cv2.warpAffine(image, matrix, (_MESH_SIZE, _MESH_SIZE), flags=flags)
        by_size = self._mesh.run(np.asarray(crop[..., ::-1] / 255, np.float32))
        local = by_size[3 * MESH_POINTS].reshape(MESH_POINTS, 3)
        back = cv2.invertAffineTransform(matrix)
        points = np.empty((MESH_POINTS, 3), np.float32)
        points[:, :2] = local[:, :2] @ back[:, :2].T + back[:, 2]
        points[:, 2] = local[:, 2] / scale
        return points, _sigmoid(float(by_size[1][0]))

    def _detect_tile(self, tile: Image, left: int, top: int) -> list[Detection]:
        height, width = tile.shape[:2]
        scale = _DETECTOR_SIZE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(tile, size, interpolation=cv2.INTER_AREA)
        pad_x, pad_y = (_DETECTOR_SIZE - size[0]) // 2, (_DETECTOR_SIZE - size[1]) // 2
        square = np.zeros((_DETECTOR_SIZE, _DETECTOR_SIZE, 3), np.uint8)
        square[pad_y:pad_y + size[1], pad_x:pad_x + size[0]] = small
        level = square[..., ::-1].astype(np.float32) / np.float32(127.5) - np.float32(1)
        by_size = self._detector.run(np.asarray(level, np.float32))
        anchors = len(self._anchors)
        scores, boxes = by_size[anchors], by_size[16 * anchors]
        probability = 1 / (1 + np.exp(-np.clip(scores, -80, 80)))
        found = []
        for index in np.flatnonzero(probability >= _MIN_SCORE):
            raw = boxes.reshape(-1, 16)[index]
            shift = self._anchors[index] * _DETECTOR_SIZE
            at = (raw.reshape(8, 2) + shift - (pad_x, pad_y)) / scale + (left, top)
            half = raw[2:4] / scale / 2
            found.append(
                Detection(
                    (
                        float(at[0, 0] - half[0]),
                        float(at[0, 1] - half[1]),
                        float(at[0, 0] + half[0]),
                        float(at[0, 1] + half[1]),
                    ),
                    (float(at[2, 0]), float(at[2, 1])),
                    (float(at[3, 0]), float(at[3, 1])),
                    float(probability[index]),
                )
            )
        return found


def _anchors() -> NDArray[np.float32]:
    """Return the 896 anchor centres, 0 to 1: 2 a cell on a 16 x 16 grid, 6 a cell on 8 x 8."""
    grids = []
    for cells, repeats in ((16, 2), (8, 6)):
        middle = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(grids)


def _tile_corners(width: int, height: int, tile: int) -> list[tuple[int, int]]:
    """Return the corners of tiles that cover the picture and overlap by half."""

    def starts(length: int) -> list[int]:
        if length <= tile:
            return [0]
        count = math.ceil((length - tile) / (tile / 2)) + 1
        return [round(i * (length - tile) / (count - 1)) for i in range(count)]

    return [(x, y) for y in starts(height) for x in starts(width)]


def _suppress(found: list[Detection]) -> list[Detection]:
    """Keep the most confident of overlapping detections."""
    kept: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.score):
        if all(_overlap(face, other) < 0.3 for other in kept):
            kept.append(face)
    return kept


def _overlap(one: Detection, other: Detection) -> float:
    """Return intersection over the smaller area, 0 to 1."""
    wide = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    high = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return max(wide, 0) * max(high, 0) / max(min(one.area, other.area), 1e-6)


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-80.0, min(80.0, value))))
