"""What the graph holds and does, noted at regular times."""

from __future__ import annotations

import collections
import os
import threading
import time
from typing import Any
import urllib.error

from txt2vid_ros.bench.rig.processes import named_processes, opened, processor_seconds
from txt2vid_ros.bench.rig.running_graph import RunningGraph
from txt2vid_ros.bench.soak.log import SoakLog
from txt2vid_ros.bench.soak.results.gaps import FROZEN_SECONDS
from txt2vid_ros.bench.soak.results.stages import KEPT
from txt2vid_ros.bench.soak.stream_ring import StreamRing
from txt2vid_ros.bench.soak.witness import Witness
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.process.memory import resident_bytes

STATUS_SECONDS = 0.5
"""From one look at the stream to the next."""
EVERY = 4
"""Looks at the stream to each at the processes."""
ZEROS_KEPT = 600


class Sampler:
    """Notes memory, the nodes' own figures and missing or frozen pictures on a thread."""

    def __init__(self, graph: RunningGraph, witness: Witness, ring: StreamRing, log: SoakLog
                 ) -> None:
        """Begin to look."""
        self._graph = graph
        self._witness = witness
        self._ring = ring
        self._log = log
        self._zeros: collections.deque[tuple[int, int]] = collections.deque(maxlen=ZEROS_KEPT)
        self._fresh, self._fresh_at = -1, time.monotonic()
        self._changes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='sampler', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; what has not ended until now is noted as it is."""
        self._stop.set()
        self._thread.join(10)
        self._note_pictures()

    def zeros(self, begin: int, end: int) -> set[int]:
        """Return the stamps that presentation time 0 of the stream had between two times."""
        margin = 2 * SECOND
        return {zero for at, zero in self._zeros.copy() if begin - margin <= at <= end + margin}

    def _run(self) -> None:
        count = 0
        while not self._stop.wait(STATUS_SECONDS):
            try:
                self._look(self._graph.status())
            except (urllib.error.URLError, OSError, ValueError, KeyError):
                # It is down; the pictures are not there either.
                self._fresh = min(self._fresh, 0)
            if count % EVERY == 0:
                self._note()
            count += 1

    def _look(self, status: dict[str, Any]) -> None:
        self._zeros.append((time.time_ns(), int(status['pts_zero_ns'])))
        fresh, now = int(status['frames']) - int(status['repeated']), time.monotonic()
        if fresh != self._fresh:
            since = now - self._fresh_at
            if since > FROZEN_SECONDS:
                self._log.add('frozen', t=round(self._log.since_begin() - since, 3),
                              seconds=round(since, 2))
            self._fresh, self._fresh_at = fresh, now
            self._changes += 1

    def _note(self) -> None:
        processes: dict[str, list[float]] = {}
        for name, pid in named_processes(self._graph.pid).items():
            resident = resident_bytes(pid)
            if resident:
                files, threads = opened(pid)
                processes[name] = [pid, round(resident / 1e6, 3),
                                   round(processor_seconds(pid), 2), files, threads]
        self._log.add('processes', load=os.getloadavg()[0], held=processes)
        self._log.add('stages', **{
            f'{node}.{name}': round(value, 2)
            for node, state in self._witness.states.nodes().items() if state.alive
            for name, value in state.figures.items() if f'{node}.{name}' in KEPT})
        self._note_pictures()

    def _note_pictures(self) -> None:
        # The first change is from not knowing.
        self._log.add('pictures', seen=self._ring.pictures, changes=max(0, self._changes - 1),
                      missing_s=round(self._ring.missing_seconds, 3),
                      frozen_s=round(time.monotonic() - self._fresh_at, 2))
