"""Where a receiver keeps how far it has come."""

from __future__ import annotations

from pathlib import Path
import re

from txt2vid_ros.core.storage.state import state_dir


def state_file(given: str, transport: str, address: str) -> Path | None:
    """
    Return the file named by the parameter `given`; None where that is 'off'.

    Where it is empty, each transport and address has a file of its own below $XDG_STATE_HOME
    (XDG Base Directory Specification) or ~/.local/state.
    """
    if given == 'off':
        return None
    if given:
        return Path(given).expanduser()
    name = re.sub('[^A-Za-z0-9]+', '-', f'{transport}-{address}')
    return state_dir() / f'link-{name}'
