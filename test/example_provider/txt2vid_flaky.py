"""
An example of a voice in a package of its own: hibari over a connection that breaks.

Use it to try out what happens then: `--tts flaky,hibari --tts-options flaky.good=2`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
from importlib import metadata
from typing import ClassVar

from txt2vid_ros.providers import (
    LOCAL,
    parameter,
    ProviderError,
    SpeechChunk,
    TextToSpeech,
    TimeLimits,
    VoiceCapabilities,
)


class FlakyVoice(TextToSpeech):
    """Speaks well for some requests, fails for some, and speaks well again."""

    name = 'flaky'
    limits: ClassVar[TimeLimits] = LOCAL

    @dataclasses.dataclass(frozen=True)
    class Options:
        """What `--tts-options` sets, and the parameters tts.flaky.good and tts.flaky.bad."""

        good: int = parameter(2, 'clauses before the connection breaks', minimum=0)
        bad: int = parameter(2, 'requests that fail then', minimum=0)

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: Options = Options()) -> None:
        """Take the parameters of any voice, and the options."""
        # Another provider is found by its name, as the program itself finds this one.
        hibari, = metadata.entry_points(group='txt2vid_ros.tts', name='hibari')
        self._inner: TextToSpeech = hibari.load()(voice, speed)
        self._options = options
        self._asked = 0

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what the loaded voice can do."""
        return self._inner.capabilities

    def load(self) -> None:
        """Load the model."""
        self._inner.load()

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's speech, or say that the connection broke."""
        self._asked += 1
        if 0 < self._asked - self._options.good <= self._options.bad:
            # One line, without a key and without the text; another attempt may succeed.
            raise ProviderError('connection reset', retriable=True)
        yield from self._inner.synthesize(clause, cancelled)

    def close(self) -> None:
        """Release the model."""
        self._inner.close()
