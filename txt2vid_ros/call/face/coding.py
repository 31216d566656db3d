"""
Faces to few bytes and back: AV1, or JPEG where ffmpeg has no encoder for AV1.

A picture is a clip of one frame, so that one decoder reads both: in a process of its own, from a
pipe, with the demuxer that is expected and no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import threading
from typing import Any

import cv2
import ffmpeg
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.call.card import FaceFormat, FaceOutline
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.ffmpeg import FfmpegProcess, has, pipe_input, READER_LIMITS

Frame = NDArray[np.uint8]

FINEST, COARSEST = 8, 50
"""Quantizers (crf) between which a face is coded: below nothing is seen, above it falls apart."""
DECODE_SECONDS = 20.0
"""Seconds that the decoding of a whole face may take."""
_STALL_SECONDS = 20.0
_BLOCK = 128    # pixels, the largest of AV1
_ENCODE_SECONDS = 120.0
# The slower presets cost seconds and gain some 3 %.
_ENCODERS: Mapping[str, Mapping[str, Any]] = {
    'libaom-av1': {'cpu-used': 6, 'row-mt': 1, 'b:v': 0},
    'libsvtav1': {'preset': 6},
}
_DEMUXERS = {FaceFormat.JPEG: 'jpeg_pipe', FaceFormat.AV1: 'ivf'}
# All 256 levels, and exact arithmetic: at this size their rounding is seen in dark backgrounds.
_TO_YUV = {'out_range': 'full', 'out_color_matrix': 'bt601',
           'flags': 'lanczos+accurate_rnd+full_chroma_int+full_chroma_inp'}


def av1_encoder() -> str:
    """Return the encoder for AV1 that this ffmpeg has; '' where it has none."""
    return next((name for name in _ENCODERS if has('encoders', name)), '')


def av1(frames: Sequence[Frame], rate: int, crf: int) -> bytes:
    """
    Return frames (height, width, 3) uint8 BGR, all of one even size, as AV1 in IVF.

    `rate`: frames a second. `crf`: FINEST to COARSEST. Raises UserError where ffmpeg fails.
    """
    height, width = frames[0].shape[:2]
    name = av1_encoder()
    source = pipe_input(0, 'rawvideo', pixel_format='bgr24', video_size=(width, height),
                        framerate=rate)
    output = ffmpeg.output(
        source.filter('scale', **_TO_YUV).filter('format', 'yuv420p'), 'pipe:1', format='ivf',
        vcodec=name, crf=crf, g=len(frames) + 1, color_range='pc', colorspace='smpte170m',
        map_metadata=-1, **_ENCODERS[name])
    process = FfmpegProcess(output, 'face encoder', stall_seconds=_ENCODE_SECONDS)
    coded = bytearray()
    try:
        feed = process.queued_input(len(frames) + 1)
        for frame in frames:
            feed.write(np.ascontiguousarray(frame).tobytes())
        feed.close(timeout=0)
        while block := process.read():
            coded += block
        if process.end() != 0 or not coded:
            raise UserError(f'the face cannot be coded: {process.complaint()}',
                            'Reinstall ffmpeg, or use another picture.')
    finally:
        process.abort()
    return bytes(coded)


def jpeg(frame: Frame, quality: int) -> bytes:
    """Return a frame as a progressive JPEG; `quality` from 0 to 100."""
    done, data = cv2.imencode('.jpg', frame, [
        cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1,
        cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    if not done:
        raise UserError('the face cannot be coded as JPEG', 'Use another picture.')
    return data.tobytes()


def decoded(data: bytes, outline: FaceOutline) -> list[Frame]:
    """
    Return the frames of a face from outside, (height, width, 3) uint8 BGR as `outline` says.

    Raises CardError where it has others, fewer or more, or takes too long.
    """
    width, height = outline.width, outline.height
    source = pipe_input(0, _DEMUXERS[outline.format], threads=1,
                        max_pixels=_padded(width) * _padded(height))
    # A stream may change its size; what comes out is of this one.
    output = ffmpeg.output(
        source['v:0'].filter('scale', width, height), 'pipe:1', format='rawvideo',
        pix_fmt='bgr24', vsync='passthrough', **{'frames:v': outline.frames + 1})
    process = FfmpegProcess(output, 'face decoder', limits=READER_LIMITS,
                            stall_seconds=_STALL_SECONDS)
    late = threading.Timer(DECODE_SECONDS, process.kill)
    late.start()
    frames: list[Frame] = []
    try:
        feed = process.queued_input(2)
        feed.write(data)
        feed.close(timeout=0)
        while len(frames) <= outline.frames:
            frame = np.empty((height, width, 3), np.uint8)
            if not process.fill(memoryview(frame.data).cast('B')):
                break
            frames.append(frame)
    finally:
        late.cancel()
        process.abort()
    if len(frames) != outline.frames:
        raise CardError('it has more frames than it says' if len(frames) > outline.frames
                        else 'it cannot be decoded')
    return frames


def _padded(side: int) -> int:
    """Return a side with what a decoder may add to it: it works in whole blocks."""
    return -(-side // _BLOCK) * _BLOCK
