"""A talking head over a text link, as a ROS 2 graph."""

__version__ = '0.1.0'
