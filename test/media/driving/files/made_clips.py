"""Clips made by ffmpeg for a test: four colours in their quarters, and what is seen of them."""

from __future__ import annotations

import pathlib
import subprocess

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_COLOURS = {'r': (0, 0, 255), 'g': (0, 255, 0), 'b': (255, 0, 0), 'w': (255, 255, 255),
            '-': (128, 128, 128), '.': (0, 0, 0)}


def quarters(width: int = 320, height: int = 240, seconds: float = 1, rate: int = 25) -> str:
    """Return a source of ffmpeg: red and green above blue and white."""
    boxes = ''.join(f',drawbox={x}:{y}:iw/2:ih/2:c={colour}:t=fill' for x, y, colour in (
        ('iw/2', 0, 'lime'), (0, 'ih/2', 'blue'), ('iw/2', 'ih/2', 'white')))
    return f'color=red:s={width}x{height}:r={rate}:d={seconds}{boxes}'


def made(path: pathlib.Path, source: str, *options: str) -> pathlib.Path:
    """Write a clip of a source with the given options of ffmpeg."""
    subprocess.run(['ffmpeg', '-y', '-v', 'error', '-nostdin', '-f', 'lavfi', '-i', source,
                    *options, f'file:{path}'], check=True)
    return path


def seen(frame: Pixels) -> str:
    """
    Return which colours are in the four quarters of a frame: rgbw as `quarters` makes them.

    A dash is the grey behind transparent pixels, a dot is black; a question mark anything else.
    """
    height, width = frame.shape[:2]
    found = ''
    for y in (height // 4, height * 3 // 4):
        for x in (width // 4, width * 3 // 4):
            pixel = frame[y, x].astype(int)
            near = [name for name, colour in _COLOURS.items()
                    if np.abs(pixel - colour).max() < 40]
            found += near[0] if near else '?'
    return found
