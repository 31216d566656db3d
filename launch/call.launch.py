"""
One end of a call: only text travels, and each end sees the other's face speak it.

`ros2 launch txt2vid_ros call.launch.py --show-args` lists the arguments.
"""

from launch import LaunchDescription
from txt2vid_ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Return the nodes of the graph `call`."""
    return describe('call')
