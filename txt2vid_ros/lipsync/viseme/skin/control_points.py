"""The warp's control points: chin and cheeks follow the jaw, skin beside the mouth its corners."""

from __future__ import annotations

import dataclasses

import numpy as np
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.articulation import Articulated
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry

_CORNER_REACH = 0.19  # face units over which skin follows the corners of the mouth


@dataclasses.dataclass(frozen=True)
class ControlPoints:
    """
    Points of one face (n, 2) in face units, with how far each follows.

    `still`: points fixed to the skull and on the edge of the region. `jaw`: chin and jaw line,
    which move by `jaw_share` (n,) of the jaw's drop. `side`: beside the mouth, which move by
    `side_share` of the corners' shift. `jaw_stretch`, `side_stretch`: how far each point rises to
    close a mouth that is wide open in the picture.
    """

    still: Array
    jaw: Array
    jaw_share: Array
    jaw_stretch: Array
    side: Array
    side_share: Array
    side_stretch: Array

    def moving(self) -> Array:
        """Return the moving points where they are in the picture."""
        return np.concatenate([self.jaw, self.side])

    def moved(self, face: FaceGeometry, to: Articulated) -> Array:
        """Return the moving points, in the same order, where they are in the pose `to`."""
        jaw, side = self.jaw.copy(), self.side.copy()
        jaw[:, 1] += (to.jaw - face.jaw_drop) * self.jaw_share - self.jaw_stretch
        corners = to.lips.upper_outer[[0, -1]] - face.lips.upper_outer[[0, -1]]
        side += corners[(side[:, 0] > 0).astype(int)] * self.side_share[:, None]
        side[:, 1] -= self.side_stretch
        return np.concatenate([jaw, side])


def control_points(face: FaceGeometry, box: tuple[int, int, int, int]) -> ControlPoints:
    """Return the control points of `face` in the region `box` (x0, y0, x1, y1)."""
    units = face.to_units(face.points)
    x0, y0, x1, y1 = box
    xs, ys = np.linspace(x0, x1, 5), np.linspace(y0, y1, 5)
    ring = np.array(
        [(x, y) for x in xs for y in (y0, y1)] + [(x, y) for x in (x0, x1) for y in ys[1:-1]]
    )
    jaw, side = units[list(mp.JAW_FOLLOW)], units[list(mp.BESIDE_MOUTH)]
    corners = face.lips.upper_outer[[0, -1]]
    distance = np.linalg.norm(side[:, None] - corners[None], axis=2).min(axis=1)
    return ControlPoints(
        still=np.concatenate([units[list(mp.STILL)], face.to_units(ring)]),
        jaw=jaw,
        jaw_share=np.array(list(mp.JAW_FOLLOW.values())),
        jaw_stretch=face.stretch * _near_lip(jaw, face),
        side=side,
        side_share=np.exp(-((distance / _CORNER_REACH) ** 2)),
        side_stretch=face.stretch * _near_lip(side, face),
    )


def _near_lip(units: Array, face: FaceGeometry) -> Array:
    """Return 1 for points (n, 2) at the edge of the lower lip, 0 at the chin and beside."""
    edge = face.lips.lower_outer
    chin = face.to_units(face.points[[mp.CHIN]])[0]
    lip = np.interp(units[:, 0], edge[:, 0], edge[:, 1])
    height = np.clip((chin[1] - units[:, 1]) / np.maximum(chin[1] - lip, 1e-3), 0, 1)
    half = (edge[-1, 0] - edge[0, 0]) / 2
    beside = np.clip(1.4 - np.abs(units[:, 0] - edge[5, 0]) / half * 0.8, 0, 1)
    below = np.clip((units[:, 1] - lip) / 0.05 + 1, 0, 1)
    return np.asarray(height * beside * below)
