"""`txt2vid live`: run the graph as processes, without a ROS installation."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import os
from pathlib import Path
import shutil
import signal
import sys
import threading
import time
import traceback

from txt2vid_ros import graph
from txt2vid_ros.cli.parser import text_argument
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace, NAMESPACE
from txt2vid_ros.core.people import People
from txt2vid_ros.core.process import service_manager
from txt2vid_ros.core.process.service_manager import ServiceManager
from txt2vid_ros.core.process.signals import on_signal
from txt2vid_ros.core.storage.files import refuse_overwriting
from txt2vid_ros.ros.side.hang_up import HangUp
from txt2vid_ros.ros.side.readiness import Readiness
from txt2vid_ros.supervisor import Supervisor

START_UP = 60.0
"""Seconds within which the graph has to be ready to speak."""
TAIL = 0.5
"""Seconds after the last sample that the viewers still get, with --exit-when-done."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: those of the graph, and those of running it."""
    parser.add_argument('--graph', default='live', choices=sorted(graph.GRAPHS),
                        help='which graph to run (%(default)s)')
    parser.add_argument('--say', metavar='TEXT', type=text_argument('--say'),
                        help='say this as soon as the graph is ready')
    parser.add_argument('--exit-when-done', action='store_true',
                        help='end when --say has been said')
    parser.add_argument('--namespace', default=NAMESPACE, help='of its topics (%(default)s)')
    parser.add_argument('--param', action='append', default=[], metavar='NODE.NAME=VALUE',
                        help='set a parameter of a node; may be repeated')
    for argument in graph.ARGUMENTS.values():
        parser.add_argument(f'--{argument.name.replace("_", "-")}', default=argument.default,
                            metavar='VALUE', help=argument.description)


