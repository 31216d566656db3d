"""What happens in a soak test, a line of JSON for each event, as it happens."""

from __future__ import annotations

import json
from pathlib import Path
import threading
import time
from typing import Any

from txt2vid_ros.core.errors import UserError

Row = dict[str, Any]


class SoakLog:
    """Appends rows to a file; what has been written stays, however the test ends."""

    def __init__(self, file: Path) -> None:
        """Begin `file` anew. Raises UserError."""
        self.file = file
        self.begun = time.time()
        """Seconds of the epoch."""
        try:
            self._file = file.open('w', encoding='utf-8', buffering=1)
        except OSError as error:
            raise UserError(f'{file} cannot be written: {error.strerror}',
                            'Give another --samples.') from error
        self._lock = threading.Lock()

    def since_begin(self, stamp: int | None = None) -> float:
        """Return the seconds from the beginning to a stamp (nanoseconds of the epoch), or now."""
        return (time.time() if stamp is None else stamp / 1e9) - self.begun

    def add(self, kind: str, **values: Any) -> None:
        """Append a row of a kind; `t` is now, seconds since the beginning, unless it is given."""
        row = {'kind': kind, 't': round(self.since_begin(), 3), **values}
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps(row) + '\n')

    def close(self) -> None:
        """Write no more."""
        with self._lock:
            self._file.close()


def read(file: Path) -> list[Row]:
    """Return the rows of a log; a last line that was cut off is left out. Raises UserError."""
    try:
        lines = file.read_text('utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'{file} cannot be read: {error}',
                        'Give the file of --samples of an earlier run.') from error
    rows = []
    for number, line in enumerate(lines):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            if number < len(lines) - 1:
                raise UserError(f'line {number + 1} of {file} is no JSON',
                                'Give the file of --samples of an earlier run.') from error
    return rows
