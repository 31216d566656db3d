"""The launch files start the graph that the command line starts; needs a ROS installation."""

import pathlib
import runpy

import pytest
from txt2vid_ros import graph

LAUNCH_FILES = sorted((pathlib.Path(__file__).parent.parent / 'launch').glob('*.launch.py'))
LIVE, = (file for file in LAUNCH_FILES if file.name == 'live.launch.py')


def test_every_graph_has_its_launch_file():
    assert [path.name for path in LAUNCH_FILES] == sorted(
        f'{name}.launch.py' for name in graph.GRAPHS)


@pytest.fixture(params=LAUNCH_FILES, ids=lambda path: path.name)
def description(request):
    pytest.importorskip('launch_ros', reason='launch comes with a ROS installation')
    return runpy.run_path(str(request.param))['generate_launch_description']()


def started(description, **arguments):
    """Return the node actions that the description leads to with these arguments."""
    from launch import LaunchContext
    from launch.actions import DeclareLaunchArgument, OpaqueFunction

    context = LaunchContext()
    context.launch_configurations.update(arguments)
    for entity in description.entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
    return [node for entity in description.entities if isinstance(entity, OpaqueFunction)
            for node in entity.execute(context)]


def test_every_argument_of_the_graph_is_documented(description):
    declared = {argument.name: argument.description
                for argument in description.get_launch_arguments()}
    assert set(graph.ARGUMENTS) <= set(declared)
    assert {'namespace', 'params_file', 'log_level', 'autostart', 'on_failure'} <= set(declared)
    assert all(declared.values())


def test_the_nodes_are_those_of_the_graph(description, request):
    nodes = started(description)
    name = request.node.callspec.id.partition('.')[0]
    assert [node.node_executable for node in nodes] == [
        spec.name for spec in graph.nodes(name)]
    assert {node.node_package for node in nodes} == {'txt2vid_ros'}


def parameters_of(node):
    """Return what a node action writes to the parameter file of its node."""
    from launch import LaunchContext
    from launch_ros.utilities import evaluate_parameters

    *_, given = evaluate_parameters(LaunchContext(), node._Node__parameters)
    return given


def test_values_reach_the_node_as_they_were_written():
    pytest.importorskip('launch_ros', reason='launch comes with a ROS installation')
    description = runpy.run_path(str(LIVE))['generate_launch_description']()
    nodes = {node.node_executable: node for node in started(
        description, mic='true', speaker='010', tts='google,hibari', fps='30', people='',
        tts_options='google.language=no', face_options='crop=0,9,0,9', use_sim_time='true')}
    assert parameters_of(nodes['stt']) == {'speaker': '010', 'use_sim_time': True}
    hearing = [] if graph.web_is_missing({}) else ['web']
    assert parameters_of(nodes['tts']) == {
        'listeners': ['lipsync', 'stream', *hearing],
        'provider': ['google', 'hibari'], 'google.language': 'no', 'use_sim_time': True}
    assert parameters_of(nodes['lipsync']) == {
        'fps': '30', 'face.crop': '0,9,0,9', 'use_sim_time': True}


def test_only_a_node_that_crashed_starts_again(description):
    from launch import LaunchContext
    from launch.actions import LogInfo, TimerAction
    from launch.events.process import ProcessExited

    node = started(description)[0]

    def after(status):
        event = ProcessExited(
            action=node, name='tts-1', cmd=['true'], cwd=None, env=None, pid=1, returncode=status)
        return [type(action) for action in node._ExecuteLocal__on_exit(event, LaunchContext())]

    assert after(0) == []
    assert after(2) == [LogInfo]
    assert after(-9) == [LogInfo, TimerAction]
