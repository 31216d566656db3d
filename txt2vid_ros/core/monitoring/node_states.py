"""What the nodes of a graph have said of themselves in their diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import math
import threading
import time

ALIVE_SECONDS = 3.5
"""Seconds after its last diagnostics, of which there are one a second, until a node is gone."""
MOST_NODES = 64
LEVELS = ('ok', 'warn', 'error')
GONE = 'gone'
LOADING = 'loading'
"""How the line of a node begins until it works."""
MAY_END = ('window',)
"""Nodes that users end when they like."""


@dataclasses.dataclass(frozen=True)
class NodeState:
    """What a node said of itself last."""

    level: str
    message: str
    figures: Mapping[str, float]
    texts: Mapping[str, str]
    """Its values that are no numbers."""
    at: float
    """When, by the monotonic clock."""

    @property
    def age(self) -> float:
        """Return the seconds since then."""
        return time.monotonic() - self.at

    @property
    def alive(self) -> bool:
        """Return whether it said so lately."""
        return self.age < ALIVE_SECONDS

    @property
    def loading(self) -> bool:
        """Return whether it does not work yet."""
        return loads(self.message)

    @property
    def shown(self) -> str:
        """Return its level, or that it is gone."""
        return self.level if self.alive else GONE


class NodeStates:
    """Follows the diagnostics of a graph's nodes; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._nodes: dict[str, NodeState] = {}
        self._lock = threading.Lock()

    def observe(self, node: str, level: str, message: str, values: Mapping[str, str]
                ) -> NodeState:
        """Take the diagnostics of a node, and return them; values are texts or numbers."""
        figures = _numbers(values)
        state = NodeState(
            level if level in LEVELS else 'error', message, figures,
            {name: text for name, text in values.items() if name not in figures},
            time.monotonic())
        with self._lock:
            if node in self._nodes or len(self._nodes) < MOST_NODES:
                self._nodes[node] = state
        return state

    def nodes(self) -> dict[str, NodeState]:
        """Return the nodes that are there or should be."""
        with self._lock:
            return {name: state for name, state in sorted(self._nodes.items())
                    if state.alive or name not in MAY_END}

    def memory(self) -> dict[str, float]:
        """
        Return the resident MB of each process that lives, by the names of its nodes.

        Nodes that share a process count once.
        """
        found: dict[float, tuple[str, float]] = {}
        for name, state in self.nodes().items():
            if state.alive and 'encoder_memory_mb' in state.figures:
                found[-0.5] = 'encoder', state.figures['encoder_memory_mb']
            if state.alive and 'memory_mb' in state.figures:
                pid = state.figures.get('pid', 0.0)
                names = f'{found[pid][0]}+{name}' if pid and pid in found else name
                found[pid or -len(found) - 1.0] = names, state.figures['memory_mb']
        return dict(found.values())


def loads(line: str) -> bool:
    """Return whether the line of a node says that it does not work yet."""
    # More may follow, such as a limit that is crossed.
    return line.startswith(LOADING)


def _numbers(values: Mapping[str, str]) -> dict[str, float]:
    """Return the values that are finite numbers: others are texts, and NaN is no JSON."""
    found = {}
    for name, text in values.items():
        try:
            number = float(text)
        except ValueError:
            continue
        if math.isfinite(number):
            found[name] = number
    return found
