"""What is seen behind transparent pixels: one colour, whatever the file hides there."""

from __future__ import annotations

import re

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Blue, green, red, 0 to 255."""

GREY = '#808080'


def colour_of(text: str) -> Colour:
    """Return the colour that is written as '#rrggbb', with or without '#'. Raises UserError."""
    found = re.fullmatch('#?([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})', text.strip())
    if found is None:
        raise UserError(f'face.backdrop is {text!r}', f'Write it as #rrggbb, for example {GREY}')
    red, green, blue = (int(part, 16) for part in found.groups())
    return blue, green, red


def over_backdrop(picture: Pixels, backdrop: Colour) -> Pixels:
    """Return (height, width, 3) BGR of (height, width, 4) with its alpha multiplied in."""
    table = np.outer((255 - np.arange(256)) / 255, backdrop).round().astype(np.uint8)
    share = cv2.LUT(cv2.merge([picture[:, :, 3]] * 3), table[None])
    colours = cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR)
    return np.asarray(cv2.add(colours, share), np.uint8)


def multiplied(colours: Pixels, alpha: Pixels) -> Pixels:
    """Return (height, width, 4) of BGR and alpha (height, width), with the alpha multiplied in."""
    seen = colours * (alpha[:, :, None].astype(np.float32) / 255)
    return np.dstack([seen.round().astype(np.uint8), alpha])
