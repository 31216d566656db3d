"""Providers that do what a test tells them, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import threading

import numpy as np
from rig import until
from stepped_time import SteppedTime
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

WAIT = 30.0
PATIENT = TimeLimits(first=WAIT, gap=WAIT, whole=WAIT, load=WAIT)
"""For providers that do answer: a loaded machine must not make them fail."""
DEAF = TimeLimits(first=0.05, gap=WAIT, whole=0.05, load=2.0)
"""For providers that never do."""
FADING = TimeLimits(first=WAIT, gap=0.05, whole=WAIT, load=WAIT)
"""For providers that cease to."""
RESET = ProviderError('connection reset', retriable=True)
QUOTA = ProviderError('quota used up', retriable=False)
RATE = 8000
WORD = RATE // 10
"""Samples of a word."""


@dataclasses.dataclass
class Script:
    """What one provider does, whichever object of it is asked."""

    name: str
    fault: Exception | None = None
    """Raised before the first word."""
    fault_after: int | None = None
    """Raised after so many words instead."""
    hang_after: int | None = None
    """Hangs after so many words, until the test is over."""
    marks_last: bool = False
    """Whether it says which chunk is the last."""
    load_fault: Exception | None = None
    times: int | None = None
    """After so many errors it works; None: never."""
    rate: int = RATE
    asked: list[str] = dataclasses.field(default_factory=list)
    """The clauses that it was asked for."""
    loads: int = 0
    closes: int = 0
    over: threading.Event = dataclasses.field(default_factory=threading.Event)
    go: threading.Event | None = None
    """A fault waits for it."""
    hanging: threading.Event = dataclasses.field(default_factory=threading.Event)

    def fail(self, fault: Exception) -> None:
        if self.go is not None:
            self.go.wait(WAIT)
        if self.times is not None:
            if self.times == 0:
                return
            self.times -= 1
        raise fault

    def hang(self) -> None:
        self.hanging.set()
        self.over.wait(WAIT)


class ScriptedVoice(TextToSpeech):
    """Says each word of a clause as one chunk whose samples name voice and word."""

    name = 'scripted'
    loudness: dict[tuple[str, str], float] = {}  # noqa: RUF012
    """The value of every sample of a word by a voice."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._thread: int | None = None

    @property
    def capabilities(self) -> VoiceCapabilities:
        return VoiceCapabilities(self._script.rate)

    def load(self) -> None:
        self._script.loads += 1
        self._thread = threading.get_ident()
        if self._script.load_fault is not None:
            self._script.fail(self._script.load_fault)

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        script = self._script
        assert threading.get_ident() == self._thread, 'a voice is used on one thread'
        script.asked.append(clause)
        if script.fault is not None and script.fault_after is None:
            script.fail(script.fault)
        words = clause.split()
        for at, word in enumerate(words):
            if at == script.hang_after:
                script.hang()
            if cancelled():
                return
            if script.fault is not None and at == script.fault_after:
                script.fail(script.fault)
            value = self.loudness.setdefault((script.name, word), len(self.loudness) / 1024)
            yield SpeechChunk(np.full(script.rate // 10, value, np.float32),
                              last=script.marks_last and at == len(words) - 1)
        if script.fault_after is not None and script.fault_after >= len(words):
            script.fail(script.fault or RESET)
        if script.hang_after is not None and script.hang_after >= len(words):
            script.hang()

    def close(self) -> None:
        self._script.closes += 1


@dataclasses.dataclass
class Choir:
    """A list of scripted voices, and all that is heard of them."""

    scripts: dict[str, Script]
    slots: dict[str, ProviderSlot[TextToSpeech]]
    voice: FallbackVoice
    time: SteppedTime
    health: HealthRegistry

    def listen(self, clause: str, cancelled: Callable[[], bool] = lambda: False) -> Iterator[str]:
        """Yield what is heard: 'voice:word', and '...' for a pause before a new beginning."""
        for chunk in self.voice.synthesize(clause, cancelled):
            names = {value: f'{name}:{word}'
                     for (name, word), value in ScriptedVoice.loudness.items()}
            self.time.seconds += len(chunk.samples) / self.voice.capabilities.sample_rate
            yield ('...' if not chunk.samples.any()
                   else names[float(chunk.samples[len(chunk.samples) // 2])])

    def say(self, clause: str, cancelled: Callable[[], bool] = lambda: False) -> list[str]:
        """Return all that is heard, once probes are over too."""
        heard = list(self.listen(clause, cancelled))
        until(lambda: not self.voice.probing)
        return heard

    def close(self) -> None:
        for script in self.scripts.values():
            script.over.set()
        self.voice.close()


def limits_for(script: Script) -> TimeLimits:
    """Return limits that a provider keeps just where its script lets it."""
    if script.hang_after is None or script.marks_last:
        return PATIENT
    return FADING if script.hang_after else DEAF


def choir(*scripts: Script, load: bool = True) -> Choir:
    """Return loaded voices."""
    # The value 0 is silence.
    ScriptedVoice.loudness.setdefault(('', ''), 0.0)
    time = SteppedTime()
    health = HealthRegistry(time.source)
    slots: list[ProviderSlot[TextToSpeech]] = [
        ProviderSlot(script.name, lambda script=script: ScriptedVoice(script),
                     limits_for(script), health.of(script.name))
        for script in scripts]
    made = Choir({script.name: script for script in scripts},
                 {slot.name: slot for slot in slots},
                 FallbackVoice(slots, time.source), time, health)
    if load:
        made.voice.load()
    return made


BAD_KEY = UserError('the key is wrong', 'Make a new one.')
