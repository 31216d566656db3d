"""Where programs keep what should outlast them: XDG Base Directory Specification."""

from __future__ import annotations

import os
from pathlib import Path


def state_dir() -> Path:
    """Return this project's folder below $XDG_STATE_HOME or ~/.local/state; it may not exist."""
    home = Path(os.environ.get('XDG_STATE_HOME') or Path.home() / '.local' / 'state')
    return home / 'txt2vid'
