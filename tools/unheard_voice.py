"""
Write txt2vid_ros/bench/lipsync/data/unheard_voice.npz: sentences by a voice kept from training.

    python tools/lip_material.py MATERIAL --of piper
    python tools/unheard_voice.py MATERIAL
"""

from __future__ import annotations

import pathlib
import sys

from lip_material import read
import numpy as np
from txt2vid_ros.bench.lipsync.unheard_voice import FILE
from txt2vid_ros.speaking.visemes.track import segments_of

COUNT = 10
"""Those sentences are taken that have the most bilabials."""


def main() -> None:
    """Read the material of joe, choose, write."""
    every = [read(file) for file in sorted(pathlib.Path(sys.argv[1]).glob('test~piper:joe~*'))]
    every.sort(key=lambda one: -sum(s.viseme.name == 'p_b_m' for s in segments_of(one[1])))
    arrays: dict[str, np.ndarray] = {}
    for index, (sound, sounds, _) in enumerate(every[:COUNT]):
        rooted = np.sign(sound) * np.sqrt(np.abs(sound))
        arrays[f'sound{index}'] = np.round(127 * rooted).astype(np.int8)
        arrays[f'symbols{index}'] = np.array([one.symbol for one in sounds])
        arrays[f'times{index}'] = np.array(
            [(one.start, one.duration, one.stress) for one in sounds], np.float32)
    np.savez_compressed(FILE, **arrays)


if __name__ == '__main__':
    main()
