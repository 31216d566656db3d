"""Where a receiver keeps how far it has come."""

from __future__ import annotations

import os
from pathlib import Path
import re


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
    home = Path(os.environ.get('XDG_STATE_HOME') or Path.home() / '.local' / 'state')
    name = re.sub('[^A-Za-z0-9]+', '-', f'{transport}-{address}')
    return home / 'txt2vid' / f'link-{name}'
