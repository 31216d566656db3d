"""Names as ROS allows them (https://design.ros2.org/articles/topic_and_service_names.html)."""

from __future__ import annotations

import re

from txt2vid_ros.core.errors import UserError

NAMESPACE = '/txt2vid'
"""The namespace of a graph where the user names none."""
BROWSER = 'browser'
"""The frame_id, or its beginning, of sound on mic/audio that a browser has captured: what the
browser plays is cancelled in it already."""
_NAMESPACE = re.compile(r'/|(/[A-Za-z_][A-Za-z0-9_]*)+')


def checked_namespace(namespace: str) -> str:
    """Return a namespace as ROS writes it, with one slash before it. Raises UserError."""
    written = '/' + namespace.strip('/')
    if not _NAMESPACE.fullmatch(written):
        raise UserError(f'namespace: {namespace!r} is no ROS namespace',
                        'Use letters, digits and underscores, for example /robot_1/head.')
    return written
