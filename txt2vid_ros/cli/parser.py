"""The argument parser of all commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import logging
import sys
from typing import Any, NoReturn

from txt2vid_ros.core.decoding.text_encoding import decode_argument, PlainText
from txt2vid_ros.core.errors import EXIT_USER_ERROR
from txt2vid_ros.core.names import NAMESPACE

log = logging.getLogger(__name__)


class CommandParser(argparse.ArgumentParser):
    """Reports a wrong argument in one line; only --help prints the usage."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Report what is not known here, where it is given, and not by the name of `txt2vid`."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            # The value of an option that there is not may have been taken for another argument.
            options = [word for word in unknown if word.startswith('-')]
            self.error(f'unrecognized arguments: {" ".join(options or unknown)}')
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with status 2."""
        print(f'{self.prog}: {message}. See {self.prog} --help.', file=sys.stderr)
        raise SystemExit(EXIT_USER_ERROR)


def add_graph_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which talking head a command means, and how long it waits for it."""
    parser.add_argument('--namespace', default=NAMESPACE, help='of the talking head (%(default)s)')
    parser.add_argument('--timeout', type=float, default=10.0, metavar='SECONDS',
                        help='how long to wait for the talking head (%(default)s)')


def text_argument(name: str) -> Callable[[str], str]:
    """
    Return the `type` of an argument that is text, in whatever encoding; errors call it `name`.

    Paths keep their bytes and need none of this.
    """
    return lambda word: told(decode_argument(word, name))


def told(decoded: PlainText) -> str:
    """Return the text; warn of what the user should know of its decoding."""
    for line in decoded.notices:
        log.warning('%s', line)
    return decoded.text
