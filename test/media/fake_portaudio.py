"""A sound card that can be unplugged: PortAudio as sounddevice shows it, without hardware."""

from __future__ import annotations

from collections.abc import Callable
import threading
import types
from typing import Any

import numpy as np


class PortAudioError(Exception):
    pass


class CallbackAbort(Exception):  # noqa: N818
    pass


class FakePortAudio:
    """What capture and playback use of the sounddevice module; devices come and go."""

    PortAudioError = PortAudioError
    CallbackAbort = CallbackAbort

    def __init__(self) -> None:
        self.devices: list[dict[str, Any]] = []
        self.default = types.SimpleNamespace(device=[-1, -1])
        self.busy = False
        self.streams: list[FakeStream] = []
        self.opened = threading.Event()
        self.refreshed = 0

    def plug(self, name: str, rate: float = 48000.0, channels: int = 2,
             rates: tuple[int, ...] = ()) -> None:
        self.devices.append({
            'name': name, 'hostapi': 0, 'max_input_channels': channels,
            'max_output_channels': channels,
            'default_samplerate': rate, 'rates': rates or (round(rate),)})

    def query_hostapis(self) -> list[dict[str, str]]:
        return [{'name': 'ALSA'}]

    def query_devices(self) -> list[dict[str, Any]]:
        return self.devices

    def check_input_settings(self, device: int, samplerate: int, channels: int, dtype: str
                             ) -> None:
        entry = self.devices[device]
        if self.busy or samplerate not in entry['rates'] \
                or channels > entry['max_input_channels']:
            raise PortAudioError('Invalid sample rate or device unavailable')

    check_output_settings = check_input_settings

    def InputStream(self, **options: Any) -> FakeStream:  # noqa: N802
        return FakeStream(self, **options)

    def OutputStream(self, **options: Any) -> FakeStream:  # noqa: N802
        return FakeStream(self, **options)

    def _terminate(self) -> None:
        self.refreshed += 1

    def _initialize(self) -> None:
        pass


class FakeStream:
    """Gives blocks when the test says so."""

    def __init__(self, card: FakePortAudio, device: int, samplerate: int, channels: int,
                 dtype: str, blocksize: int, callback: Callable[..., None],
                 finished_callback: Callable[[], None], latency: float = 0.05) -> None:
        self.latency = latency
        self.time = 100.0
        self.rate, self.channels, self.blocksize = samplerate, channels, blocksize
        self.closed = False
        self._card, self._callback, self._finished = card, callback, finished_callback
        self._count = 0

    def start(self) -> None:
        self._card.streams.append(self)
        self._card.opened.set()

    def close(self) -> None:
        self.closed = True

    def give(self, sound: Callable[[np.ndarray], np.ndarray], overflow: bool = False,
             adc: bool = True) -> None:
        """Deliver one block; `sound` maps times in seconds to samples."""
        times = (self._count + np.arange(self.blocksize)) / self.rate
        block = np.repeat(sound(times)[:, None], self.channels, 1).astype(np.float32)
        begin = 100.0 + self._count / self.rate
        self._count += self.blocksize
        moment = types.SimpleNamespace(
            inputBufferAdcTime=begin if adc else 0.0,
            currentTime=begin + self.blocksize / self.rate + 0.003 if adc else 0.0)
        self._callback(block, self.blocksize, moment,
                       types.SimpleNamespace(input_overflow=overflow))

    def ask(self, delay: float = 0.05, underflow: bool = False) -> np.ndarray:
        """Ask for one block that is heard in `delay` seconds; return (frames, channels)."""
        out = np.full((self.blocksize, self.channels), np.nan, np.float32)
        self._callback(out, self.blocksize,
                       types.SimpleNamespace(outputBufferDacTime=self.time + delay),
                       types.SimpleNamespace(output_underflow=underflow))
        return out

    def unplug(self) -> None:
        """End as a device that is pulled out does."""
        self._finished()
