"""One round: all nodes are killed, come back, and have to be reached by who was there before."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import dataclasses
import os
import signal
import time

from txt2vid_ros.bench.reach.graphs import Process
from txt2vid_ros.bench.reach.old_client import OldClient, WAYS

BACK_SECONDS = 120.0
"""Seconds after which a node counts as gone for good."""
SETTLED_SECONDS = 3.0
"""Seconds after the last return from which on nothing may be lost."""
TIMES = 5
"""Questions to each node, and texts along each way."""
APART_SECONDS = 0.1
ANSWER_SECONDS = 30.0
"""Seconds after which an answer, or a text, counts as lost."""


@dataclasses.dataclass
class Round:
    """What became of the nodes, by their labels."""

    back_s: dict[str, float | None]
    """Seconds from its end until each told that it works; None where it did not."""
    lost_answers: dict[str, int]
    lost_texts: dict[str, int]
    """By way."""


def kill_all(client: OldClient, processes: Sequence[Process]) -> Round:
    """Kill all at once and wait until they are back; then ask and send."""
    pids = {each: client.pid(each) for each in processes}
    killed = time.monotonic()
    for pid in pids.values():
        # One that is not back from the round before has no id that is known.
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, signal.SIGKILL)
    client.wait(lambda: all(client.back_at(each, pid, killed) for each, pid in pids.items()),
                BACK_SECONDS)
    back = {each.label: client.back_at(each, pid, killed) for each, pid in pids.items()}
    found = reached(client, processes)
    found.back_s = {label: round(at - killed, 2) if at else None for label, at in back.items()}
    return found


def reached(client: OldClient, processes: Sequence[Process]) -> Round:
    """Ask each node and send a text along each way, some times; tell what was lost."""
    time.sleep(SETTLED_SECONDS)
    asked, sent = [], []
    for _ in range(TIMES):
        asked += [client.ask(each) for each in processes]
        sent += [(way, client.send(way)) for way in WAYS]
        time.sleep(APART_SECONDS)
    client.wait(lambda: all(map(client.answered, asked))
                and all(client.arrived(text) for _, text in sent), ANSWER_SECONDS)
    return Round({}, {each.label: sum(not client.answered(question) for question in asked
                                      if question[0] == each.label) for each in processes},
                 {way: sum(not client.arrived(text) for its, text in sent if its == way)
                  for way in WAYS})
