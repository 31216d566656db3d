"""Where the networks run if the user does not choose."""

from __future__ import annotations

import importlib.util
import pathlib

# Device files of NVIDIA's driver: on a PC or server, under WSL, on a Jetson.
_DRIVERS = ('/dev/nvidiactl', '/dev/dxg', '/dev/nvmap')


def resolved(device: str) -> str:
    """
    Return `device`; for `auto`, cuda if torch can use a GPU, else cpu.

    torch is imported only if there is a driver: it takes seconds and 250 MB, and the fast path on
    a CPU does not need it.
    """
    if device != 'auto':
        return device
    if not any(pathlib.Path(driver).exists() for driver in _DRIVERS):
        return 'cpu'
    if importlib.util.find_spec('torch') is None:
        return 'cpu'
    import torch
    return 'cuda' if torch.cuda.is_available() else 'cpu'
