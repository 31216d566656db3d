"""The processes of a graph as command lines, for machines without a ROS installation."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import json
import re
import sys

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import typed
from txt2vid_ros.core.storage.share import share
from txt2vid_ros.graph.specs import NodeSpec
from txt2vid_ros.graph.values import value_of

# One thread for small matrices: more would spin on a second core and gain nothing. Few arenas, of
# which glibc makes one for each thread otherwise: each keeps what a model once used. Large blocks
# from the system, not the heap: glibc raises this limit with the largest block that is freed, and
# what is free between small ones then stays with the process (docs/soak.md; mallopt(3)).
ENVIRONMENT: dict[str, str] = {
    'MALLOC_ARENA_MAX': '2',
    'MALLOC_MMAP_THRESHOLD_': '131072',
    'OPENBLAS_NUM_THREADS': '1',
    'OMP_NUM_THREADS': '1',
}
"""What the nodes' environment gets where the user has not set it."""
# Names as ROS allows them (https://design.ros2.org/articles/topic_and_service_names.html).
_PARAMETER = re.compile(r'[A-Za-z_][\w./]*')


def with_parameters(specs: list[NodeSpec], given: list[str]) -> list[NodeSpec]:
    """Return the specs with 'NODE.NAME=VALUE' settings added. Raises UserError."""
    byname = {spec.name: spec for spec in specs}
    for setting in given:
        target, equals, value = setting.partition('=')
        node, dot, name = target.partition('.')
        if not (equals and dot and name):
            raise UserError(f'--param {target} is not of the form NODE.NAME=VALUE',
                            'For example: --param tts.speed=1.1')
        if not _PARAMETER.fullmatch(name):
            raise UserError(f'--param {target}: {name!r} is not a parameter name',
                            'Use letters, digits, underscores and dots.')
        if node not in byname:
            raise UserError(f'--param {target}: there is no node {node!r}',
                            f'Available: {", ".join(byname)}.')
        spec = byname[node]
        typed(name, value)
        byname[node] = dataclasses.replace(
            spec, parameters={**spec.parameters, name: value_of(node, name, value)})
    return list(byname.values())


def composed(specs: Sequence[NodeSpec]) -> list[NodeSpec]:
    """Return one process in which all these nodes run, and the programs of the user's own."""
    own = [spec for spec in specs if spec.program]
    parts = tuple(spec for spec in specs if not spec.program)
    return [NodeSpec('composed', 'composed', namespace=specs[0].namespace, parts=parts), *own]


def command(spec: NodeSpec, graph: str) -> list[str]:
    """Return the command line that runs a node, or several, without a ROS installation."""
    name = ['-r', f'__node:={spec.name}'] if not spec.parts else []
    run = ([sys.executable, '-m', spec.module] if not spec.program
           else [*interpreter(spec.program), spec.program])
    return [*run, *(part.name for part in spec.parts), '--ros-args', *name,
            '-r', f'__ns:={spec.namespace}',
            '--params-file', str(share('config', f'{graph}.yaml')), *settings(spec)]


def interpreter(program: str) -> list[str]:
    """Return what runs a program of the user's own: this Python where it is in Python."""
    return [sys.executable] if program.endswith('.py') else []


def settings(spec: NodeSpec) -> list[str]:
    """Return the remappings and parameters of a process in the form of --ros-args."""
    words: list[str] = []
    for each in spec.parts or (spec,):
        of = f'{each.name}:' if spec.parts else ''
        for topic, other in each.remappings:
            words += ['-r', f'{of}{topic}:={other}']
        for name, value in each.parameters.items():
            # JSON is YAML whose texts are quoted, so that rcl does not guess their types.
            words += ['-p', f'{of}{name}:={json.dumps(typed(name, value), ensure_ascii=False)}']
    return words
