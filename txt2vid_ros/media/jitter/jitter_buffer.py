"""The playout: captured sound in, as it comes; unbroken stamped utterances out, ahead of time."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import logging
import threading
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.jitter.concealment import CROSS_FADE_SAMPLES
from txt2vid_ros.media.jitter.noise_gate import NoiseGate
from txt2vid_ros.media.jitter.receive_stream import ReceiveStream

log = logging.getLogger(__name__)

POLL_SECONDS = 0.02
"""Seconds between looks at the clock, which may be a simulated one."""
MOMENT_SECONDS = 0.001
"""Seconds between two chunks that are overdue, in which what arrived in a stall gets in."""
LONGEST_STALL_SECONDS = 1.0
"""After a longer delay, or a larger step of the clock, playback starts over."""
WARNING_INTERVAL_SECONDS = 10.0
"""Seconds between two warnings."""
SENDER_GONE_SECONDS = 0.3
"""Seconds without sound from the sender after which the utterance is over."""
LEAD_STEP_SECONDS = 0.1
"""A lead increase of more seconds than this is granted at once, even in mid-word."""
LEAD_CHANGE_RATE = 1e-3
"""Seconds per second at which the lead follows other requests in mid-word."""

Samples = NDArray[np.float32]


class JitterBufferOutput(Protocol):
    """Where the sound goes. Times are nanoseconds on the local clock."""

    def audio(self, utterance: str, start: int, samples: Samples, rate: int) -> None:
        """Take a chunk whose first sample is to be heard at `start`."""
        ...

    def ended(self, utterance: str, end: int) -> None:
        """End the utterance: nothing of it is to be heard from `end` on."""
        ...


@dataclasses.dataclass(frozen=True)
class JitterBufferSettings:
    """All times in seconds."""

    chunk: float = 0.02
    delay: float = 0.06
    """What the buffer holds back until the network's jitter has been measured."""
    delay_min: float = 0.01
    delay_max: float = 0.5
    hold: float = 0.6
    """How long an utterance goes on in silence."""
    pass_noise: bool = False
    """Whether a room's noise is heard too: then an utterance lasts as long as the stream."""


