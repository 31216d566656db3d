"""What a bench does itself gives way to the graph that it measures, on the same machine."""

from __future__ import annotations

import os
import threading

STEPS = 10
"""Steps of nice(2) below the graph, whose weight is then nine times that of the bench."""
LEAST = 19


def give_way() -> None:
    """Have this thread, and the processes that it starts from now on, run after the graph."""
    thread = threading.get_native_id()
    present = os.getpriority(os.PRIO_PROCESS, thread)
    os.setpriority(os.PRIO_PROCESS, thread, min(LEAST, present + STEPS))
