#!/usr/bin/env python3
"""Runs the node whose name this file has: what `ros2 run` and `ros2 launch` start."""

import importlib
import pathlib
import sys

from txt2vid_ros.ros.running import end_process

NAME = pathlib.Path(sys.argv[0]).name

end_process(importlib.import_module(f'txt2vid_ros.nodes.{NAME}').main())
