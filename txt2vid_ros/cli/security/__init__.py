"""`txt2vid security`: what each node of a graph may do, for ROS 2 with DDS security (SROS2)."""

from __future__ import annotations

import argparse

from txt2vid_ros import graph
from txt2vid_ros.core.names import checked_namespace, NAMESPACE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    summary = 'print the policy of a graph, for ros2 security create_permission'
    action = actions.add_parser('policy', help=summary, description=summary)
    action.add_argument('--graph', default='live', choices=sorted(graph.GRAPHS),
                        help='which graph (%(default)s)')
    action.add_argument('--namespace', default=NAMESPACE, help='of its topics (%(default)s)')
    for argument in graph.ARGUMENTS.values():
        action.add_argument(f'--{argument.name.replace("_", "-")}', default=argument.default,
                            metavar='VALUE', help=argument.description)


def run(arguments: argparse.Namespace) -> int:
    """Print it. Raises UserError."""
    namespace = checked_namespace(arguments.namespace)
    chosen = {name: getattr(arguments, name) for name in graph.ARGUMENTS}
    specs = graph.nodes(arguments.graph, chosen, namespace)
    if graph.is_true('composed', arguments.composed):
        specs = graph.composed(specs)
    print(graph.policy(specs, namespace), end='')
    return 0
