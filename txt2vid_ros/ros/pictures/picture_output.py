"""The publication of the face: face/image_raw, and what viewers look for beside it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from txt2vid_ros.media.same_picture import same_picture
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode


class PictureOutput:
    """Publishes pictures; one that is the same as the last is not made into messages again."""

    def __init__(self, node: ManagedNode, frame_id: str) -> None:
        """Make the publishers; `frame_id` is the pictures'. To be made in configure()."""
        self._raw = node.publisher(Image, 'face/image_raw', qos.IMAGE)
        # Where the pictures are remapped to, these go too, as viewers look for them there.
        raw = self._raw.topic_name
        self._compressed = node.publisher(CompressedImage, f'{raw}/compressed', qos.IMAGE)
        self._camera_info = node.publisher(
            CameraInfo, f'{raw.rpartition("/")[0]}/camera_info', qos.IMAGE)
        self._frame_id = frame_id
        self._last: tuple[NDArray[np.uint8], Image] | None = None
        self._jpeg: tuple[int, CompressedImage] | None = None
        """The quality and the message of the last picture."""

    def publish(self, frame: NDArray[np.uint8], stamp: int, jpeg_quality: int) -> None:
        """Publish a BGR picture, which must stay as it is, to be seen at `stamp` (nanoseconds)."""
        if self._last is None or not same_picture(frame, self._last[0]):
            self._last = frame, messages.to_image(frame, stamp, self._frame_id)
            self._jpeg = None
        message = self._last[1]
        message.header.stamp = messages.to_time(stamp)
        self._raw.publish(message)
        if self._compressed.get_subscription_count():
            if self._jpeg is None or self._jpeg[0] != jpeg_quality:
                _, jpeg = cv2.imencode('.jpg', frame, (cv2.IMWRITE_JPEG_QUALITY, jpeg_quality))
                self._jpeg = jpeg_quality, messages.to_compressed(jpeg, stamp, self._frame_id)
            self._jpeg[1].header.stamp = messages.to_time(stamp)
            self._compressed.publish(self._jpeg[1])
        if self._camera_info.get_subscription_count():
            info = CameraInfo(height=frame.shape[0], width=frame.shape[1])
            info.header.stamp = messages.to_time(stamp)
            info.header.frame_id = self._frame_id
            self._camera_info.publish(info)
