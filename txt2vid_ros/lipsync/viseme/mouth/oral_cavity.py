"""The inside of one face's open mouth, as seen between the lips."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import MouthPose, SHAPE_INDEX
from txt2vid_ros.lipsync.viseme.articulation import Articulated
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.mouth import interior
from txt2vid_ros.lipsync.viseme.mouth.lip_contact import seam_depth
from txt2vid_ros.lipsync.viseme.mouth.own_teeth import find_teeth, OwnTeeth
from txt2vid_ros.lipsync.viseme.warp import smooth_step

Frame = NDArray[np.uint8]
Picture = NDArray[np.float32]

_TEETH_EDGE = 0.02  # face units from the line of the lips at rest to the upper teeth's edge
_TONGUE_SEEN = 0.045
_TONGUE_ON_TEETH = 0.012
_OVERBITE = 0.012  # face units, of teeth together
_TONGUE_DEEP, _TONGUE_LIT = 0.2, 0.55  # how clearly the tongue shows in a small, in a wide gap
_OVERBITE_OPEN = 0.042  # by which the lower lip of an open mouth bares their edge
_BEHIND_OWN = 0.016  # face units: drawn teeth beside the person's own end higher, as an arc does
_BEHIND_OWN_STRENGTH = 0.75
_TOUCHING = 0.02  # face units between the lips up to which their contact is seen
_CONTACT_WIDTH = 0.007
_CONTACT_TONE = np.array([0.36, 0.34, 0.56], np.float32)  # of the lips' colour
_CONTACT_TAPER = 1.5  # times the sine along the lips: towards the corners it fades
_CHEEK_TONE = 1.2  # of that of touching lips
_CHEEK = 0.19  # of the mouth's width beside its corners in which cheeks and lips close it
_LIP_GLOW = np.array([0.36, 0.30, 0.04], np.float32)
_LEAST_LIGHT = 0.5  # of that on the lips, on what shows through a narrow slit
_TUNNEL = 0.4  # of what is behind rounded lips is lost in the dark
_UNDER_TONGUE = 0.018  # face units: the shade between a raised tongue and the lower lip
_UNDER_TONGUE_DEPTH = 0.6
_SHADE_REACH = 0.022  # face units over which the lips shade what is behind them
_NO_CONTACT = np.ones((1, 1, 1), np.float32)


@dataclasses.dataclass(frozen=True)
class MouthParts:
    """
    The parts of one person's mouth, drawn once and used in every driving frame.

    `unit`: pixels of a face unit at which the patches were drawn. `seam`: how clear the line is
    along which the person's lips touch, 1 as usual.
    """

    unit: float
    tones: interior.Tones
    upper: interior.Patch
    lower: interior.Patch
    tongue: interior.Patch
    own: OwnTeeth | None = None
    seam: float = 1.0


def make_mouth_parts(
    frame: Frame, face: FaceGeometry, box: tuple[int, int, int, int], *, still: bool
) -> MouthParts:
    """
    Return the parts of the mouth in `frame`: colours and, of a still picture, its own teeth.

    The teeth in a video are always drawn: cut out of each frame, they would flicker.
    """
    x0, y0, x1, y1 = box
    own = find_teeth(frame[y0:y1, x0:x1], face, (x0, y0))
    skin = _mean_colour(frame, face.points[[50, 280, 205, 425]], 0.03 * face.unit)
    lips = face.points[[17, 84, 314]] * 0.5 + face.points[[14, 87, 317]] * 0.5
    lip = _mean_colour(frame, lips, 0.012 * face.unit)
    white = float(np.percentile(frame.max(axis=2)[::4, ::4], 98))
    tones = interior.tones_of(skin, lip, white, None if own is None else own.colour)
    width = face.rest.upper_outer[-1, 0] - face.rest.upper_outer[0, 0]
    narrow = float(np.clip(width / 0.58, 0.75, 1.1))
    blur = _blur_of(frame, face)
    return MouthParts(
        face.unit,
        tones,
        interior.teeth_patch(face.unit, tones, upper=True, narrow=narrow).blurred(blur),
        interior.teeth_patch(face.unit, tones, upper=False, narrow=narrow).blurred(blur),
        interior.tongue_patch(face.unit, tones).blurred(blur),
        own if still else None,
        seam_depth(frame, face),
    )


def _blur_of(frame: Frame, face: FaceGeometry) -> float:
    """
    Estimate the blur of the face: the sigma in pixels with which sharp drawings match it.

    Blur removes detail of one pixel before detail of two; the table was measured on portraits
    blurred by known amounts.
    """
    low = np.clip(face.points.min(0).astype(int), 0, None)
    high = np.ceil(face.points.max(0)).astype(int)
    grey = cv2.cvtColor(frame[low[1]:high[1], low[0]:high[0]], cv2.COLOR_BGR2GRAY)
    picture = grey.astype(np.float32)
    once = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1), np.float32)
    twice = np.asarray(cv2.GaussianBlur(picture, (0, 0), 2), np.float32)
    detail = float(np.std(picture - once)) / max(float(np.std(once - twice)), 1e-3)
    return float(np.interp(detail, (0.48, 0.52, 0.60, 0.74, 0.90), (2.2, 1.5, 1.0, 0.6, 0.0)))


class OralCavity:
    """The inside of one mouth, in the region `box` (x0, y0, x1, y1) of its picture."""

    def __init__(
        self, face: FaceGeometry, box: tuple[int, int, int, int], parts: MouthParts
    ) -> None:
        """Place `parts` in the mouth of `face`."""
        self._face, self._origin, self._parts = face, np.array(box[:2], np.float64), parts
        self._turn: Array = face.axes / parts.unit
        line = face.rest.upper_inner[5]
        self._edge: Array = line + np.array([0.0, _TEETH_EDGE])
        if parts.own is not None:
            self._edge = np.array([line[0], float(face.to_units(parts.own.edge)[1])])

    def draw(self, moved: Articulated, pose: MouthPose, part: tuple[slice, slice]) -> Picture:
        """Return the inside of the mouth over `part` (rows, columns) of the region."""
        rows, columns = part
        canvas = np.empty((rows.stop - rows.start, columns.stop - columns.start, 3), np.float32)
        canvas[:] = self._parts.tones.cavity
        corner = self._origin + np.array([columns.start, rows.start])

        def place(units: Array) -> tuple[float, float]:
            at = self._face.to_pixels(units) - corner
            return float(at[0]), float(at[1])

        raised = float(pose[SHAPE_INDEX['tongue_up']])
        rounded = float(pose[SHAPE_INDEX['lips_round']])
        jaw = np.array([0.0, moved.jaw * 1.05])
        # The lower lip moves down further than the teeth it covers, and bares their edge.
        apart = float(smooth_step(np.array([pose[SHAPE_INDEX['jaw_open']]]), 0.4, 0.8)[0])
        overbite = _OVERBITE + (_OVERBITE_OPEN - _OVERBITE) * apart
        lower_edge = self._edge + jaw - np.array([0.0, overbite])
        # The tongue lies behind the lower teeth and shows above the lip of an open mouth.
        lip = float(moved.lips.lower_inner[5, 1])
        floor = np.array([self._edge[0], min(float(lower_edge[1]) + 0.006, lip - _TONGUE_SEEN)])
        tip = floor * (1 - raised) + (self._edge - np.array([0.0, _TONGUE_ON_TEETH])) * raised
        strength = _TONGUE_DEEP + (_TONGUE_LIT - _TONGUE_DEEP) * apart
        strength += (1 - strength) * raised
        interior.lay_over(canvas, self._parts.tongue, self._turn, place(tip), strength)
        own = self._parts.own
        # Drawn teeth continue the row where the smile hides the person's own.
        edge, strength = (self._edge, 1.0) if own is None else (
            self._edge - np.array([0.0, _BEHIND_OWN]), _BEHIND_OWN_STRENGTH)
        interior.lay_over(canvas, self._parts.upper, self._turn, place(edge), strength)
        if own is not None:
            teeth = own.image[part]
            canvas *= 1 - teeth[..., 3:]
            canvas += teeth[..., :3]
        interior.lay_over(canvas, self._parts.lower, self._turn, place(lower_edge), 0.9)
        if raised > 0.05:
            interior.lay_over(canvas, self._parts.tongue, self._turn, place(tip), raised)
            rim = self._face.to_pixels(moved.lips.lower_inner) - corner
            self._shade_along(canvas, rim, raised * _UNDER_TONGUE_DEPTH)
        self._close_corners(canvas, moved, corner)
        # Rounded lips are a tunnel: less light reaches the teeth.
        dark = _TUNNEL * rounded * (1 - 0.6 * float(pose[SHAPE_INDEX['jaw_open']]))
        canvas += dark * (self._parts.tones.cavity - canvas)
        return canvas

    def _close_corners(self, canvas: Picture, moved: Articulated, corner: Array) -> None:
        """Show at the ends of an opening, in place, the wet inside of lips and cheeks."""
        ends = self._face.to_pixels(moved.lips.upper_inner[[0, -1]]) - corner
        across = ends[1] - ends[0]
        width = float(np.linalg.norm(across))
        if width < 1:
            return
        along = across / width
        xs = (np.arange(canvas.shape[1], dtype=np.float32) - np.float32(ends[0, 0])) * along[0]
        ys = (np.arange(canvas.shape[0], dtype=np.float32) - np.float32(ends[0, 1])) * along[1]
        at = (xs[None] + ys[:, None]) / np.float32(width)
        near = 1 - smooth_step(np.minimum(at, 1 - at), 0, _CHEEK)
        canvas += near[..., None] * (self._parts.tones.contact * _CHEEK_TONE - canvas)

    def _shade_along(self, canvas: Picture, line: Array, depth: float) -> None:
        """Darken `canvas` along `line` (n, 2; pixels), in place, where the lip shades it."""
        mask = np.zeros(canvas.shape[:2], np.uint8)
        width = max(1, round(_UNDER_TONGUE * self._face.unit))
        cv2.polylines(mask, [np.round(line * 16).astype(np.int32)], False, (255,), width,
                      cv2.LINE_AA, 4)
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.6, 0.7 * width)).astype(np.float32)
        canvas *= 1 - (depth / 255) * soft[..., None]

    def contact(self, moved: Articulated, part: tuple[slice, slice]) -> Picture:
        """Return the factor (h, w, 1) for the picture, or (1, 1, 1): dark where the lips touch."""
        rows, columns = part
        x = np.linspace(moved.lips.lower_inner[0, 0], moved.lips.lower_inner[-1, 0], 33)
        upper = np.interp(x, moved.lips.upper_inner[:, 0], moved.lips.upper_inner[:, 1])
        lower = np.interp(x, moved.lips.lower_inner[:, 0], moved.lips.lower_inner[:, 1])
        strength = np.clip(1 - (lower - upper) / _TOUCHING, 0, 1)
        strength *= self._parts.seam
        if not strength.any():
            return _NO_CONTACT
        strength *= np.clip(np.sin(np.linspace(0, np.pi, len(x))) * _CONTACT_TAPER, 0, 1)
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        middle = self._face.to_pixels(np.stack([x, (upper + lower) / 2], axis=1))
        at = np.round((middle - self._origin - np.array([columns.start, rows.start])) * 16)
        corners = at.astype(np.int32).tolist()
        # A line cannot be thinner than a pixel: in a small face it is fainter instead.
        width = max(1, round(_CONTACT_WIDTH * self._face.unit))
        strength *= min(1.0, _CONTACT_WIDTH * self._face.unit / width)
        for start, stop, dark in zip(corners[:-1], corners[1:], strength, strict=False):
            cv2.line(mask, start, stop, (255 * float(dark),), width, cv2.LINE_AA, 4)
        line = mask.astype(np.float32) / 255
        blurred = cv2.GaussianBlur(line, (0, 0), max(0.6, 0.45 * _CONTACT_WIDTH * self._face.unit))
        wide = cv2.GaussianBlur(line, (0, 0), 2.6 * _CONTACT_WIDTH * self._face.unit)
        dark = np.clip(1.1 * blurred + 0.6 * wide, 0, 1)[..., None]
        return np.asarray(1 - dark * (1 - _CONTACT_TONE), np.float32)

    def shaded(self, inside: Picture, uncovered: Picture) -> Picture:
        """
        Return `inside` (h, w, 3) shaded by the lips; `uncovered` (h, w) is 0 under them.

        A slit too narrow to let light in shows the dark red of touching lips.
        """
        reach = max(0.8, _SHADE_REACH * self._face.unit)
        open_around = cv2.GaussianBlur(uncovered, (0, 0), reach)
        light = np.clip((open_around - 0.10) / 0.55, 0, 1)[..., None]
        # The light in the shade is reflected by the lips, and is red.
        lit = inside * (_LEAST_LIGHT + (1 - _LEAST_LIGHT) * light) * (1 - (1 - light) * _LIP_GLOW)
        veil = np.clip((open_around - 0.14) / 0.30, 0, 1)[..., None]
        return np.asarray(lit * veil + self._parts.tones.contact * (1 - veil), np.float32)


def _mean_colour(frame: Frame, points: Array, radius: float) -> NDArray[np.float32]:
    """Return the median over `points` of the mean BGR around each."""
    reach = max(1, round(radius))
    height, width = frame.shape[:2]
    colours = []
    for at in np.round(points).astype(int):
        x, y = int(np.clip(at[0], 0, width - 1)), int(np.clip(at[1], 0, height - 1))
        spot = frame[max(0, y - reach):y + reach + 1, max(0, x - reach):x + reach + 1]
        colours.append(spot.reshape(-1, 3).mean(0))
    return np.asarray(np.median(colours, axis=0), np.float32)
