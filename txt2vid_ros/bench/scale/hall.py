"""As many talking heads as are asked for, and what they do together."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import dataclasses
import time

import numpy as np
from txt2vid_ros.bench.scale.session import BenchSession

SETTLE_SECONDS = 3.0
"""Seconds from the start of a session, or of its speech, to what counts."""


@dataclasses.dataclass(frozen=True)
class Stretch:
    """What all sessions did for a while: the sum where it is not said otherwise."""

    on_time: float
    """The share of all frames that were due of that session which had least."""
    cores: float
    """Processor seconds a second, of one session at the mean."""
    pss_mb: float
    """Memory of one session at the mean, its share of what processes share included."""
    uss_mb: float
    """Memory of one session at the mean that nobody shares with it."""
    lateness_ms_p99: float
    """From a picture's time to its arrival at the viewer, of all pictures."""


class Hall:
    """The sessions; use as a context manager."""

    def __init__(self, options: Sequence[str]) -> None:
        """Give each session further options of `txt2vid live`."""
        self.sessions: list[BenchSession] = []
        self._options = options

    def __enter__(self) -> Hall:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all sessions."""
        self.resize(0)

    def resize(self, count: int) -> None:
        """Start or end sessions until there are so many. Raises UserError."""
        while len(self.sessions) > count:
            self.sessions.pop().close()
        while len(self.sessions) < count:
            self.sessions.append(BenchSession(len(self.sessions), self._options))

    def measured(self, seconds: float, *, speaking: bool) -> Stretch:
        """Have all of them speak, or be silent, for so many seconds."""
        with contextlib.ExitStack() as silenced:
            if speaking:
                for session in self.sessions:
                    session.begin_speech()
                    silenced.callback(session.end_speech)
            time.sleep(SETTLE_SECONDS)
            return self._stretch(seconds)

    def _stretch(self, seconds: float) -> Stretch:
        begun = time.monotonic()
        before = [session.counts() for session in self.sessions]
        time.sleep(seconds)
        after = [session.counts() for session in self.sessions]
        took = time.monotonic() - begun
        late = [each for session, since in zip(self.sessions, before, strict=True)
                for each in session.lateness(since)]
        pairs = list(zip(before, after, strict=True))
        return Stretch(
            on_time=min(min(1.0, (now.on_time - then.on_time) / max(1.0, now.due - then.due))
                        for then, now in pairs),
            cores=float(np.mean([now.used.seconds - then.used.seconds
                                 for then, now in pairs])) / took,
            pss_mb=float(np.mean([now.used.proportional for _, now in pairs])) / 1e6,
            uss_mb=float(np.mean([now.used.unique for _, now in pairs])) / 1e6,
            lateness_ms_p99=float(np.percentile(late, 99)) * 1000 if late else float('nan'))
