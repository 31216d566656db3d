"""How much memory a process of this machine holds."""

from __future__ import annotations

import os
from pathlib import Path


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process (proc(5)); 0 where there is none."""
    try:
        pages = Path(f'/proc/{pid}/statm').read_text('ascii').split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf('SC_PAGE_SIZE')


def own_figures() -> dict[str, float]:
    """Return this process's id and its resident memory in MB, for diagnostics."""
    return {'pid': os.getpid(), 'memory_mb': resident_bytes(os.getpid()) / 1e6}
