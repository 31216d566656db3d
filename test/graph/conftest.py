"""What the tests with real processes share."""

from __future__ import annotations

import os

# The tests' own participants, as those of the nodes: this machine only.
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
