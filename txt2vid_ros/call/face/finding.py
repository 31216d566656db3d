"""Whether a picture shows a face that can be animated."""

from __future__ import annotations

from txt2vid_ros.call.face.coding import Frame
from txt2vid_ros.lipsync.face.mesh import FaceMesh

_SURE = 0.5     # of the mesh network's score


def shows_face(mesh: FaceMesh, frame: Frame) -> bool:
    """Return whether both networks find a face in a frame (height, width, 3) uint8 BGR."""
    return any(mesh.landmarks(frame, found)[1] >= _SURE for found in mesh.detect(frame))
