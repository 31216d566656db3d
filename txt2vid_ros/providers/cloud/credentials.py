"""
Keys of cloud services, from the environment or a file; they are never shown.

Also the services' addresses, which tests and private networks set the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
from typing import NoReturn

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage import key_file

GOOGLE_VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS'
RESEMBLE_VARIABLE = 'RESEMBLE_API_KEY'


class Secret:
    """A text that only `reveal()` shows: not print, a log, a traceback, JSON or a pickle."""

    __slots__ = ('_text',)

    def __init__(self, text: str) -> None:
        """Take the text to keep."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, to be passed to the service at once."""
        return self._text

    def __repr__(self) -> str:
        """Return the same for every secret."""
        return 'Secret(...)'

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError('a secret is not written to anything')


def read_key_file(path: Path, option: str) -> Secret:
    """
    Return the content of a file that only its owner can read.

    `option` is where the user named the file. Raises UserError, which names the file and never
    its content.
    """
    return Secret(key_file.read_key_file(path, option).decode('utf-8', 'replace').strip())


def google_key_file(option: Path, environment: Mapping[str, str] = os.environ
                    ) -> tuple[Path, str]:
    """
    Return the key file to use, and where it was named. Raises UserError where none was.

    `option` is what the user set, an empty path for nothing.
    """
    if option != Path():
        return option, 'credentials'
    named = environment.get(GOOGLE_VARIABLE, '')
    if not named:
        raise UserError('there are no Google credentials',
                        f'Let {GOOGLE_VARIABLE} name the JSON key file of a service account, or '
                        'set the option credentials=FILE; see docs/cloud.md.')
    return Path(named).expanduser(), GOOGLE_VARIABLE


def resemble_key(option: Path, environment: Mapping[str, str] = os.environ) -> Secret:
    """Return Resemble's API key, from the file `option` or the environment. Raises UserError."""
    if option != Path():
        key, source = read_key_file(option, 'api_key_file'), f'api_key_file: {option}'
    else:
        key, source = Secret(environment.get(RESEMBLE_VARIABLE, '').strip()), RESEMBLE_VARIABLE
        if not key.reveal():
            raise UserError('there is no Resemble API key',
                            f'Set {RESEMBLE_VARIABLE}, or the option api_key_file=FILE; see '
                            'docs/cloud.md.')
    return checked_key(key, source)


def checked_key(key: Secret, source: str, remedy: str = 'It has to be one word, as '
                'app.resemble.ai/account/api shows it.') -> Secret:
    """Return a key that an HTTP header can carry. Raises UserError, which names `source` only."""
    if not all('!' <= char <= '~' for char in key.reveal()) or not key.reveal():
        raise UserError(f'{source} holds no API key', remedy)
    return key


def endpoint_of(option: str, variable: str, usual: str) -> str:
    """Return the service's address: the option, else the environment's, else the usual one."""
    return option or os.environ.get(variable, '') or usual
