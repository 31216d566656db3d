"""Several nodes in one process, for machines with little memory."""

from __future__ import annotations

from collections.abc import Sequence
import functools
import importlib
import pkgutil
import sys

from txt2vid_ros import nodes
from txt2vid_ros.core.errors import EXIT_USER_ERROR
from txt2vid_ros.ros.middleware.transports import Pictures, pictures_of
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.node_help import wants_help
from txt2vid_ros.ros.running import end_process, run_together

USAGE = """usage: ros2 run txt2vid_ros composed NODE[@NAMESPACE] ... --ros-args \
[-p NODE:PARAMETER:=VALUE] [-r NODE:FROM:=TO]

Runs nodes in one process: less memory than a process each, and none of them
survives another. lipsync@/anna lipsync@/ben are two faces, in those namespaces, which share one
network; -p lipsync@/anna:... sets a parameter of the first, -p lipsync:... of both. Nodes: """


def node_names() -> list[str]:
    """Return the names of the nodes that there are."""
    return [module.name for module in pkgutil.iter_modules(nodes.__path__)
            if module.name != 'composed']


def node_class(name: str) -> type[ManagedNode]:
    """Return the class of a node, by its name in the graph."""
    module = importlib.import_module(f'txt2vid_ros.nodes.{name}')
    return next(kind for kind in vars(module).values() if isinstance(kind, type)
                and issubclass(kind, ManagedNode) and vars(kind).get('NAME') == name)


def kind_of(name: str) -> str:
    """Return the name of the node without its namespace: lipsync of lipsync@/anna."""
    return name.partition('@')[0]


def namespace_of(name: str) -> list[str]:
    """Return the arguments that put the node into its namespace, if it has one of its own."""
    namespace = name.partition('@')[2]
    return ['-r', f'__ns:={namespace}'] if namespace else []


def split(words: Sequence[str], names: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """
    Return the arguments that are for all nodes, and those for each.

    rcl takes `-p NODE:NAME:=VALUE` only for nodes without a namespace, which these may have.
    """
    common: list[str] = []
    own: dict[str, list[str]] = {name: namespace_of(name) for name in names}
    for before, word in zip(['', *words], words, strict=False):
        node, colon, setting = word.partition(':')
        meant = [name for name in own if node in (name, kind_of(name))]
        if before in ('-p', '--param') and colon and meant and not setting.startswith('='):
            common.pop()
            for name in meant:
                own[name] += ['-p', setting]
        else:
            common.append(word)
    return common, own


def main() -> int:
    """Run the nodes that the command line names."""
    words = sys.argv[1:]
    known = node_names()
    names = words[:words.index('--ros-args')] if '--ros-args' in words else words
    if wants_help(sys.argv):
        print(USAGE + ', '.join(known))
        return 0
    unknown = [name for name in names if kind_of(name) not in known]
    if unknown or not names:
        what = f'{unknown[0]!r} is no node' if unknown else 'no node is named'
        print(f'{what}. Name some of {", ".join(known)} before --ros-args', file=sys.stderr)
        return EXIT_USER_ERROR
    common, own = split(sys.argv, names)
    kinds = {name: node_class(kind_of(name)) for name in own}
    sent = any(pictures_of(kind).sent for kind in kinds.values())
    # Those of a node of its own do not leave the process.
    received = not sent and any(pictures_of(kind).received for kind in kinds.values())
    return run_together([
        functools.partial(kind, cli_args=['--ros-args', *own[name]])
        for name, kind in kinds.items()], common, Pictures(sent, received))


if __name__ == '__main__':
    end_process(main())
