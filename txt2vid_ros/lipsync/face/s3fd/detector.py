"""Following one face through a video with S3FD, fast enough for a CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
import torch
from txt2vid_ros.lipsync.face import boxes
from txt2vid_ros.lipsync.face.s3fd.decoding import Detections, faces
from txt2vid_ros.lipsync.face.s3fd.model import preprocess, S3FD

Frame = NDArray[np.uint8]
Progress = Callable[[int], object]
"""Called with the number of frames done since the last call."""

LONG_SIDE = 320         # pixels of a whole frame as the network sees it
WINDOW_SIDE = 128       # pixels of the window in which a known face is followed
_WINDOW = 1.5           # half its side, in sides of the face
_MAX_STEP = 0.6         # sides of itself that a face may move from one frame to the next
_STEP_PER_LOST_FRAME = 0.05     # added for each frame in which it was not seen


class S3fdDetector:
    """A loaded detector. Stateless between calls."""

    def __init__(self, model: S3FD, device: str = 'cpu', batch: int = 8) -> None:
        """Move the network to `device`; follow a face through `batch` frames at a time."""
        self._device = torch.device(device)
        self._model = model.to(self._device)
        self._batch = max(1, batch)

    def detect(self, frames: Sequence[Frame], long_side: int = LONG_SIDE) -> list[Detections]:
        """Return the faces in frames of one size, best first, in their pixels."""
        height, width = frames[0].shape[:2]
        scale = min(1.0, long_side / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]
        with torch.inference_mode():
            maps = [m.float().cpu().numpy()
                    for m in self._model(preprocess(np.stack(small)).to(self._device))]
        found = []
        for i in range(len(frames)):
            one = faces([m[i] for m in maps])
            across, down = width / size[0], height / size[1]
            one *= np.array([across, down, across, down, 1], np.float32)
            found.append(one)
        return found

    def follow(
        self, frames: Sequence[Frame], progress: Progress = lambda _: None,
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """
        Return the face's box in each frame, (n, 4), and whether it was seen there.

        The first face is the one with the best score; after that it is the one nearest to the
        last position. The longer it was lost, the farther it may have moved. Whole frames are
        searched only until a face is found, and where it is lost.
        """
        track = np.zeros((len(frames), 4))
        seen = np.zeros(len(frames), bool)
        last: NDArray[np.float64] | None = None
        lost = 0        # frames since the last was seen
        at = 0
        while at < len(frames):
            batch = [frames[i] for i in range(at, min(at + self._batch, len(frames)))]
            windowed = last is not None and lost < self._batch
            if windowed and last is not None:
                found = self._in_window(batch, last)
            else:
                batch = batch[:1]
                found = self.detect(batch)
            for i, (frame, candidates) in enumerate(zip(batch, found, strict=True), start=at):
                box = _choose(candidates, last, lost)
                if box is None and windowed:
                    box = _choose(self.detect([frame])[0], last, lost)
                if box is not None:
                    track[i], seen[i], last = box, True, box
                lost = 0 if box is not None else lost + 1
            at += len(batch)
            progress(len(batch))
        return track, seen

    def _in_window(self, batch: Sequence[Frame], last: NDArray[np.float64]) -> list[Detections]:
        height, width = batch[0].shape[:2]
        reach = _WINDOW * float(max(last[2] - last[0], last[3] - last[1]))
        centre = (last[:2] + last[2:]) / 2
        left, top = np.maximum(0, centre - reach).astype(int)
        right, bottom = np.minimum((width, height), centre + reach).astype(int)
        found = self.detect([f[top:bottom, left:right] for f in batch], WINDOW_SIDE)
        for one in found:
            one += np.array([left, top, left, top, 0], np.float32)
        return found


def _choose(
    candidates: Detections, last: NDArray[np.float64] | None, lost: int,
) -> NDArray[np.float64] | None:
    """
    Return the box that continues `last` (None: the best box), or None if there is none.

    `lost`: the number of frames since in which it was not seen.
    """
    if len(candidates) == 0:
        return None
    box: NDArray[np.float64] = candidates[boxes.nearest(candidates, last), :4].astype(np.float64)
    if last is not None:
        side = max(last[2] - last[0], last[3] - last[1])
        gone = np.linalg.norm((box[:2] + box[2:] - last[:2] - last[2:]) / 2)
        if gone > (_MAX_STEP + _STEP_PER_LOST_FRAME * lost) * side:
            return None
    return box
