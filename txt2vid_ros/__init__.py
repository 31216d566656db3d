"""A talking head over a text link, as a ROS 2 graph."""

import os

__version__ = '0.1.0'

MOST_PIXELS = 120_000_000
"""Pixels of the largest picture that is decoded: those of phones have up to 108 million."""

# OpenCV reads it once, when it is loaded; by itself it decodes a thousand million pixels.
os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', str(MOST_PIXELS))
