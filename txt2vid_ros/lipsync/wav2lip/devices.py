"""Where the networks run when the user leaves it open."""

from __future__ import annotations

import importlib.util
import os
import pathlib

# What a driver for NVIDIA GPUs shows: on a PC or server, under WSL, on a Jetson.
_DRIVERS = ('/dev/nvidiactl', '/dev/dxg', '/dev/nvmap')


def resolved(device: str) -> str:
    """Return `device`, and for `auto` cuda where torch can use a GPU, else cpu.

    torch is imported only where there is a driver: it takes seconds and 250 MB, and the fast path
    on a CPU does without it.
    """
    if device != 'auto':
        return device
    if not any(pathlib.Path(driver).exists() for driver in _DRIVERS):
        return 'cpu'
    if importlib.util.find_spec('torch') is None:
        return 'cpu'
    import torch
    return 'cuda' if torch.cuda.is_available() else 'cpu'


def cores() -> int:
    """Return how many CPU cores this process may use; a container may allow fewer than exist."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
