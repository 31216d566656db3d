"""
A sound card of ALSA without hardware: what is played is written down at the pace of real time.

ALSA's plugin `file` writes to the program sound_sink, which reads as slowly as a card plays. The
pipe between them is the card's buffer.
"""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
import signal
import sys

import numpy as np
from numpy.typing import NDArray
import sound_sink
from sound_sink import CHANNELS, FRAME, PIPE, RATE

HELD = 0.08
"""Seconds that the plugin holds back: PortAudio's buffer, four blocks of 20 ms."""
DELAY = PIPE / FRAME / RATE + HELD
"""Seconds from being written to being heard, of which ALSA does not know."""
OTHERS = """</usr/share/alsa/alsa.conf>
pcm.desk { type null hint { show on description "Desk" } }
"""
CONFIG = """pcm.{name}_file {{ type file slave.pcm "null" format "raw"
  file "|exec {python} -I -S {program} {folder}" }}
pcm.{name} {{ type plug slave {{ pcm "{name}_file" format S32_LE channels {channels} rate {rate} }}
  hint {{ show on description "{name}" }} }}
"""


def missing() -> str:
    """Return what a test of sound devices lacks; '' where nothing."""
    if not Path('/usr/share/alsa/alsa.conf').exists():
        return 'there is no ALSA; install libportaudio2'
    return '' if importlib.util.find_spec('sounddevice') else 'sounddevice is not installed'


class SoundCard:
    """The card of one test, seen from outside: plug it in, pull it out, hear what it played."""

    def __init__(self, folder: Path, name: str) -> None:
        """Prepare it; it is not plugged in."""
        self.name = name
        self._folder = folder
        folder.mkdir()
        self.config = folder / 'asound.conf'
        self.environment = {'ALSA_CONFIG_PATH': str(self.config)}
        self._write()

    def plug(self) -> None:
        """Let programs find it."""
        self._write(CONFIG.format(
            name=self.name, python=sys.executable, program=sound_sink.__file__,
            folder=self._folder, channels=CHANNELS, rate=RATE))

    def unplug(self) -> None:
        """Take it away while it plays."""
        self._write()
        os.kill(int((self._folder / 'pid').read_text()), signal.SIGKILL)

    def _write(self, card: str = '') -> None:
        # In one go, so that nobody reads half of it.
        new = self.config.with_suffix('.new')
        new.write_text(OTHERS + card)
        new.replace(self.config)

    def heard(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return what was heard from `start` to `stop` (nanoseconds), through one channel."""
        seen = np.array([json.loads(line) for line in self._lines()])
        frames = np.searchsorted(seen[:, 1], [start, stop])
        first = int(np.interp(start - seen[0, 1], seen[:, 1] - seen[0, 1], seen[:, 0]))
        sound = np.fromfile(self._folder / 'sound', '<i4')
        assert frames[1] < len(seen), 'it has not been heard yet'
        count = (stop - start) * RATE // 1_000_000_000
        return (sound[first:first + count] / 2 ** 31).astype(np.float32)

    def until(self, stamp: int) -> bool:
        """Return whether it has played up to a time (nanoseconds)."""
        lines = self._lines()
        return bool(lines) and json.loads(lines[-1])[1] > stamp

    def _lines(self) -> list[str]:
        file = self._folder / 'log'
        return [line for line in file.read_text().splitlines() if line.endswith(']')
                ] if file.exists() else []
