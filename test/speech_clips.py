"""
Real speech with its transcripts, from registry packages: fetched once, kept out of git.

pocketsphinx's source package (BSD-2-Clause) carries recordings for its own tests: five sentences
of a LibriVox reading, three commands, and five card calls. tools/setup.sh test fetches them.
"""

from __future__ import annotations

import dataclasses
import fcntl
import functools
import hashlib
from pathlib import Path
import subprocess
import sys
import tarfile
import wave

import numpy as np
from numpy.typing import NDArray
import soxr

RATE = 16000
PACKAGE, DIGEST = 'pocketsphinx==5.1.1', (
    '675778b309a22dfc9b7d37f7621976bba491d2a5f8c59696bd77fd6d07271355')
CACHE = Path(__file__).resolve().parents[1] / 'build' / 'speech_clips'
_DATA = 'pocketsphinx-5.1.1/test/data/'
_LIBRIVOX = _DATA + 'librivox/sense_and_sensibility_01_austen_64kb-'
TRANSCRIPTS = {
    _LIBRIVOX + '0870.wav': 'and mister john dashwood had then leisure to consider how much there '
                            'might be prudently in his power to do for them',
    _LIBRIVOX + '0880.wav': 'he was not an ill disposed young man',
    _LIBRIVOX + '0890.wav': 'unless to be rather cold hearted and rather selfish is to be ill '
                            'disposed',
    _LIBRIVOX + '0920.wav': 'had he married a more a amiable woman he might have been made still '
                            'more respectable than he was',
    _LIBRIVOX + '0930.wav': 'he might even have been made amiable himself',
    _DATA + 'goforward.raw': 'go forward ten meters',
    _DATA + 'something.raw': 'go somewhere and do something',
    _DATA + 'numbers.raw': 'thirty three four six ninety two',
    _DATA + 'cards/001.wav': 'ten of clubs',
    _DATA + 'cards/002.wav': 'four queen of clubs',
    _DATA + 'cards/003.wav': 'seven of clubs',
    _DATA + 'cards/004.wav': 'five five',
    _DATA + 'cards/005.wav': 'eight of spades four of clubs seven of hearts',
}


@dataclasses.dataclass(frozen=True)
class Clip:
    """A recording and what is said in it, in lower case without punctuation."""

    file: Path
    text: str

    def sound(self) -> NDArray[np.float32]:
        """Return it as mono at 16 kHz."""
        return read(self.file)


@functools.cache
def clips() -> list[Clip]:
    """Return the clips of pocketsphinx, in the order of TRANSCRIPTS; a WAV file each."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / 'lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (CACHE / 'complete').exists():
            _fetch()
            (CACHE / 'complete').touch()
    return [Clip(CACHE / (Path(name).stem + '.wav'), text) for name, text in TRANSCRIPTS.items()]


def clip(stem: str) -> Clip:
    """Return the clip whose file's name ends so."""
    return next(each for each in clips() if each.file.stem.endswith(stem))


def read(file: Path) -> NDArray[np.float32]:
    """Return a WAV file as mono at 16 kHz."""
    with wave.open(str(file)) as opened:
        rate, channels = opened.getframerate(), opened.getnchannels()
        pcm = np.frombuffer(opened.readframes(opened.getnframes()), '<i2')
    sound = pcm.reshape(-1, channels).mean(axis=1).astype(np.float32) / 32768
    return sound if rate == RATE else soxr.resample(sound, rate, RATE)


def write(file: Path, sound: NDArray[np.float32], rate: int = RATE) -> Path:
    """Write mono sound as a WAV file."""
    with wave.open(str(file), 'wb') as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(rate)
        opened.writeframes((np.clip(sound, -1, 1) * 32767).astype('<i2').tobytes())
    return file


def _fetch() -> None:
    # Only this package from source: its build tools, which pip asks for, come as wheels.
    done = subprocess.run(
        [sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps',
         '--no-binary', 'pocketsphinx', '--dest', str(CACHE), PACKAGE],
        capture_output=True, text=True, check=False, timeout=240)
    package = CACHE / 'pocketsphinx-5.1.1.tar.gz'
    assert package.exists(), f'the speech clips cannot be fetched: {done.stderr}'
    assert hashlib.sha256(package.read_bytes()).hexdigest() == DIGEST
    with tarfile.open(package) as archive:
        for name in TRANSCRIPTS:
            member = archive.extractfile(name)
            assert member is not None
            data = member.read()
            target = CACHE / (Path(name).stem + '.wav')
            if name.endswith('.raw'):
                write(target, np.frombuffer(data, '<i2').astype(np.float32) / 32767)
            else:
                target.write_bytes(data)
    package.unlink()


if __name__ == '__main__':
    clips()
