"""What an encoder of the stream makes, and how it begins."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Protocol

from txt2vid_ros.core.pcm import STREAM_RATE


@dataclasses.dataclass(frozen=True)
class StreamFormat:
    """What the stream looks and sounds like."""

    width: int = 640
    height: int = 480
    fps: Fraction = Fraction(25)
    audio_rate: int = STREAM_RATE
    key_frame_every: int = 12
    """Frames from one key frame, where a viewer can join, to the next."""
    preset: str = 'superfast'
    profile: str = 'baseline'
    """x264's profile: every WebRTC player decodes baseline, which x264 makes a constrained one."""
    quality: int = 20
    """x264's constant rate factor: 18 very good, 23 ordinary, 28 poor."""
    max_bitrate: int = 4_000_000
    """bit/s of video that is not exceeded over half a second."""
    audio_bitrate: int = 96_000


@dataclasses.dataclass(frozen=True)
class Sent:
    """What an encoder has sent."""

    places: int = 0
    """Places of the frame grid from its first one to behind the last picture that was sent."""
    units: int = 0
    """Coded frames of sound."""


class FrameEncoder(Protocol):
    """What takes a picture and its sound: a StreamEncoder."""

    @property
    def alive(self) -> bool:
        """Return whether it takes more, or would if the machine let it."""
        ...

    @property
    def waiting(self) -> int:
        """Return how many frames wait for it."""
        ...

    @property
    def starting(self) -> bool:
        """Return whether it has yet to take its first frame."""
        ...

    def write(self, picture: bytes | None, sound: bytes, timeout: float = 0.0) -> bool:
        """
        Take one frame, None where it is left out, and the samples written with it.

        Wait at most `timeout` seconds for room.
        """
        ...

    def end_sound_after(self, units: int) -> None:
        """Send no more than so many coded frames of sound, from its first one on."""
        ...

    @property
    def sent(self) -> Sent:
        """Return what came out of it, once it is closed."""
        ...

    def failure(self) -> str:
        """Return why it is not alive."""
        ...

    def close(self) -> None:
        """Finish."""
        ...

    def abort(self) -> None:
        """End at once, whatever it has yet to do."""
        ...

    def wait(self, timeout: float) -> None:
        """Wait until it is closed, at most `timeout` seconds."""
        ...


@dataclasses.dataclass(frozen=True)
class Opening:
    """How an encoder begins."""

    form: StreamFormat
    begun: float = 0.0
    """Seconds of the stream before its first frame."""
    sound_after: float = 0.0
    """Seconds from its first frame to its first sample."""
    follows: FrameEncoder | None = None
    """The encoder after whose last packet its own are sent."""
    left_out: int = 0
    """Its first coded frames of sound, which are not sent: the encoder before has sent them."""
    missed: int = 0
    """Its first pictures, whose time has passed: viewers go on behind them."""
