"""The crowd as a child of the bench."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

from txt2vid_ros.bench.soak.log import SoakLog

MODULE = 'txt2vid_ros.bench.soak.crowd'
END_SECONDS = 10.0


class Crowd:
    """Viewers who come and go for as long as it is open."""

    def __init__(self, url: str, every: float, log: SoakLog) -> None:
        """Have one come every so many seconds; each is a row of the log once it has left."""
        self._log = log
        self._process = subprocess.Popen([sys.executable, '-m', MODULE, url, f'{every:.3f}'],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read, name='crowd', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Have all leave."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(END_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.add('viewer', **json.loads(line))
