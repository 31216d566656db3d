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
from txt2vid_ros.bench.soak.witness import Witness
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.process.memory import resident_bytes

STATUS_SECONDS = 0.5
"""From one look at the stream to the next."""
EVERY = 4
"""Looks at the stream to each at the processes."""
FROZEN_SECONDS = 1.0
"""Seconds without a new picture that are told."""
STAGES = {'tts': ('text_to_voice_ms_p50', 'lead_ms'), 'lipsync': ('render_ms_p98',
          'frame_lead_ms', 'voice_lead_ms', 'skipped'),
          'stream': ('write_lateness_ms_p99', 'frame_lead_wanted_ms', 'skipped', 'repeated',
                     'on_time', 'frames', 'encoder_restarts', 'viewers', 'dropped_viewers')}
"""The figures of each node's diagnostics that are kept."""
ZEROS_KEPT = 600


class Sampler:
    """Notes memory, the nodes' own figures and frozen pictures on a thread."""

    def __init__(self, graph: RunningGraph, witness: Witness, log: SoakLog) -> None:
        """Begin to look."""
        self._graph = graph
        self._witness = witness
        self._log = log
        self._zeros: collections.deque[tuple[int, int]] = collections.deque(maxlen=ZEROS_KEPT)
        self._fresh, self._fresh_at = -1, time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='sampler', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(10)

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
            if now - self._fresh_at > FROZEN_SECONDS + STATUS_SECONDS:
                self._log.add('frozen', seconds=round(now - self._fresh_at, 2))
            self._fresh, self._fresh_at = fresh, now

    def _note(self) -> None:
        processes: dict[str, list[float]] = {}
        for name, pid in named_processes(self._graph.pid).items():
            resident = resident_bytes(pid)
            if resident:
                files, threads = opened(pid)
                processes[name] = [pid, round(resident / 1e6, 3),
                                   round(processor_seconds(pid), 2), files, threads]
        self._log.add('processes', load=os.getloadavg()[0], held=processes)
        figures = {}
        with self._witness.changed:
            for node, names in STAGES.items():
                state = self._witness.nodes[node]
                if time.time() - state.at < STATUS_SECONDS * EVERY + 1:
                    figures.update({f'{node}.{name}': round(state.values[name], 2)
                                    for name in names if name in state.values})
        self._log.add('stages', **figures)
