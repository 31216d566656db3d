"""Two faces in somebody else's launch file; each in the namespace of its robot."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import GroupAction, IncludeLaunchDescription
from launch_ros.actions import Node, PushRosNamespace, SetParameter, SetRemap

FACE = str(Path(__file__).resolve().parents[2] / 'launch' / 'live.launch.py')
FAST = {'engine': 'flash', 'tts': 'clap', 'width': '160', 'http': '127.0.0.1:0',
        'web': 'false'}.items()


def generate_launch_description():
    """Return anna and bert, and a node of the robot's own."""
    return LaunchDescription([
        *(GroupAction([PushRosNamespace(name), SetParameter('robot_model', 'spot'),
                       SetRemap('text', '/dialogue' if name == 'anna' else 'text'),
                       IncludeLaunchDescription(FACE, launch_arguments=FAST)])
          for name in ('anna', 'bert')),
        Node(package='txt2vid_ros', executable='tts', name='own',
             parameters=[{'provider': ['clap'], 'speed': 1.5}])])
