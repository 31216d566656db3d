"""The sound of any file: the track that is meant, in step with the picture, heard in mono."""

from __future__ import annotations

import os
from pathlib import Path
import wave

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.media.sound_file import read_sound

RATE = 16000


def heard(file: Path) -> NDArray[np.float32]:
    return np.concatenate(list(read_sound(file, RATE)))


def test_a_file_whose_name_is_no_utf_8_is_read(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b'k\xf6ln.wav')
    with wave.open(str(file), 'wb') as out:
        out.setparams((1, 2, RATE, 0, 'NONE', ''))
        out.writeframes(b'\x00\x40' * 1600)
    assert len(heard(file)) == 1600
