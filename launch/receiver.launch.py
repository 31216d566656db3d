"""
The receiving side: what arrives as text is spoken and seen.

`ros2 launch txt2vid_ros receiver.launch.py --show-args` lists the arguments.
"""

from launch import LaunchDescription
from txt2vid_ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Return the nodes of the graph `receiver`."""
    return describe('receiver')