class JitterBuffer:
    """
    Plays what one sender captures, `lead()` seconds before it is to be heard.

    During sound the reader keeps the wanted delay by running up to a thousandth faster or slower;
    in silence it just jumps. Thread-safe.
    """

    def __init__(self, output: JitterBufferOutput, name: Callable[[int], str], clock: Clock,
                 lead: Callable[[], float], settings: JitterBufferSettings) -> None:
        """`name` makes an utterance's id from the capture time (ns) of its first sample."""
        self.incoming = ReceiveStream(settings.delay, settings.delay_min, settings.delay_max)
        self.utterances = 0
        self._output = output
        self._name = name
        self._clock = clock
        self._requested_lead = lead
        self._settings = settings
        self._count = round(settings.chunk * SPEECH_RATE)
        self._length = self._count * SECOND // SPEECH_RATE
        self._gate = NoiseGate(settings.hold)
        self._time: int | None = None
        """When the next chunk is heard, nanoseconds."""
        self._lead = 0
        self._open: str | None = None
        """The id of the utterance under way."""
        self._held: tuple[int, Samples] | None = None
        """The previous chunk and its capture time: it may hold the onset of a sound."""
        self._dry = 0.0
        self._warned = 0
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Return whether an utterance is under way."""
        return self._open is not None

    def push(self, stamp: int, samples: Samples, arrival: int) -> None:
        """Take mono sound at SPEECH_RATE: captured from `stamp` on, arrived at `arrival` (ns)."""
        with self._lock:
            if not self.incoming.push(stamp, samples, arrival):
                self._warn(arrival, 'the sender has restarted or a clock was set; starting over')
                self._start_over()
                self.incoming.push(stamp, samples, arrival)

    def run(self, stop: threading.Event) -> None:
        """Play until `stop` is set, then end what is being heard."""
        while not stop.is_set():
            stop.wait(min(max(self.step(), MOMENT_SECONDS), POLL_SECONDS))
        with self._lock:
            self._end()

    def step(self) -> float:
        """Hand out the chunk that is due, if one is; return the seconds until the next one is."""
        with self._lock:
            if not self.incoming.started:
                return POLL_SECONDS
            now = self._clock.now()
            if self._time is None:
                self._lead = int(self._requested_lead() * SECOND)
                self._time = now + self._lead + self._length
            self._follow_lead()
            # A chunk early: a sound is noticed one chunk after its onset.
            due = self._time - self._lead - self._length
            if now < due <= now + 2 * LONGEST_STALL_SECONDS * SECOND:
                return (due - now) / SECOND
            if abs(now - due) > LONGEST_STALL_SECONDS * SECOND:
                self._warn(now, 'the clock or the machine jumped by '
                           f'{(now - due) / SECOND:+.1f} s; starting over')
                self._start_over()
                return POLL_SECONDS
            self._next(self._time, due)
            self._time += self._length
            return max(0.0, (due + self._length - self._clock.now()) / SECOND)

    def _warn(self, now: int, line: str) -> None:
        # Two senders on one topic would log a line with every block.
        if abs(now - self._warned) > WARNING_INTERVAL_SECONDS * SECOND:
            self._warned = now
            log.warning('%s', line)

    def _start_over(self) -> None:
        self._end()
        self._gate = NoiseGate(self._settings.hold)
        self._time = None
        self.incoming.start_over()

    def _follow_lead(self) -> None:
        requested = int(self._requested_lead() * SECOND)
        if (self._open is None or self._gate.pausing
                or requested - self._lead > LEAD_STEP_SECONDS * SECOND):
            self._lead = requested
        else:
            most = int(LEAD_CHANGE_RATE * self._length)
            self._lead += min(max(requested - self._lead, -most), most)

    def _next(self, time: int, due: int) -> None:
        """Hand out or hold back the chunk that is heard at `time`; it is handed out at `due`."""
        if self._open is None:
            self._listen(time, due)
            return
        samples, here = self.incoming.read(due, self._count, self._gate.pausing)
        self._dry = 0.0 if here else self._dry + self._settings.chunk
        if self._dry >= SENDER_GONE_SECONDS:
            self._gate.close()
            self._end(time)
        elif self._hears(samples):
            self._output.audio(self._open, time, samples, SPEECH_RATE)
        else:
            fade = np.linspace(1, 0, len(samples), endpoint=False, dtype=np.float32)
            self._output.audio(self._open, time, samples * fade, SPEECH_RATE)
            self._end(time + self._length)

    def _listen(self, time: int, due: int) -> None:
        """Advance through silence until there is sound."""
        if not self.incoming.seek(due, self._count):
            self._held = None
        stamp = self.incoming.stamp
        samples = self.incoming.silence(self._count)
        if samples is None:
            self._held = None
            return
        if not self._hears(samples):
            self._held = (stamp, samples)
            return
        before, self._held = self._held, None
        self.utterances += 1
        self._dry = 0.0
        self._open = self._name(before[0] if before else stamp)
        rising = np.linspace(0, 1, CROSS_FADE_SAMPLES, endpoint=False, dtype=np.float32)
        if before:
            first = np.array(before[1])
            first[:CROSS_FADE_SAMPLES] *= rising
            self._output.audio(self._open, time - self._length, first, SPEECH_RATE)
            self.incoming.remember(first)
        else:
            samples = np.array(samples)
            samples[:CROSS_FADE_SAMPLES] *= rising
        self._output.audio(self._open, time, samples, SPEECH_RATE)
        self.incoming.remember(samples)

    def _hears(self, samples: Samples) -> bool:
        return self._gate.hears(samples) or self._settings.pass_noise

    def _end(self, time: int | None = None) -> None:
        self._held = None
        if self._open is not None:
            self._output.ended(self._open, time or self._time or self._clock.now())
            self._open = None
