"""The subscriptions to expressions and gaze: from their stamps on, the face shows them."""

from __future__ import annotations

from collections.abc import Callable
import math

from geometry_msgs.msg import PointStamped
from hri_msgs.msg import Expression
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.expressions import EXPRESSIONS, FacePose, of_affect, REST
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.stamps import StampCheck

MOST_ASIDE, MOST_UP = math.radians(25), math.radians(18)
"""Angles from straight ahead beyond which people turn their heads."""


class ExpressionInput:
    """Fills an ExpressionTimeline from face/expression and face/look_at, while it is active."""

    def __init__(self, node: ManagedNode, timeline: ExpressionTimeline, frame: str,
                 able: Callable[[], bool]) -> None:
        """
        `frame` is the tf frame of the face: x out of the screen, y to its left, z up.

        Where the face is not `able` to show anything, that is said once.
        """
        self._node = node
        self._timeline = timeline
        self._frame = frame
        self._able = able
        self._said_unable = False
        self._on = True
        self._foreign: set[str] = set()
        self._expression_stamps = StampCheck(node, 'face/expression')
        self._point_stamps = StampCheck(node, 'face/look_at')
        node.create_subscription(Expression, 'face/expression', self._on_expression,
                                 qos.EXPRESSION, qos_overriding_options=qos.overridable())
        node.create_subscription(PointStamped, 'face/look_at', self._on_point, qos.EXPRESSION,
                                 qos_overriding_options=qos.overridable())

    def switch(self, on: bool) -> None:
        """Follow the topics or, where it is off, return to rest and follow nothing."""
        if self._on and not on:
            now = self._node.ros_clock.now() / SECOND
            self._timeline.clear()
            self._timeline.express(now, REST)
            self._timeline.look(now, 0.0, 0.0)
        self._on = on

    def _follows(self) -> bool:
        """Return whether the topics are followed; say so once where the face cannot."""
        if self._on and not self._said_unable and not self._able():
            self._said_unable = True
            self._node.get_logger().warning(
                'expressions and look_at are shown only by the engine viseme, on still pictures: '
                'use it with a picture, or set expressions to false')
        return self._on

    def _start(self, stamp: int) -> float:
        """Return when what is stamped so begins, seconds: 0 is at once."""
        return (stamp or self._node.ros_clock.now()) / SECOND

    def _on_expression(self, message: Expression) -> None:
        stamp = messages.from_time(message.header.stamp)
        if not self._follows() or (stamp and not self._expression_stamps.fits(stamp)):
            return
        pose = self._pose(message)
        if pose is not None:
            self._timeline.express(self._start(stamp), pose)

    def _pose(self, message: Expression) -> FacePose | None:
        name = message.expression.strip().lower()
        affect = float(message.valence), float(message.arousal)
        if name in EXPRESSIONS:
            return EXPRESSIONS[name]
        if not name and all(map(math.isfinite, affect)):
            return of_affect(*affect)
        self._node.get_logger().warning(
            f'face/expression: {name[:20]!r} with valence and arousal of {affect} is no '
            f'expression. Send one of {", ".join(EXPRESSIONS)}, or none and two numbers from -1 '
            'to 1', throttle_duration_sec=10.0)
        return None

    def _on_point(self, message: PointStamped) -> None:
        stamp, frame = messages.from_time(message.header.stamp), message.header.frame_id
        if not self._follows() or (stamp and not self._point_stamps.fits(stamp)):
            return
        if frame.strip('/') not in ('', self._frame):
            if frame not in self._foreign and len(self._foreign) < 100:
                self._foreign.add(frame)
                self._node.get_logger().warning(
                    f'face/look_at: a point in the frame {frame[:60]!r} is not looked at; give '
                    f'points in {self._frame!r} (tf2 can convert them)')
            return
        ahead, left, up = message.point.x, message.point.y, message.point.z
        if not all(map(math.isfinite, (ahead, left, up))):
            return
        # The origin itself is nowhere: straight ahead again.
        aside = math.atan2(left, ahead) if left or ahead else 0.0
        above = math.atan2(up, math.hypot(ahead, left)) if up else 0.0
        # Its left is the right of who looks at the face.
        self._timeline.look(self._start(stamp), _share(aside, MOST_ASIDE), _share(above, MOST_UP))


def _share(angle: float, most: float) -> float:
    return min(max(angle / most, -1.0), 1.0)
