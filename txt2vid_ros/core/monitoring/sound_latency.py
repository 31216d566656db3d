"""How long a text takes until its sound is on its way to viewers, measured while it runs."""

from __future__ import annotations

import threading

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles

MOST = 64
"""Texts that are awaited; the oldest goes where there are more."""


class SoundLatency:
    """
    Matches when a text was accepted with when its first sample left the encoder.

    The time ends when that sample was due where it left before. Texts that waited behind others
    are not to be given. Times are nanoseconds; safe to use from several threads.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.text_to_sound = RollingPercentiles.of_sentences()
        """Seconds."""
        self._accepted: dict[str, int] = {}
        self._lock = threading.Lock()

    def accepted(self, utterance: str, at: int) -> None:
        """Learn when a text was accepted that could be spoken at once."""
        with self._lock:
            self._accepted[utterance] = at
            while len(self._accepted) > MOST:
                del self._accepted[next(iter(self._accepted))]

    def sent(self, utterance: str, start: int, at: int) -> None:
        """Learn that the first sample of an utterance, heard at `start`, left at `at`."""
        with self._lock:
            accepted = self._accepted.pop(utterance, None)
        if accepted is not None:
            self.text_to_sound.observe((max(start, at) - accepted) / SECOND)
