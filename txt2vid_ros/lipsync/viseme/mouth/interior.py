"""Drawing the inside of a mouth: a dark cavity, teeth fixed to skull and jaw, and a tongue."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

# Crowns of one side as they project on the picture plane, in millimetres from the middle:
# (outer edge, crown height, how far the biting edge stands back from the front teeth's).
_UPPER_CROWNS = (
    (8.4, 10.4, 0.0),
    (14.4, 8.9, 0.7),
    (20.0, 9.8, 0.2),
    (24.2, 8.2, 1.2),
    (27.0, 7.4, 2.2),
    (29.0, 6.8, 3.2),
)
_LOWER_CROWNS = (
    (5.2, 8.6, 0.0),
    (10.6, 8.8, 0.1),
    (16.6, 9.4, -0.1),
    (21.0, 8.2, 0.9),
    (24.2, 7.4, 1.6),
    (26.2, 6.8, 2.2),
)
_MM = 1 / 90  # of a face unit
_SUPERSAMPLING = 4


@dataclasses.dataclass(frozen=True)
class Tones:
    """The colours of one mouth as lit in the picture, BGR 0 to 255."""

    tooth: Picture
    gum: Picture
    tongue: Picture
    cavity: Picture
    contact: Picture


@dataclasses.dataclass(frozen=True)
class Patch:
    """
    A picture with premultiplied alpha, (h, w, 4) float32 0 to 255 (alpha 0 to 1).

    `anchor`: the pixel that belongs to its reference point (middle of the biting edge, or the
    tip of the tongue).
    """

    image: Picture
    anchor: tuple[float, float]

    def blurred(self, sigma: float) -> Patch:
        """Return the patch blurred to match its picture; `sigma` in pixels."""
        if sigma < 0.2:
            return self
        return Patch(np.asarray(cv2.GaussianBlur(self.image, (0, 0), sigma)), self.anchor)


def tones_of(skin: Picture, lip: Picture, white: float, tooth: Picture | None) -> Tones:
    """
    Derive the mouth's colours from those of the skin, the lips and, if visible, the teeth.

    `white` is the brightest common level of the picture, 0 to 255.
    """
    light = skin / max(float(skin.max()), 1.0)
    level = float(np.clip(max(1.08 * skin.max(), 0.66 * white), 60, 240))
    # Skin shows the colour of the light mixed with its own; the square root halves the latter.
    # Between red lips a neutral tone looks blue.
    tint = 0.25 * np.array([0.90, 0.97, 1.0], np.float32) + 0.75 * np.sqrt(light)
    if tooth is None:
        tooth = (tint * level).astype(np.float32)
    redder = lip * np.array([0.66, 0.64, 0.86], np.float32)
    return Tones(
        tooth,
        (0.75 * lip + 0.25 * tooth * np.array([0.6, 0.6, 1.0])).astype(np.float32),
        redder.astype(np.float32),
        np.maximum(lip * np.array([0.10, 0.09, 0.16], np.float32), 6).astype(np.float32),
        (lip * np.array([0.42, 0.40, 0.52], np.float32)).astype(np.float32),
    )


def teeth_patch(unit: float, tones: Tones, *, upper: bool, narrow: float = 1.0) -> Patch:
    """
    Return a row of teeth with its gum for a face unit of `unit` pixels.

    `narrow` scales the width: the head's turn, or a mouth smaller than most.
    """
    crowns = _UPPER_CROWNS if upper else _LOWER_CROWNS
    scale = unit * _MM * _SUPERSAMPLING
    half = int(np.ceil(31 * scale * narrow))
    top, bottom = (14.0, 2.0) if upper else (12.5, 2.0)
    height = int(np.ceil((top + bottom) * scale))
    ys, xs = np.mgrid[0:height, -half:half].astype(np.float32)
    x_mm = np.abs(xs + 0.5) / (scale * narrow)
    y_mm = (ys + 0.5) / scale - top  # 0 at the biting edge of the front teeth, gum above
    shade = 0.36 + 0.66 * np.clip(np.cos(np.clip(x_mm / 31, 0, 1) * np.pi / 2), 0, 1) ** 1.5
    tooth: Picture = np.zeros((height, 2 * half), np.float32)
    inner = 0.0
    relief = np.ones_like(tooth)
    for outer, crown, back in crowns:
        middle, reach = (inner + outer) / 2, (outer - inner) / 2
        across = (x_mm - middle) / reach
        edge = -0.6 * back - 0.5 * across**4
        neck = -back - crown * (1 - 0.13 * across**2)
        # Neighbours touch: only towards the biting edge is there a notch between them.
        notch = 0.20 + 0.50 * np.exp(np.clip((y_mm - edge) / 1.3, -20, 0))
        sides = 1 - (1 - _soft(1 - np.abs(across), 0.16)) * notch
        sides *= np.abs(across) <= 1 if outer < crowns[-1][0] else _soft(1 - across, 0.2)
        inside = sides * _soft(edge - y_mm, 0.5) * _soft(y_mm - neck, 0.7)
        bulge = 1 - 0.24 * np.clip(np.abs(across), 0, 1) ** 2.5
        relief = np.where(inside > tooth, bulge, relief)
        tooth = np.maximum(tooth, inside)
        inner = outer
    gum = _soft(-y_mm - 6.5 if upper else -y_mm - 6.0, 1.0) * _soft(29.5 - x_mm, 1.5)
    along = np.clip(-y_mm / 9, 0, 1)
    tint = (1 - along[..., None]) * np.array([1.0, 0.99, 0.975], np.float32) + along[
        ..., None
    ] * np.array([0.90, 0.95, 1.0], np.float32)
    colour = tones.tooth * (1.0 if upper else 0.82) * tint * (relief * shade)[..., None]
    colour = (
        colour * tooth[..., None]
        + (tones.gum * shade[..., None] * 0.8) * ((1 - tooth) * gum)[..., None]
    )
    alpha = tooth + (1 - tooth) * gum
    image = np.concatenate([colour, alpha[..., None]], axis=-1)
    if not upper:
        image = image[::-1]
    size = (max(2, round(2 * half / _SUPERSAMPLING)), max(2, round(height / _SUPERSAMPLING)))
    small = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    y_anchor = (top if upper else bottom) / (top + bottom) * size[1]
    return Patch(np.asarray(small, np.float32), (size[0] / 2, y_anchor))


def tongue_patch(unit: float, tones: Tones) -> Patch:
    """Return a tongue seen from the front; its anchor is the middle of its upper edge."""
    scale = unit * _MM * _SUPERSAMPLING
    half, height = int(np.ceil(26 * scale)), int(np.ceil(24 * scale))
    ys, xs = np.mgrid[0:height, -half:half].astype(np.float32)
    x, y = (xs + 0.5) / (24 * scale), (ys + 0.5) / (22 * scale)
    body = _soft(1 - (x**2 + (1 - y) ** 2 * 0.9) ** 0.5, 0.06)
    groove = 1 - 0.10 * np.exp(-((x / 0.16) ** 2)) * np.clip(1.2 - y, 0, 1)
    round_shade = np.clip(1.06 - 0.5 * x**2 - 0.45 * np.clip(y - 0.15, 0, 1), 0.25, 1.06)
    shine = 0.10 * np.exp(-(((np.abs(x) - 0.32) / 0.16) ** 2) - (((y - 0.24) / 0.12) ** 2))
    colour = tones.tongue * (groove * round_shade)[..., None] + 255 * shine[..., None]
    image = np.concatenate([colour * body[..., None], body[..., None]], axis=-1)
    size = (max(2, round(2 * half / _SUPERSAMPLING)), max(2, round(height / _SUPERSAMPLING)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return Patch(np.asarray(small, np.float32), (size[0] / 2, 0.5))


def lay_over(
    canvas: Picture,
    patch: Patch,
    axes: NDArray[np.float64],
    at: tuple[float, float],
    strength: float = 1.0,
) -> None:
    """Draw `patch` on `canvas` (h, w, 3), in place: its anchor at `at`, transformed by `axes`."""
    matrix = np.empty((2, 3), np.float64)
    matrix[:, :2] = axes
    matrix[:, 2] = np.array(at) - matrix[:, :2] @ np.array(patch.anchor)
    height, width = canvas.shape[:2]
    drawn = cv2.warpAffine(patch.image, matrix, (width, height), flags=cv2.INTER_LINEAR)
    canvas *= 1 - strength * drawn[..., 3:]
    canvas += strength * drawn[..., :3]


def _soft(distance: Picture, width: float) -> Picture:
    """Return 1 inside (positive distance), 0 outside, soft over `width`."""
    t = np.clip(distance / width + 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
