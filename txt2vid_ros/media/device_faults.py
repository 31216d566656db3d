"""What is wrong with a sound device, said once however often it happens."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)

WARNING_SECONDS = 10.0
"""Seconds for which lost sound remains a warning, and is not logged again."""


class DeviceFaults:
    """The fault of a device that does not work, and the warning of one that loses sound."""

    def __init__(self) -> None:
        """Begin with a device of which nothing is known."""
        self.fault = ''
        """What is wrong with the device at the moment; empty while it works."""
        self._losses = 0
        self._warning = ''
        self._warned_at = -WARNING_SECONDS

    @property
    def warning(self) -> str:
        """Return what is wrong with the sound of a device that works; empty where nothing is."""
        return self._warning if time.monotonic() - self._warned_at < WARNING_SECONDS else ''

    def failed(self, line: str) -> None:
        """Note that it does not work; the same line again is not logged again."""
        if line != self.fault:
            log.error('%s', line)
        self.fault = line

    def works(self, again: str) -> None:
        """Note that it works; `again` is logged where it did not before."""
        if self.fault:
            log.warning('%s', again)
        self.fault = ''

    def count_losses(self, total: int, line: str) -> None:
        """Note how often sound has been lost so far; `line` says so where that is news."""
        if total == self._losses:
            return
        told = bool(self.warning)
        self._losses, self._warning, self._warned_at = total, line, time.monotonic()
        if not told:
            log.warning('%s', line)
