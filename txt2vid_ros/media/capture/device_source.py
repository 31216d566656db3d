"""A microphone or line input, through PortAudio."""

from __future__ import annotations

from collections.abc import Callable
import queue
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.errors import UnavailableError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media import portaudio
from txt2vid_ros.media.capture.conditioning import Conditioner
from txt2vid_ros.media.capture.source import SoundBlock, SoundSource
from txt2vid_ros.media.portaudio import INPUT
from txt2vid_ros.media.sample_clock import SampleClock

BLOCK_SECONDS = 0.02
"""Seconds of sound in a callback."""
QUEUED_BLOCKS = 100
"""Blocks that may wait to be read: two seconds."""
UNPLUGGED_SECONDS = 2.0
"""Seconds without a callback after which a device counts as unplugged."""

_Captured = tuple[int, NDArray[np.float32], bool]


class DeviceSource(SoundSource):
    """Captures from the device that `wanted` names, whatever its rate and channels."""

    def __init__(self, clock: Clock, wanted: str = '',
                 api: Callable[[], Any] = portaudio.load) -> None:
        """Take an index, a name or a part of one; '' is the machine's default input."""
        super().__init__()
        self.name = wanted
        self._wanted = wanted
        self._clock = clock
        self._load = api
        self._api: Any = None
        self._stream: Any = None
        self._conditioner: Conditioner | None = None
        self._queue: queue.Queue[_Captured | None] = queue.Queue(QUEUED_BLOCKS)
        self._capture_clock = SampleClock(SPEECH_RATE)
        self._rate = SPEECH_RATE
        self._overrun = False

    @property
    def measured_rate(self) -> float:
        """Return the device's rate in Hz as this machine's clock measures it."""
        return self._capture_clock.rate

    def open(self) -> None:  # noqa: A003
        """
        Find the device and begin.

        Raises UnavailableError, or UserError where there is no PortAudio.
        """
        again = self._api is not None
        self._api = self._load()
        try:
            self._stream = portaudio.open_streams().open(self._api, self._make, again=again)
            self._stream.start()
        except self._api.PortAudioError as error:
            self.close()
            raise portaudio.cannot_open(INPUT, self.name, error) from error

    def _make(self) -> Any:
        device = portaudio.find(self._api, INPUT, self._wanted)
        rate, channels = portaudio.settings(self._api, INPUT, device, [SPEECH_RATE], [1, 2])
        self.name = device.name
        self._rate = rate
        self._conditioner = Conditioner(rate, self.statistics)
        self._capture_clock = SampleClock(rate)
        self._queue = queue.Queue(QUEUED_BLOCKS)
        return self._api.InputStream(
            device=device.index, samplerate=rate, channels=channels, dtype='float32',
            blocksize=round(rate * BLOCK_SECONDS), callback=self._captured,
            finished_callback=self._finished)

    def read(self, stop: threading.Event) -> SoundBlock | None:
        """Return the next block. Raises UnavailableError once the device is lost."""
        assert self._conditioner is not None
        waited = 0.0
        while not stop.is_set():
            try:
                captured = self._queue.get(timeout=0.1)
            except queue.Empty:
                waited += 0.1
                if waited >= UNPLUGGED_SECONDS:
                    raise self._lost() from None
                continue
            if captured is None:
                raise self._lost()
            observed, samples, overrun = captured
            if overrun:
                # What was lost leaves a gap in the stamps, not a seam in the sound.
                self._capture_clock.reset()
                self._conditioner = Conditioner(self._rate, self.statistics)
            stamp = self._capture_clock.block(observed, len(samples))
            stamp -= round(self._conditioner.pending * SECOND)
            mono = self._conditioner.process(samples)
            if len(mono):
                return SoundBlock(stamp, mono)
        return None

    def close(self) -> None:
        """Stop and release the device."""
        stream, self._stream = self._stream, None
        if stream is not None:
            portaudio.open_streams().close(self._api, stream)

    def _lost(self) -> UnavailableError:
        return UnavailableError(f'{self.name} no longer delivers sound',
                                'Plug it in again; the node resumes by itself.')

    def _captured(self, samples: NDArray[np.float32], frames: int, times: Any, status: Any
                  ) -> None:
        """Take a block on PortAudio's own thread: as little as possible is done here."""
        age = times.currentTime - times.inputBufferAdcTime
        if not (times.inputBufferAdcTime > 0 and 0 <= age < 1):
            # Some interfaces do not report it: assume that the last sample was captured just now.
            age = frames / self._rate
        observed = self._clock.now() - int(age * SECOND)
        try:
            overrun = self._overrun or bool(status.input_overflow)
            self._queue.put_nowait((observed, samples.copy(), overrun))
            self.statistics.overruns += overrun
            self._overrun = False
        except queue.Full:
            self._overrun = True

    def _finished(self) -> None:
        """Learn, on PortAudio's own thread, that the stream has ended."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            # The reader notices the silence once it has read what is queued.
            return
