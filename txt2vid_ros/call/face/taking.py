"""
A face of somebody else: what is taken of it, and how it is made a file of our own.

Nothing of the stranger's bytes is kept where another part of the program would open it: they are
decoded once, in a process apart, and what is kept is coded here from the pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import enum
from pathlib import Path

import cv2
import ffmpeg
from txt2vid_ros.call.card import Face, FaceOutline
from txt2vid_ros.call.face.coding import decoded, Frame
from txt2vid_ros.call.face.containers import coded_size
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.media.ffmpeg import FfmpegProcess, FileUrl, pipe_input, SYNTHETIC_LABEL

ACCEPTED = ('none', 'pictures', 'clips')
_KEPT_QUALITY = 95
_KEPT_CRF = 16
_WRITE_SECONDS = 60.0

FindFace = Callable[[Frame], bool]
"""Takes a frame (height, width, 3) uint8 BGR; returns whether it shows a face."""


class Refusal(enum.IntEnum):
    """Why a face, or a card, is not taken. The numbers travel."""

    NO_FACES = 1
    NO_CLIPS = 2
    TOO_MANY_BYTES = 3
    TOO_MANY_PIXELS = 4
    TOO_LONG = 5
    DAMAGED = 6
    SHOWS_NO_FACE = 7
    NOT_KEPT = 8
    CANCELLED = 9


_WORDS = {
    Refusal.NO_FACES: 'takes no faces',
    Refusal.NO_CLIPS: 'takes pictures only, no clips',
    Refusal.TOO_MANY_BYTES: 'takes faces of at most {} bytes',
    Refusal.TOO_MANY_PIXELS: 'takes faces of at most {} pixels',
    Refusal.TOO_LONG: 'takes clips of at most {} seconds',
    Refusal.DAMAGED: 'cannot read the face',
    Refusal.SHOWS_NO_FACE: 'finds no face in what was sent',
    Refusal.NOT_KEPT: 'cannot keep the face',
    Refusal.CANCELLED: 'has stopped taking the face',
}


class FaceRefusedError(Exception):
    """A face is not taken; `words` say why, after 'the peer' or 'this end'."""

    def __init__(self, refusal: Refusal, limit: int = 0, detail: str = '') -> None:
        """Take the reason, the limit that it goes beyond, and what only this end is told."""
        self.refusal = refusal
        self.limit = limit
        self.words = _WORDS[refusal].format(limit)
        super().__init__(f'{self.words}: {detail}' if detail else self.words)


@dataclasses.dataclass(frozen=True)
class FacePolicy:
    """What the receiver takes."""

    accept_face: str = parameter('clips', 'faces that are taken from the peer', choices=ACCEPTED)
    face_bytes: int = parameter(60_000, 'bytes of the largest face that is taken',
                                minimum=0, maximum=1_000_000)
    face_pixels: int = parameter(600_000, 'pixels of a picture of the largest face that is taken',
                                 minimum=0, maximum=4_000_000)
    face_seconds: float = parameter(10.0, 'seconds of the longest clip that is taken',
                                    minimum=0.0, maximum=20.0)

    def __post_init__(self) -> None:
        """Raise UserError that names a value out of range."""
        check_fields(self)

    def check(self, outline: FaceOutline) -> None:
        """Raise FaceRefusedError for a face that is not taken, by what its card says of it."""
        if self.accept_face == 'none':
            raise FaceRefusedError(Refusal.NO_FACES)
        if outline.is_clip and self.accept_face != 'clips':
            raise FaceRefusedError(Refusal.NO_CLIPS)
        if outline.size > self.face_bytes:
            raise FaceRefusedError(Refusal.TOO_MANY_BYTES, self.face_bytes)
        if outline.width * outline.height > self.face_pixels:
            raise FaceRefusedError(Refusal.TOO_MANY_PIXELS, self.face_pixels)
        if outline.is_clip and outline.seconds > self.face_seconds:
            raise FaceRefusedError(Refusal.TOO_LONG, int(self.face_seconds))


def take_face(face: Face, policy: FacePolicy, target: Path, shows_face: FindFace) -> Path:
    """
    Decode a face from outside and write it as a labelled file of our own; return that file.

    `target`: where to write it, without the extension, which is .jpg or .mp4. Readable by the
    user alone; whole or not there. Raises FaceRefusedError.
    """
    policy.check(face.outline)
    frames = _frames(face)
    # A clip may begin before the face looks up: any of three frames will do.
    looked_at = {0, len(frames) // 2, len(frames) - 1}
    if not any(shows_face(frames[index]) for index in sorted(looked_at)):
        raise FaceRefusedError(Refusal.SHOWS_NO_FACE)
    file = target.with_name(f'{target.name}{".mp4" if face.outline.is_clip else ".jpg"}')
    try:
        with replacing(file, mode=0o600, durable=True) as part:
            if face.outline.is_clip:
                _write_clip(part, frames, face.outline.rate)
            else:
                part.write_bytes(_labelled_jpeg(frames[0]))
    except (OSError, UserError) as error:
        raise FaceRefusedError(Refusal.NOT_KEPT, detail=f'{file}: {error}') from error
    return file


def _frames(face: Face) -> list[Frame]:
    outline = face.outline
    try:
        size = coded_size(face.data, outline.format)
        if (size.width, size.height, size.frames) != (outline.width, outline.height,
                                                      outline.frames):
            raise CardError('it has other pictures than its card says')
        return decoded(face.data, outline)
    except CardError as error:
        raise FaceRefusedError(Refusal.DAMAGED, detail=str(error)) from error


def _labelled_jpeg(frame: Frame) -> bytes:
    """Return a frame as a JPEG whose comment (ITU-T T.81, B.2.4.5) says what it is."""
    done, data = cv2.imencode('.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, _KEPT_QUALITY])
    if not done:
        raise UserError('a face cannot be coded as JPEG')
    comment = SYNTHETIC_LABEL.encode()
    plain = data.tobytes()
    return plain[:2] + b'\xff\xfe' + (2 + len(comment)).to_bytes(2, 'big') + comment + plain[2:]


def _write_clip(part: Path, frames: Sequence[Frame], rate: int) -> None:
    """Write frames as H.264 in MP4. Raises UserError."""
    height, width = frames[0].shape[:2]
    source = pipe_input(0, 'rawvideo', pixel_format='bgr24', video_size=(width, height),
                        framerate=rate)
    even = source.filter('crop', width // 2 * 2, height // 2 * 2, 0, 0)
    output = ffmpeg.output(
        even, filename=FileUrl(part), format='mp4', vcodec='libx264', crf=_KEPT_CRF,
        preset='veryfast', pix_fmt='yuv420p', movflags='+faststart',
        metadata=f'comment={SYNTHETIC_LABEL}').overwrite_output()
    process = FfmpegProcess(output, 'face writer')
    try:
        fed = process.feed_all(frame.tobytes() for frame in frames)
        if process.end(_WRITE_SECONDS) != 0 or not fed:
            raise UserError(f'a clip cannot be written: {process.complaint()}')
    finally:
        process.abort()
