"""What has become of the stream's pictures."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles


@dataclasses.dataclass
class StreamStatistics:
    """Counts since the start, for diagnostics and `txt2vid bench graph`."""

    frames: int = 0
    on_time: int = 0
    repeated: int = 0
    skipped: int = 0
    """Grid places that the machine was too slow to write at all."""
    left_out: int = 0
    """Pictures that were not sent, as the encoder or the machine was behind."""
    restarts: int = 0
    lateness: RollingPercentiles = dataclasses.field(default_factory=RollingPercentiles)
    """Seconds after its due time at which each of the last frames was written."""
