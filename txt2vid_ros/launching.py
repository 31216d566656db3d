"""
The node graph as launch actions: all that the files in launch/ do (REP-2000 distributions).

This is the only module that imports launch, which comes with a ROS installation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import os
from pathlib import Path
import sys
import time
from typing import Any, List  # noqa: UP035

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    PopLaunchConfigurations,
    PushLaunchConfigurations,
    TimerAction,
)
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from txt2vid_ros import graph
from txt2vid_ros.core.errors import EXIT_USER_ERROR
from txt2vid_ros.core.names import NAMESPACE
from txt2vid_ros.core.parameters import typed
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.core.storage.share import share

RESPAWN, IGNORE, SHUTDOWN = 'respawn', 'ignore', 'shutdown'

Handler = Callable[[ProcessExited, LaunchContext], List[LaunchDescriptionEntity]]  # noqa: UP006


def describe(name: str) -> LaunchDescription:
    """
    Return the launch description of a graph: its arguments, and a process a node.

    What it declares ends with it: a launch file that includes it goes on with its own values.
    """
    arguments = [
        DeclareLaunchArgument(argument.name, default_value=argument.default,
                              description=argument.description)
        for argument in graph.ARGUMENTS.values()
    ]
    return LaunchDescription([
        PushLaunchConfigurations(),
        *arguments,
        DeclareLaunchArgument('namespace', default_value=NAMESPACE.strip('/'),
                              description='namespace of the nodes and their topics, below the one '
                              'that the including launch file has pushed'),
        DeclareLaunchArgument('params_file', default_value=str(share('config', f'{name}.yaml')),
                              description='ROS parameter file, over the one that is installed; '
                              'arguments override it'),
        DeclareLaunchArgument('log_level', default_value='info',
                              description='debug, info, warn or error'),
        DeclareLaunchArgument('autostart', default_value='true',
                              description='false: the nodes wait for a lifecycle manager'),
        DeclareLaunchArgument('on_failure', default_value=RESPAWN,
                              choices=[RESPAWN, IGNORE, SHUTDOWN],
                              description='what follows when a node fails: it starts again; the '
                              'others go on without it; all of the launch ends'),
        OpaqueFunction(function=_nodes, args=[name]),
        PopLaunchConfigurations(),
    ])


def _nodes(context: LaunchContext, name: str) -> list[LaunchDescriptionEntity]:
    """Return the processes, now that the arguments have their values."""
    def value_of(argument: str) -> str:
        return str(LaunchConfiguration(argument).perform(context))

    chosen = {argument: value_of(argument) for argument in graph.ARGUMENTS}
    namespace = value_of('namespace')
    specs = graph.nodes(name, chosen, namespace or '/')
    if graph.is_true('composed', chosen['composed']):
        specs = graph.composed(specs)
    # Both: a robot's own file must not take the place of ours.
    own = str(share('config', f'{name}.yaml'))
    files = [*dict.fromkeys(filter(None, (own, value_of('params_file'))))]
    common = ['--ros-args', '--log-level', value_of('log_level'),
              '-p', f'autostart:={graph.is_true("autostart", value_of("autostart"))}']
    failure = _Failure(value_of('on_failure'), _by_itself(name))
    return [_node(spec, namespace, files, common, failure) for spec in specs]


def _node(spec: graph.NodeSpec, namespace: str, files: Sequence[str], arguments: Sequence[str],
          failure: _Failure) -> Node:
    parameters = {key: _typed(key, value) for key, value in spec.parameters.items()}
    own: dict[str, Any] = {
        'name': spec.name, 'parameters': [*files, *([parameters] if parameters else [])],
        'remappings': list(spec.remappings), 'arguments': list(arguments)}
    if spec.parts:
        # launch has no words for the parameters of one of several nodes, and would put its own
        # after these.
        given = [word for file in files for word in ('--params-file', file)]
        own = {'arguments': [*(part.name for part in spec.parts), *arguments, *given,
                             *graph.settings(spec)]}
    run: dict[str, Any] = {'package': graph.PACKAGE, 'executable': spec.executable}
    if spec.program:
        run = {'executable': spec.program, 'prefix': ' '.join(graph.interpreter(spec.program))}
    return Node(
        **run,
        # A relative one, so that the including launch file may push one before it.
        namespace=namespace, **own, output='screen',
        # For our nodes only, and the user's own values before ours.
        additional_env={name: os.environ.get(name, value)
                        for name, value in graph.ENVIRONMENT.items()},
        on_exit=failure.handler(spec.name, RestartPolicy(), 0.0),
    )


class _Failure:
    """What follows when a node of the graph has failed."""

    def __init__(self, what: str, by_itself: bool) -> None:
        """`by_itself`: the launch has nothing else to do than to show this graph."""
        self._what = what
        self._ends_all = what == SHUTDOWN or (by_itself and what != IGNORE)

    def handler(self, name: str, policy: RestartPolicy, delay: float) -> Handler:
        """
        Return an on_exit handler of a process that starts in `delay` seconds.

        `policy` has counted the crashes of the node so far.
        """
        begins = time.monotonic() + delay

        def ended(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
            if context.is_shutdown or event.returncode == 0:
                return []
            status = event.returncode
            pause = policy.failed(time.monotonic() - begins, status)
            if pause is None or self._what != RESPAWN:
                return self._given_up(name, status)
            # The same command and environment: those of its group are in them, and by now the
            # launch has left that scope.
            again = ExecuteProcess(
                cmd=event.cmd, cwd=event.cwd, env=event.env, name=name, output='screen',
                on_exit=self.handler(name, policy, pause))
            return [
                LogInfo(msg=f'{name} ended with status {status}; starting it again in '
                            f'{pause:.1f} s'),
                TimerAction(period=pause, actions=[again]),
            ]

        return ended

    def _given_up(self, name: str, status: int) -> list[LaunchDescriptionEntity]:
        why = (f'{name} ended with status {status}, '
               + ('which only a change of its parameters mends'
                  if status == EXIT_USER_ERROR else 'and is not started again')
               + '; its last lines above say why')
        if self._ends_all:
            # launch ends with a status other than 0 only for what is raised.
            raise RuntimeError(why)
        return [LogInfo(msg=f'{why}. The others go on without it (on_failure:={self._what})')]


def _by_itself(name: str) -> bool:
    """Return whether `ros2 launch` was called with the launch file of this graph."""
    file = f'{name}.launch.py'
    for before, word in zip(['', *sys.argv], sys.argv, strict=False):
        if word == file and before == graph.PACKAGE:
            return True
        if Path(word).name == file and Path(word).resolve() == share('launch', file).resolve():
            return True
    return False


def _typed(name: str, value: str | Sequence[str]) -> object:
    """Return a value that launch passes on as it is: else it would guess types again."""
    given = typed(name, value)
    if isinstance(given, list):
        # launch accepts only the lists of typing.
        return ParameterValue(given, value_type=List[str])  # noqa: UP006
    return ParameterValue(given, value_type=str) if isinstance(given, str) else given
