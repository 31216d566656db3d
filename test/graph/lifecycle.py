"""What a node does when a lifecycle manager takes it through its states, and what it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from graph_harness import eventually
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from ros_observer import Observer
from txt2vid_ros.bench.rig.slope import theil_sen
from txt2vid_ros.core.process.memory import resident_bytes

CYCLES = 20
STEPS = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP,
         Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
CHECK_EVERY = 5
WARMING_UP = CYCLES // 3
GROWTH = 1.0
"""MB by which a process may grow with each cycle, once it has warmed up.

The allocator keeps what a model has used, at times that of two, and gives some back: steps of
20 MB up and down. A leak grows in every cycle: it is the median of all slopes (Theil and Sen).
"""


def cycle(observer: Observer, node: str) -> None:
    for step in STEPS:
        answer = observer.call(ChangeState, f'{node}/change_state', ChangeState.Request(
            transition=Transition(id=step)))
        assert answer.success, step


def held_by(pid: int) -> tuple[int, int]:
    """Return how many files are open and how many threads run in a process."""
    files, threads = (sum(1 for _ in Path(f'/proc/{pid}/{kind}').iterdir())
                      for kind in ('fd', 'task'))
    return files, threads


def resident(pid: int) -> float:
    """Return the resident memory of a process, MB."""
    return resident_bytes(pid) / 1e6


def entities(observer: Observer, node: str) -> dict[str, int]:
    """Return how many publishers and subscriptions a node has on each topic."""
    graph, space = observer.node, observer.node.get_namespace()
    found: dict[str, int] = {}
    for ends in (graph.get_publisher_names_and_types_by_node,
                 graph.get_subscriber_names_and_types_by_node):
        for topic, _ in ends(node, space):
            for infos in (graph.get_publishers_info_by_topic,
                          graph.get_subscriptions_info_by_topic):
                found[f'{infos.__name__} {topic}'] = sum(
                    each.node_name == node for each in infos(topic))
    return found


def settled_entities(observer: Observer, node: str) -> dict[str, int]:
    """Return the same once nothing more is discovered for half a second."""
    seen: list[dict[str, int]] = []

    def settled() -> bool:
        seen.append(entities(observer, node))
        return len(seen) > 25 and all(each == seen[-1] for each in seen[-25:])

    eventually(settled, f'an end of what is discovered of {node}')
    return seen[-1]


def assert_cycles_leave_nothing(observer: Observer, node: str, pid: int,
                                works: Callable[[], object]) -> None:
    """Take a node through its lifecycle; `works` waits for what shows that it does its work."""
    # What is loaded or cached once is there after the first.
    cycle(observer, node)
    works()
    before = settled_entities(observer, node)
    files, threads = held_by(pid)
    memory = [resident(pid)]
    for number in range(1, CYCLES + 1):
        cycle(observer, node)
        memory.append(resident(pid))
        if number % CHECK_EVERY == 0:
            works()
    eventually(lambda: entities(observer, node) == before, f'the entities of before: {before}')
    # What it works with is opened little by little; what a cycle leaves behind adds up.
    eventually(lambda: held_by(pid)[0] < files + CYCLES and held_by(pid)[1] < threads + CYCLES,
               f'{files} files and {threads} threads; now {held_by(pid)}')
    warm = range(WARMING_UP, len(memory))
    assert theil_sen(warm, memory[WARMING_UP:]).value < GROWTH, memory
