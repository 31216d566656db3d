"""The node graph as launch actions: all that the files in launch/ do (REP-2000 distributions).

This is the only module that imports launch, which comes with a ROS installation.
"""

from __future__ import annotations

from collections.abc import Sequence
import os
import time
from typing import List  # noqa: UP035

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
    TimerAction,
)
from launch.event import Event
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from txt2vid_ros import graph
from txt2vid_ros.core.names import NAMESPACE
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.core.storage.share import share


def describe(name: str) -> LaunchDescription:
    """Return the launch description of a graph: its arguments, and a process a node."""
    arguments = [
        DeclareLaunchArgument(argument.name, default_value=argument.default,
                              description=argument.description)
        for argument in graph.ARGUMENTS.values()
    ]
    return LaunchDescription([
        *arguments,
        DeclareLaunchArgument('namespace', default_value=NAMESPACE,
                              description='namespace of the nodes and their topics'),
        DeclareLaunchArgument('params_file', default_value=str(share('config', f'{name}.yaml')),
                              description='ROS parameter file; arguments override it'),
        DeclareLaunchArgument('log_level', default_value='info',
                              description='debug, info, warn or error'),
        *(SetEnvironmentVariable(variable, os.environ.get(variable, value))
          for variable, value in graph.ENVIRONMENT.items()),
        OpaqueFunction(function=_nodes, args=[name]),
    ])


def _nodes(context: LaunchContext, name: str) -> list[LaunchDescriptionEntity]:
    """Return the processes, now that the arguments have their values."""
    def value_of(argument: str) -> str:
        return str(LaunchConfiguration(argument).perform(context))

    chosen = {argument: value_of(argument) for argument in graph.ARGUMENTS}
    specs = graph.nodes(name, chosen, value_of('namespace'))
    return [_node(spec, value_of('params_file'), value_of('log_level')) for spec in specs]


def _node(spec: graph.NodeSpec, params_file: str, log_level: str,
          restarts: RestartPolicy | None = None, delay: float = 0.0) -> Node:
    """Return the process of a node, which is restarted with growing delay when it crashes.

    `restarts` has counted its crashes so far; this process starts in `delay` seconds. A node that
    is given up ends the launch.
    """
    policy = restarts or RestartPolicy()
    begins = time.monotonic() + delay

    def ended(event: Event, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        assert isinstance(event, ProcessExited)
        if context.is_shutdown or event.returncode == 0:
            return []
        pause = policy.failed(time.monotonic() - begins, event.returncode)
        if pause is None:
            return [Shutdown(reason=f'{spec.name} cannot go on')]
        again = _node(spec, params_file, log_level, policy, pause)
        return [
            LogInfo(msg=f'{spec.name} ended with status {event.returncode}; '
                        f'starting it again in {pause:.1f} s'),
            TimerAction(period=pause, actions=[again]),
        ]

    parameters = {key: _typed(key, value) for key, value in spec.parameters.items()}
    return Node(
        package=graph.PACKAGE, executable=spec.executable, name=spec.name,
        namespace=spec.namespace, parameters=[params_file, parameters] if parameters
        else [params_file],
        remappings=list(spec.remappings),
        arguments=['--ros-args', '--log-level', log_level], output='screen', on_exit=ended,
    )


def _typed(name: str, value: str | Sequence[str]) -> object:
    """Return a value that launch passes on as it is: else it would guess types again."""
    given = graph.typed(name, value)
    if isinstance(given, list):
        # launch accepts only the lists of typing.
        return ParameterValue(given, value_type=List[str])  # noqa: UP006
    return ParameterValue(given, value_type=str) if isinstance(given, str) else given
