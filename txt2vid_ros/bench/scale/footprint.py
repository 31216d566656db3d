"""What the processes of a session take of the machine."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import os
from pathlib import Path

KILOBYTE = 1024


@dataclasses.dataclass(frozen=True)
class Footprint:
    """Processor time since the start, and memory now."""

    seconds: float = 0.0
    """Processor seconds, those of children that have ended included."""
    proportional: int = 0
    """Bytes: each page divided by the number of processes that share it (PSS)."""
    unique: int = 0
    """Bytes that no other process shares (USS)."""

    def __add__(self, other: Footprint) -> Footprint:
        """Return both together."""
        return Footprint(self.seconds + other.seconds, self.proportional + other.proportional,
                         self.unique + other.unique)


def footprint(pids: Iterable[int]) -> Footprint:
    """Return what processes take together (proc(5)); those that have ended take nothing."""
    return sum(map(_of, pids), Footprint())


def _of(pid: int) -> Footprint:
    process = Path(f'/proc/{pid}')
    try:
        times = (process / 'stat').read_text().rpartition(')')[2].split()[11:15]
        rollup = (process / 'smaps_rollup').read_text()
    except OSError:
        return Footprint()
    sizes = {line.partition(':')[0]: int(line.split()[1]) * KILOBYTE
             for line in rollup.splitlines()[1:]}
    return Footprint(sum(map(int, times)) / os.sysconf('SC_CLK_TCK'), sizes.get('Pss', 0),
                     sizes.get('Private_Clean', 0) + sizes.get('Private_Dirty', 0))
