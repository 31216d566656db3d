"""Keeps a loudspeaker playing, whatever happens to it."""

from __future__ import annotations

import logging
import threading

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UnavailableError
from txt2vid_ros.media.device_faults import DeviceFaults
from txt2vid_ros.media.playback.device_output import DeviceOutput

log = logging.getLogger(__name__)

OPEN_BACKOFF = Backoff(first=0.5, largest=5.0)
"""Pauses before a lost device is opened again."""


class PlaybackLoop:
    """Plays on the caller's thread, and opens the device again when it is lost."""

    def __init__(self, output: DeviceOutput) -> None:
        """Take the device, which is not open yet."""
        self._output = output
        self.faults = DeviceFaults()
        self.playing = False

    def run(self, stop: threading.Event) -> None:
        """Play until `stop` is set. Raises UserError where waiting would not help."""
        failures = 0
        try:
            while not stop.is_set():
                try:
                    self._output.open()
                    self._output.wait(stop, self._plays)
                except UnavailableError as error:
                    self.faults.failed(str(error))
                failures = 1 if self.playing else failures + 1
                self.playing = False
                self._output.close()
                stop.wait(OPEN_BACKOFF.after(failures))
        finally:
            self.playing = False
            self._output.close()

    def _plays(self) -> None:
        name, underruns = self._output.name, self._output.underruns
        if not self.playing:
            self.playing = True
            if not self.faults.fault:
                log.info('playing on %s', name)
            self.faults.works(f'{name} plays again')
        self.faults.count_losses(underruns, (
            f'{name} ran out of sound ({underruns} times so far), because this machine is too '
            'busy. Close other programs, or raise loudspeaker.buffer'))
