"""The argument parser of all commands."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from txt2vid_ros.core.errors import EXIT_USER_ERROR


class CommandParser(argparse.ArgumentParser):
    """Reports a wrong argument in one line; only --help prints the usage."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with status 2."""
        print(f'{self.prog}: {message}. See {self.prog} --help.', file=sys.stderr)
        raise SystemExit(EXIT_USER_ERROR)
