"""What is known of the graph: which nodes live, whether frames advance, and their figures."""

from __future__ import annotations

from collections.abc import Mapping
import math
import threading
import time
from typing import Any

from txt2vid_ros.core.monitoring.node_states import GONE, NodeState, NodeStates

FRAME_SECONDS = 2.5
"""Seconds within which a frame has to be added."""
MEASURED_SECONDS = 30.0
"""Seconds for which what a page has measured counts."""


class GraphHealth:
    """Follows the diagnostics of a graph's nodes; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._states = NodeStates()
        self._measured: dict[str, tuple[float, float]] = {}
        self._advanced = -math.inf
        self._last: tuple[float, float] | None = None
        self._fps = 0.0
        self._lock = threading.Lock()

    def observe(self, node: str, level: str, message: str, values: Mapping[str, str]) -> None:
        """Take the diagnostics of a node; of its values, the numbers count."""
        state = self._states.observe(node, level, message, values)
        if node == 'stream':
            with self._lock:
                self._count_frames(state)

    def measured(self, figures: Mapping[str, float]) -> None:
        """Take what a page has measured."""
        with self._lock:
            for name, value in figures.items():
                self._measured[name] = value, time.monotonic()

    def nodes(self) -> dict[str, NodeState]:
        """Return the nodes that are there or should be."""
        return self._states.nodes()

    def memory(self) -> dict[str, float]:
        """Return the resident MB of each process, by the names of its nodes."""
        return self._states.memory()

    @property
    def frames_advance(self) -> bool:
        """Return whether the stream grows."""
        return time.monotonic() - self._advanced < FRAME_SECONDS

    @property
    def healthy(self) -> bool:
        """Return whether all nodes live and none reports an error, and frames advance."""
        return self.level() != 'error'

    def level(self) -> str:
        """Return the worst of all: ok, warn or error."""
        shown = {state.shown for state in self.nodes().values()}
        if not self.frames_advance or shown & {'error', GONE}:
            return 'error'
        return 'warn' if 'warn' in shown else 'ok'

    def figures(self) -> dict[str, float]:
        """Return what pages show: frames a second, and what pages have measured lately."""
        return {'fps': self._fps if self.frames_advance else 0.0, **self.measured_lately()}

    def measured_lately(self) -> dict[str, float]:
        """Return what pages have measured of their own playing lately."""
        now = time.monotonic()
        with self._lock:
            return {name: value for name, (value, at) in self._measured.items()
                    if now - at < MEASURED_SECONDS}

    def report(self) -> dict[str, Any]:
        """Return the content of /healthz."""
        return {
            'ok': self.healthy, 'frames_advance': self.frames_advance,
            'nodes': {name: {'alive': state.alive, 'level': state.level,
                             'message': state.message[:300], 'age_s': round(state.age, 2)}
                      for name, state in self.nodes().items()}}

    def _count_frames(self, state: NodeState) -> None:
        frames = state.figures.get('frames', 0.0)
        if self._last is not None and frames > self._last[0]:
            self._fps = (frames - self._last[0]) / max(state.at - self._last[1], 1e-3)
            self._advanced = state.at
        elif self._last is None and frames > 0:
            self._advanced = state.at
        self._last = frames, state.at
