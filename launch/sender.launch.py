"""
The sending side: what is said into the microphone becomes text that travels.

`ros2 launch txt2vid_ros sender.launch.py --show-args` lists the arguments.
"""

from launch import LaunchDescription
from txt2vid_ros.launching import describe


def generate_launch_description() -> LaunchDescription:
    """Return the nodes of the graph `sender`."""
    return describe('sender')
