"""What this machine is, for figures that hold only on the machine that they were measured on."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
import platform


def cpu_model(cpuinfo: Path = Path('/proc/cpuinfo')) -> str:
    """Return what the processor calls itself."""
    lines = cpuinfo.read_text(encoding='utf-8').splitlines() if cpuinfo.exists() else []
    named = (line.partition(':')[2].strip() for line in lines if line.startswith('model name'))
    return next(named, platform.processor()) or platform.machine()


def usable_cores() -> int:
    """Return on how many cores this process may run, which a container may limit."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def identity(machine_id: Path = Path('/etc/machine-id')) -> str:
    """Return a short name of this machine with its processor: a home folder may be shared."""
    known = machine_id.read_text(encoding='utf-8') if machine_id.exists() else ''
    facts = (known.strip() or platform.node(), cpu_model(), usable_cores())
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
