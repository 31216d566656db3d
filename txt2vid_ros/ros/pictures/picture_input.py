"""The subscription of everything that shows the face: face/image_raw, and when it has to come."""

from __future__ import annotations

import collections
from collections.abc import Callable
import statistics

import cv2
from cv_bridge import CvBridge, CvBridgeError
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import Float64
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator
from txt2vid_ros.media.same_picture import same_picture
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.stamps import StampCheck

FIRST_DELAY = 0.06
"""Seconds that a picture is assumed to take to arrive until that has been measured."""
LONGEST_DELAY = 0.3
RATE_OVER = 50
"""Pictures whose stamps show the rate."""


class PictureInput:
    """Passes on pictures, measures how long they travel, and requests the lead that this takes."""

    def __init__(self, node: ManagedNode, need: float,
                 take: Callable[[int, NDArray[np.uint8]], object]) -> None:
        """
        Give `take` stamps (nanoseconds) and BGR pictures, from listen() on.

        `need`: seconds before its stamp that a picture has to be there. To be made in configure().
        """
        self._node = node
        self._take = take
        self._bridge = CvBridge()
        self._stamps = StampCheck(node, 'face/image_raw')
        self._delay = LeadTimeEstimator(need, margin=0.02, smallest=0.0, largest=LONGEST_DELAY)
        self._delay.observe(FIRST_DELAY)
        self._intervals: collections.deque[int] = collections.deque(maxlen=RATE_OVER)
        self._before: int | None = None
        self._shown: NDArray[np.uint8] | None = None
        """The last picture."""
        self._requested = self._delay.lead_time
        self._lead = node.publisher(Float64, 'face/lead', qos.LEAD)

    @property
    def lead(self) -> float:
        """Return how many seconds before its stamp a picture has to be published."""
        return self._delay.lead_time

    @property
    def rate(self) -> float | None:
        """Return how many pictures a second come by their stamps; None until that is known."""
        if len(self._intervals) < RATE_OVER:
            return None
        return SECOND / statistics.median(self._intervals)

    @property
    def delay(self) -> RollingPercentiles:
        """Return how many seconds after it was due to be sent a picture arrived."""
        return self._delay.delays

    def listen(self) -> None:
        """Subscribe; to be called in start()."""
        self._node.create_subscription(Image, 'face/image_raw', self._on_image, qos.IMAGE,
                                       qos_overriding_options=qos.overridable())
        self._node.create_timer(1.0, self._request)

    def _on_image(self, message: Image) -> None:
        stamp = messages.from_time(message.header.stamp)
        if not self._stamps.fits(stamp):
            return
        if self._before is not None and stamp > self._before:   # else it replaces another one
            self._intervals.append(stamp - self._before)
        self._before = stamp
        # Counted from when it was due to be sent, so that late rendering counts as well.
        due = stamp - int(self._requested * SECOND)
        delay = (self._node.ros_clock.now() - due) / SECOND
        self._delay.observe(min(max(delay, 0.0), LONGEST_DELAY))
        try:
            frame = self._bridge.imgmsg_to_cv2(message, desired_encoding='bgr8')
            if not frame.size:
                raise ValueError('it is empty')
        except (CvBridgeError, cv2.error, ValueError, TypeError, KeyError) as error:
            self._node.get_logger().warning(
                f'a picture on face/image_raw ({message.encoding[:20]}, {message.width}x'
                f'{message.height}) cannot be used: {" ".join(str(error).split())}. Publish bgr8',
                throttle_duration_sec=10.0)
            return
        if self._shown is None or not same_picture(frame, self._shown):
            self._shown = np.asarray(frame)
        # The very same one where nothing moves: it need not be converted again.
        self._take(stamp, self._shown)

    def _request(self) -> None:
        self._requested = self._delay.lead_time
        self._lead.publish(Float64(data=self._requested))
