"""A loudspeaker or line output, through PortAudio."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UnavailableError
from txt2vid_ros.core.pcm import STREAM_RATE
from txt2vid_ros.media import portaudio
from txt2vid_ros.media.playback.player import SpeechPlayer
from txt2vid_ros.media.portaudio import OUTPUT

BLOCK_SECONDS = 0.01
"""Seconds of sound in a callback."""
UNPLUGGED_SECONDS = 2.0
"""Seconds without a callback after which a device counts as unplugged."""
LONGEST_DELAY_SECONDS = 5.0
"""Seconds beyond which what a device says of its own delay is not believed."""


class DeviceOutput:
    """
    Plays what a SpeechPlayer gives on the device that `wanted` names, on all its channels.

    Used by one thread: open, wait until it is lost or stopped, close; open may follow.
    """

    def __init__(self, player: SpeechPlayer, wanted: str, buffer: float, latency: float = 0.0,
                 api: Callable[[], Any] = portaudio.load) -> None:
        """
        Take an index, a name or a part of one; '' is the machine's default output.

        `buffer`: seconds of sound that the device should hold; `latency`: seconds that it takes
        beyond what it reports.
        """
        self.name = wanted
        self.blocks = 0
        self.underruns = 0
        """Times at which the device ran out of sound because the machine was too busy."""
        self._player = player
        self._wanted = wanted
        self._buffer = buffer
        self._latency = latency
        self._load = api
        self._api: Any = None
        self._stream: Any = None
        self._ended = threading.Event()
        self._last_block = 0.0
        self._error: Exception | None = None

    def open(self) -> None:  # noqa: A003
        """
        Find the device and begin to play.

        Raises UnavailableError, or UserError where there is no PortAudio.
        """
        again = self._api is not None
        self._api = self._load()
        try:
            self._stream = portaudio.open_streams().open(self._api, self._make, again=again)
            self._last_block = time.monotonic()
            self._stream.start()
        except self._api.PortAudioError as error:
            self.close()
            raise portaudio.cannot_open(OUTPUT, self.name, error) from error

    def _make(self) -> Any:
        device = portaudio.find(self._api, OUTPUT, self._wanted)
        rate, channels = portaudio.settings(self._api, OUTPUT, device,
                                            [device.rate, STREAM_RATE], [2, 1])
        self.name = device.name
        self._player.begin(rate)
        self._ended.clear()
        self._error = None
        return self._api.OutputStream(
            device=device.index, samplerate=rate, channels=channels, dtype='float32',
            blocksize=round(rate * BLOCK_SECONDS), latency=self._buffer,
            callback=self._fill, finished_callback=self._ended.set)

    def wait(self, stop: threading.Event, playing: Callable[[], None]) -> None:
        """
        Return once `stop` is set; call `playing` every now and then while there is sound.

        Raises UnavailableError once the device is lost.
        """
        seen = self.blocks
        while not stop.wait(0.1):
            if self._error is not None:
                raise self._error
            silent = time.monotonic() - self._last_block > UNPLUGGED_SECONDS
            if self._ended.is_set() or silent:
                raise UnavailableError(f'{self.name} no longer plays',
                                       'Plug it in again; the node resumes by itself.')
            if self.blocks > seen:
                playing()

    def close(self) -> None:
        """Stop and release the device; may be called twice."""
        if self._stream is not None:
            # Until it is closed, it asks for sound.
            portaudio.open_streams().close(self._api, self._stream)
            self._stream = None

    def _fill(self, out: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
        """Fill a block, on PortAudio's own thread. Its errors reach the thread that waits."""
        self.blocks += 1
        self._last_block = time.monotonic()
        try:
            if status.output_underflow:
                self.underruns += 1
                self._player.interrupted()
            samples = self._player.block(self._delay(times), frames)
        except Exception as error:
            self._error = error
            raise self._api.CallbackAbort from error
        # More than two channels are those of the room behind the listener.
        out[:, 2:] = 0
        out[:, :2] = samples[:, None]

    def _delay(self, times: Any) -> float:
        """Return in how many seconds the first sample of the block is heard."""
        # Not from currentTime, which lies before the wait for Python's lock.
        delay = times.outputBufferDacTime - self._stream.time
        if times.outputBufferDacTime > 0 and abs(delay) < LONGEST_DELAY_SECONDS:
            return max(float(delay), 0.0) + self._latency
        # Some interfaces do not report it.
        return float(self._stream.latency) + self._latency
