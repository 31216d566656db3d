"""A loudspeaker and a screen for machines that have none."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
import shutil
import subprocess
import sys

from txt2vid_ros.bench.reach import slow_sink

ALSA = Path('/usr/share/alsa/alsa.conf')
CARD = 'bench'
RATE, CHANNELS = 48_000, 2
CONFIG = """<{alsa}>
pcm.{card}_file {{ type file slave.pcm "null" format "raw"
  file "|exec {python} -I -S {program} {speed}" }}
pcm.{card} {{ type plug slave {{ pcm "{card}_file" format S16_LE channels {channels} rate {rate} }}
  hint {{ show on description "{card}" }} }}
"""


def loudspeaker(folder: Path) -> dict[str, str]:
    """Return the environment in which ALSA has the device CARD; empty where that cannot be."""
    if not ALSA.exists() or importlib.util.find_spec('sounddevice') is None:
        return {}
    file = folder / 'asound.conf'
    file.write_text(CONFIG.format(
        alsa=ALSA, card=CARD, python=sys.executable, program=slow_sink.__file__,
        speed=2 * CHANNELS * RATE, channels=CHANNELS, rate=RATE), 'utf-8')
    return {'ALSA_CONFIG_PATH': str(file)}


class Screen:
    """An X server of its own, where there is Xvfb."""

    def __init__(self) -> None:
        """Start it."""
        self.environment: dict[str, str] = {}
        """What programs on it need; empty where there is none."""
        self._process: subprocess.Popen[bytes] | None = None
        if shutil.which('Xvfb') is None or importlib.util.find_spec('pygame') is None:
            return
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            ['Xvfb', '-displayfd', str(writing), '-screen', '0', '640x480x24', '-nolisten', 'tcp',
             '-noreset'], stderr=subprocess.DEVNULL, pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as numbers:
            self.environment = {'DISPLAY': f':{int(numbers.readline())}'}

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
