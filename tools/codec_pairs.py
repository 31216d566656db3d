"""Reads how often Chinese words follow each other, from open-gram's model in Debian."""

from __future__ import annotations

from collections.abc import Iterator
import pathlib

import numpy as np

_LEVELS = 4
_PROBABILITIES, _BACK_OFFS = 1 << 16, 1 << 14
_FOLDER = 'usr/lib/x86_64-linux-gnu/sunpinyin/data'


class OpenGram:
    """
    The trigram model of package sunpinyin-data.

    Words come from pydict_sc.bin, probabilities from lm_sc.t3g: little-endian, a header, two
    tables of floats, then nodes of 12 bytes for single words and pairs, each in the order of its
    context.
    """

    def __init__(self, package: pathlib.Path) -> None:
        """Read the unpacked package. Raises ValueError for another kind of model."""
        self._words = _words((package / _FOLDER / 'pydict_sc.bin').read_bytes())
        data = (package / _FOLDER / 'lm_sc.t3g').read_bytes()
        header = np.frombuffer(data, '<u4', 2 + _LEVELS)
        if header[0] != 3 or header[1] != 0:
            raise ValueError('not a trigram model of probabilities')
        sizes = header[2:].astype(int)
        at = header.nbytes
        table = np.frombuffer(data, '<f4', _PROBABILITIES, at).astype(np.float64)
        at += 4 * (_PROBABILITIES + _BACK_OFFS)
        nodes = np.frombuffer(data, '<u4', 3 * int(sizes[:3].sum()), at).reshape(-1, 3)
        single = nodes[sizes[0]:sizes[0] + sizes[1]]
        double = nodes[sizes[0] + sizes[1]:]
        self._single = single[:-1, 0] & 0x3FFFF
        self._share = table[single[:-1, 1] & 0xFFFF]
        self._start = (single[:, 1] >> 16) | ((single[:, 2] >> 25) << 16)
        self._follow = table[double[:, 1] & 0xFFFF]
        self._second = double[:, 0] & 0x3FFFF

    def pairs(self, tokens: float, least: float) -> Iterator[tuple[str, str, float]]:
        """
        Yield pairs of words and how often they are to be expected in `tokens` words.

        Those that are expected less than `least` times are left out.
        """
        for at, number in enumerate(self._single):
            begin, end = int(self._start[at]), int(self._start[at + 1])
            expected = tokens * self._share[at] * self._follow[begin:end]
            for place in np.flatnonzero(expected >= least):
                before, after = self._words[int(number)], self._words[int(
                    self._second[begin + place])]
                if before and after:
                    yield before, after, float(expected[place])


def _words(data: bytes) -> list[str]:
    count, _, offset = np.frombuffer(data, '<u4', 3).tolist()
    found: list[str] = data[offset:].decode('utf-32-le').split('\0')[:count]
    return found
