"""Encoders are started, and started again where they fail, but not for ever."""

from __future__ import annotations

from collections.abc import Callable
import logging
import threading

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.output.overload.stream_statistics import StreamStatistics
from txt2vid_ros.media.output.stream_format import FrameEncoder, Opening

log = logging.getLogger(__name__)

MOST_RESTARTS = 8
"""Failures of the encoder in a row after which the stream gives up."""
RESTART_BACKOFF = Backoff(first=0.2, largest=5.0)
"""From the second failure on: after the first it starts again at once."""


class EncoderStarts:
    """Starts encoders, and counts how often that was in vain."""

    def __init__(self, open_sink: Callable[[Opening], FrameEncoder],
                 statistics: StreamStatistics) -> None:
        """`open_sink` starts an encoder."""
        self._open_sink = open_sink
        self._statistics = statistics
        self._failures = 0
        self.fault = ''
        """What last went wrong."""

    def open(self, opening: Opening) -> FrameEncoder | None:  # noqa: A003
        """Return an encoder; None where none can be started now, though one could before."""
        try:
            return self._open_sink(opening)
        except UserError as error:
            if not self._statistics.frames:
                raise
            self.fault = str(error)
            return None

    def works(self) -> None:
        """Count failures from here on."""
        self._failures = 0

    def end(self, sink: FrameEncoder, stop: threading.Event) -> None:
        """End an encoder that has failed, and wait before the next start."""
        self._statistics.restarts += 1
        self.fault = sink.failure()
        sink.abort()
        self.pause(stop)

    def pause(self, stop: threading.Event) -> None:
        """Wait before the next start; raise UserError after too many failures in a row."""
        self._failures += 1
        if self._failures > MOST_RESTARTS:
            raise UserError(f'the encoder failed {self._failures} times in a row: {self.fault}',
                            'Run "txt2vid doctor" to see what ffmpeg lacks.')
        pause = RESTART_BACKOFF.after(self._failures - 1)
        log.warning('%s; starting it again%s', self.fault, f' in {pause:.1f} s' if pause else '')
        stop.wait(pause)
