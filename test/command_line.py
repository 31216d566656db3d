"""The `txt2vid` command as a user runs it, for the tests of what needs no graph."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).parents[1]
MAIN = 'txt2vid_ros.cli.main'


def txt2vid(*words: str, environment: Mapping[str, str] | None = None, stdin: str = '',
            timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; return its status and what it printed."""
    return subprocess.run(
        [sys.executable, '-m', MAIN, *words], input=stdin, capture_output=True, text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT), **(environment or {})}, check=False,
        timeout=timeout)
