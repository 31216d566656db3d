"""A sender, a network and a playout in simulated time: an hour passes in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.jitter.jitter_buffer import JitterBuffer, JitterBufferSettings

BLOCK = 512
BEGIN = 1_700_000_000 * SECOND
"""The receiver's time at the beginning."""
Samples = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Packet:
    """A block of captured sound under way; times are nanoseconds, `arrival` the receiver's."""

    arrival: int
    stamp: int
    samples: Samples


class Sender:
    """Captures `sound(positions)` with a clock that is `ppm` fast and `offset` seconds off."""

    def __init__(self, sound: Callable[[NDArray[np.float64]], Samples], *, ppm: float = 0.0,
                 offset: float = 0.0, seed: int = 1) -> None:
        self.sound = sound
        self.period = 1 / (SPEECH_RATE * (1 + ppm * 1e-6))
        """The receiver's seconds from sample to sample."""
        self.offset = round(offset * SECOND)
        self.random = np.random.default_rng(seed)

    def packets(self, seconds: float, delay: Callable[[np.random.Generator], float | None],
                begin: float = 0.0, block: int = BLOCK) -> Iterable[Packet]:
        """Yield what is sent; `delay` gives the seconds each is on its way, None if it is lost."""
        first = round(begin * SPEECH_RATE)
        for at in range(first, first + round(seconds * SPEECH_RATE), block):
            late = delay(self.random)
            if late is not None:
                arrival = BEGIN + round(((at + block) * self.period + late) * SECOND)
                yield Packet(arrival, BEGIN + self.offset + at * SECOND // SPEECH_RATE,
                             self.sound(np.arange(at, at + block)))


class Listener:
    """Runs a playout over packets and keeps, or only inspects, what it hands out."""

    def __init__(self, *, lead: float = 0.2, chunk: float = 0.02, keep: bool = True,
                 inspect: Callable[[Samples], None] = lambda samples: None,
                 **settings: float) -> None:
        self.clock_now = BEGIN
        self.lead = lead
        self.keep = keep
        self.inspect = inspect
        self.chunks: list[tuple[str, int, Samples, int]] = []
        """Utterance, stamp, samples and the time at which it was handed out."""
        self.ends: list[tuple[str, int]] = []
        self.playout = JitterBuffer(self, lambda stamp: f'anna#{stamp}', self, lambda: self.lead,
                                    JitterBufferSettings(chunk=chunk, **settings))

    def now(self) -> int:
        return self.clock_now

    def audio(self, utterance: str, start: int, samples: Samples, rate: int) -> None:
        self.inspect(samples)
        if self.keep:
            self.chunks.append((utterance, start, samples, self.clock_now))

    def ended(self, utterance: str, end: int) -> None:
        self.ends.append((utterance, end))

    def run(self, packets: Iterable[Packet], rest: float = 2.0) -> Listener:
        """Let all arrive, then `rest` seconds pass."""
        for packet in packets:
            self._pass(packet.arrival)
            self.playout.push(packet.stamp, packet.samples, self.clock_now)
        self._pass(self.clock_now + round(rest * SECOND))
        return self

    def _pass(self, until: int) -> None:
        while True:
            due = self.clock_now + max(1, round(self.playout.step() * SECOND))
            if due >= until:
                self.clock_now = max(until, self.clock_now)
                return
            self.clock_now = due

    @property
    def figures(self) -> dict[str, float]:
        return self.playout.incoming.figures

    def sound(self) -> Samples:
        """Return all that was handed out, by stamp, with silence where there was nothing."""
        first, last = self.chunks[0][1], self.chunks[-1][1]
        whole = np.zeros(round((last - first) * SPEECH_RATE / SECOND) + len(self.chunks[-1][2]),
                         np.float32)
        for _, start, samples, _ in self.chunks:
            at = round((start - first) * SPEECH_RATE / SECOND)
            whole[at:at + len(samples)] = samples
        return whole


def sine(hertz: float, level: float = 0.3) -> Callable[[NDArray[np.float64]], Samples]:
    return lambda positions: (level * np.sin(2 * np.pi * hertz / SPEECH_RATE * positions)).astype(
        np.float32)


def roughness(samples: Samples, hertz: float) -> float:
    """
    Return how far samples are from going on as a sine of that frequency does.

    Each sample of a sine is given by the two before it, wherever its phase is.
    """
    wave = samples.astype(np.float64)
    follows = 2 * np.cos(2 * np.pi * hertz / SPEECH_RATE) * wave[1:-1] - wave[:-2]
    return float(np.abs(wave[2:] - follows).max(initial=0.0))
