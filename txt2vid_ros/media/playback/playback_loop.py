"""Keeps a loudspeaker playing, whatever happens to it."""

from __future__ import annotations

import logging
import threading
import time

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UnavailableError
from txt2vid_ros.media.playback.device_output import DeviceOutput

log = logging.getLogger(__name__)

OPEN_BACKOFF = Backoff(first=0.5, largest=5.0)
"""Pauses before a lost device is opened again."""
UNDERRUN_WARNING_SECONDS = 10.0
"""Seconds for which lost sound remains a warning, and is not logged again."""


class PlaybackLoop:
    """Plays on the caller's thread, and opens the device again when it is lost."""

    def __init__(self, output: DeviceOutput) -> None:
        """Take the device, which is not open yet."""
        self._output = output
        self.fault = ''
        """What is wrong with the device at the moment; empty while it plays."""
        self.playing = False
        self._underruns = 0
        self._underrun_at = -UNDERRUN_WARNING_SECONDS

    @property
    def warning(self) -> str:
        """Return what is wrong with the sound of a device that plays; empty where nothing is."""
        if time.monotonic() - self._underrun_at >= UNDERRUN_WARNING_SECONDS:
            return ''
        return (f'{self._output.name} ran out of sound ({self._underruns} times so far), because '
                'this machine is too busy. Close other programs, or raise loudspeaker.buffer')

    def run(self, stop: threading.Event) -> None:
        """Play until `stop` is set. Raises UserError where waiting would not help."""
        failures = 0
        try:
            while not stop.is_set():
                try:
                    self._output.open()
                    self._output.wait(stop, self._plays)
                except UnavailableError as error:
                    self._lost(str(error))
                failures = 1 if self.playing else failures + 1
                self.playing = False
                self._output.close()
                stop.wait(OPEN_BACKOFF.after(failures))
        finally:
            self.playing = False
            self._output.close()

    def _plays(self) -> None:
        if not self.playing:
            self.playing = True
            if self.fault:
                log.warning('%s plays again', self._output.name)
            else:
                log.info('playing on %s', self._output.name)
            self.fault = ''
        if self._output.underruns != self._underruns:
            told = bool(self.warning)
            self._underruns = self._output.underruns
            self._underrun_at = time.monotonic()
            if not told:
                log.warning('%s', self.warning)

    def _lost(self, line: str) -> None:
        # One line per fault, however many retries.
        if line != self.fault:
            log.error('%s', line)
        self.fault = line
