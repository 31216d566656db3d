"""The queue through which all sessions that share a network ask it for mouths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import itertools
from typing import Generic

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.wav2lip.batching.micro_batcher import BatchCounts, MicroBatcher
from txt2vid_ros.lipsync.wav2lip.generator.base import Encoded, Features, Generator, Mouth


@dataclasses.dataclass(frozen=True)
class _Asked(Generic[Features]):
    windows: NDArray[np.float32]
    features: Callable[[], Sequence[Features]]


class MouthQueue(Generic[Encoded, Features]):
    """
    A loaded network, shared by sessions that run on threads of their own.

    A mouth depends on its mel window and driving frame alone, so those of several faces are
    computed in one batch where the network gains by it.
    """

    def __init__(self, generator: Generator[Encoded, Features], *, workers: int = 1,
                 gather: float = 0.0) -> None:
        """
        Share `generator`, which stays the caller's to close, after this.

        `workers`: batches that are computed at the same time. `gather`: seconds, see MicroBatcher.
        """
        self.generator = generator
        self._batcher: MicroBatcher[_Asked[Features], list[Mouth]] = MicroBatcher(
            self._mouths, lambda: generator.merged, workers=workers, gather=gather)

    @property
    def counts(self) -> BatchCounts:
        """What was computed since the start; a request is what one session asked for at once."""
        return self._batcher.counts

    def mouths(self, windows: NDArray[np.float32], features: Callable[[], Sequence[Features]],
               deadline: float) -> list[Mouth]:
        """
        Return B mouths for the windows (B, 80, 16), the first of which is seen at `deadline`.

        `features` returns those of the B driving frames. It is called on the network's thread,
        once, and again where the batch that this went into failed. Raises BatcherClosedError.
        """
        return self._batcher.ask(_Asked(windows, features), len(windows), deadline)

    def close(self) -> None:
        """Compute nothing more; who waits gets BatcherClosedError. May be called twice."""
        self._batcher.close()

    def _mouths(self, asked: Sequence[_Asked[Features]]) -> list[list[Mouth]]:
        features = [one for each in asked for one in each.features()]
        windows = np.concatenate([each.windows for each in asked])
        mouths = iter(self.generator.mouths(windows, features))
        return [list(itertools.islice(mouths, len(each.windows))) for each in asked]
