"""A store of progress that outlives its end without a file, for tests."""

from __future__ import annotations

from txt2vid_ros.link.delivery.progress_store import Progress, ProgressStore


class MemoryStore(ProgressStore):
    """Keeps progress in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._saved = Progress()

    def load(self) -> Progress:
        return Progress(self._saved.stream, self._saved.next_index, self._saved.dropped)

    def save(self, progress: Progress) -> None:
        self._saved = Progress(progress.stream, progress.next_index, progress.dropped)