def run(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C, SIGTERM, a failure or, with --exit-when-done, the end of the speech."""
    if arguments.exit_when_done and arguments.say is None:
        raise UserError('--exit-when-done needs --say TEXT', 'There is nothing to wait for.')
    if arguments.mode == graph.AUDIO and arguments.say is not None:
        raise UserError('--say needs --mode text', 'In audio mode nothing reads text.')
    arguments.namespace = checked_namespace(arguments.namespace)
    chosen = {name: getattr(arguments, name) for name in graph.ARGUMENTS}
    refuse_overwriting('--record', arguments.record, {
        '--face': arguments.face, '--input': arguments.input, '--people': arguments.people})
    # Two nodes read this file; checked here, an error in it is reported once.
    People.load(arguments.people)
    specs = graph.with_parameters(
        graph.nodes(arguments.graph, chosen, arguments.namespace), arguments.param)
    graph_nodes = {spec.name for spec in specs}
    talk = _talk_lines(graph_nodes, arguments.responder)
    together = graph.is_true('composed', arguments.composed)
    if together:
        specs = graph.composed(specs)
    supervisor = Supervisor(
        {spec.name: graph.command(spec, arguments.graph) for spec in specs},
        environment(arguments.graph, together),
        delays={spec.name: spec.start_after for spec in specs}, fork=True,
        replaced_when_stopped={spec.name for spec in specs if spec.shows})
    hang_up = HangUp(arguments.namespace, supervisor.stop, arguments.graph == graph.CALL)

    def leave() -> None:
        if hang_up.leave():
            supervisor.say('hanging up; once more ends it at once')

    on_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), leave)
    speaking: threading.Thread | None = None
    stop = threading.Event()
    if arguments.graph != 'sender' and (missing := graph.web_is_missing(chosen)):
        supervisor.say(f'without the page to talk with, which needs {" and ".join(missing)}: '
                       'pip install "txt2vid_ros[web]"')
    for line in (*_speak_lines(arguments), *talk):
        supervisor.say(line)
    if arguments.say is not None:
        speaking = threading.Thread(
            target=_greet, args=(arguments, supervisor, stop), name='greeting', daemon=True)
        speaking.start()
    manager = ServiceManager()
    # Whose figures tell that the graph works: of a sender, which shows no face, its first node's.
    watched = next(name for name in ('stream', 'stt', 'mic') if name in graph_nodes)
    try:
        with Readiness(manager, arguments.namespace, watched), hang_up:
            return supervisor.run()
    finally:
        manager.tell('STOPPING=1')
        stop.set()
        if speaking is not None:
            speaking.join(timeout=3.0)


def environment(name: str, together: bool = False) -> dict[str, str]:
    """
    Return the environment of the nodes of a graph; what the user has set stays.

    Of nodes that run `together` in a process, each line of the log states the name.
    """
    chosen = {name: value for name, value in {**graph.ENVIRONMENT, **os.environ}.items()
              if name not in service_manager.VARIABLES}
    if name in ('live', 'call'):
        # Whoever reaches its topics can speak through the face and hear all that it says.
        chosen.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    chosen.setdefault('RCUTILS_CONSOLE_OUTPUT_FORMAT',
                      '{name}: {severity}: {message}' if together else '{severity}: {message}')
    chosen.setdefault('RCUTILS_COLORIZED_OUTPUT', '0')
    chosen['PYTHONUNBUFFERED'] = '1'
    return chosen


def _greet(arguments: argparse.Namespace, supervisor: Supervisor, stop: threading.Event
           ) -> None:
    """Say the greeting as soon as the graph is ready; end the graph afterwards if requested."""
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    try:
        with SpeechClient(arguments.namespace) as client:
            if not _until(client.connected, START_UP, stop):
                if not stop.is_set():
                    supervisor.say('the graph does not listen; see what its nodes say above')
                    supervisor.stop(1)
                return
            utterance = client.say(arguments.say)
            ended = _until(lambda: client.wait_ended(utterance, 0.2),
                           60.0 + len(arguments.say), stop)
            said = ended and client.wait_begun(utterance, 0.0) is not None
            if arguments.exit_when_done and not stop.is_set():
                stop.wait(TAIL)
                if not said:
                    supervisor.say('--say was not spoken; see what the tts node says above')
                supervisor.stop(0 if said else 1)
    except UserError as error:
        supervisor.say(str(error))
        supervisor.stop(2)
    except Exception:
        # Otherwise nothing would end the graph.
        supervisor.say(f'internal error:\n{traceback.format_exc()}')
        supervisor.stop(1)


def _until(condition: Callable[[], bool], timeout: float, stop: threading.Event) -> bool:
    deadline = time.monotonic() + timeout
    while not stop.is_set() and time.monotonic() < deadline:
        if condition():
            return True
        stop.wait(0.02)
    return False


def _speak_lines(arguments: argparse.Namespace) -> tuple[str, ...]:
    namespace = arguments.namespace
    option = '' if namespace == NAMESPACE else f' --namespace {namespace}'
    if arguments.mode == graph.AUDIO:
        where = ', on any machine of this ROS network' if arguments.graph == 'receiver' else ''
        if arguments.link != graph.TOPIC:
            return () if arguments.graph == 'sender' else (
                f'speak, at the other end of the link: {_command()} live --graph sender --mode '
                f'audio --link {arguments.link} ...',)
        here = arguments.graph == 'sender' or arguments.mic == 'true'
        return () if here or arguments.device or arguments.input else (
            f'speak{where}: {_command()} live --graph sender '
            f'--mode audio{option}',)
    if arguments.graph == graph.CALL:
        return (f'say something to the other end: {_command()} say --peer{option} "Hello."',)
    return (f'speak: {_command()} say{option} "Hello."',
            f'speak, where ROS is installed: ros2 topic pub --once {namespace}/text '
            'std_msgs/msg/String "{data: Hello.}"')


def _talk_lines(nodes: set[str], responder: str) -> tuple[str, ...]:
    if {'web', graph.CALL} <= nodes:
        return ('talk: open /call at the address that is said below, and press Talk or type',)
    if not {'web', 'stt', 'responder'} <= nodes:
        return ()
    return ('talk: press Talk on its page' + ('' if responder else '; it says back what it hears, '
                                              'and with --responder chat it answers'),)


def _command() -> str:
    """Return how the user runs this command at a prompt."""
    beside = Path(sys.executable).with_name('txt2vid')
    if shutil.which('txt2vid') is not None or not beside.exists():
        return 'txt2vid'
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
