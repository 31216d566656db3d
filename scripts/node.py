#!/usr/bin/env python3
"""Runs the node whose name this file has: what `ros2 run` and `ros2 launch` start."""

import importlib
import pathlib
import sys

NAME = pathlib.Path(sys.argv[0]).name

sys.exit(importlib.import_module(f'txt2vid_ros.nodes.{NAME}').main())
