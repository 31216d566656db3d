"""
Everything on one machine: text on a topic becomes a talking head.

`ros2 launch txt2vid_ros live.launch.py --show-args` lists the arguments.
"""

from launch import LaunchDescription
from txt2vid_ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Return the nodes of the graph `live`."""
    return describe('live')
