"""What the tests with real processes share."""

from __future__ import annotations

import os

# The tests' own participants, as the nodes have it: this machine only, whole pictures pass.
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'DEFAULT?sockets_size=4MB&max_msg_size=64KB')
