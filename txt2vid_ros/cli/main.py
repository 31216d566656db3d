"""The `txt2vid` command: one sub-command a file, imported only when it is called."""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import threading

from txt2vid_ros import __version__, graph
from txt2vid_ros.cli.parser import CommandParser
from txt2vid_ros.core.errors import EXIT_USER_ERROR, ProviderError, UserError
from txt2vid_ros.core.process.signals import end_as_interrupted, Ended

# Sub-command: the module with add_arguments(parser) and run(arguments), and its one-line help.
COMMANDS: dict[str, tuple[str, str]] = {
    'live': ('txt2vid_ros.cli.live', 'run the talking head until Ctrl-C'),
    'call': ('txt2vid_ros.cli.call', 'talk with somebody over a thin link, face to face'),
    'say': ('txt2vid_ros.cli.say', 'have a running talking head say something'),
    'type': ('txt2vid_ros.cli.type', 'speak what is typed, line by line'),
    'demo': ('txt2vid_ros.cli.demo', 'have a running talking head show two speakers'),
    'voice': ('txt2vid_ros.cli.voice', "match a voice to a speaker, or make one's own"),
    'devices': ('txt2vid_ros.cli.devices', 'list the microphones and loudspeakers of the machine'),
    'bag': ('txt2vid_ros.cli.bag', 'record, inspect and render bags, without rosbag2'),
    'render': ('txt2vid_ros.cli.render', 'make a video file from text or sound, without ROS'),
    'bench': ('txt2vid_ros.cli.bench', 'measure: sync, latency, graph, render, ...'),
    'link': ('txt2vid_ros.cli.link', 'make a key for the text link, and watch it'),
    'cards': ('txt2vid_ros.cli.call.cards', 'see whose cards calls have left, and forget them'),
    'discovery-server': ('txt2vid_ros.cli.discovery_server',
                         'have the ROS nodes of several sites find each other'),
    'top': ('txt2vid_ros.cli.top', 'watch a running talking head: nodes, latencies, sentences'),
    'trace': ('txt2vid_ros.cli.traces', 'follow sentences through the graph, with times'),
    'service': ('txt2vid_ros.cli.service', 'start the talking head with the machine (systemd)'),
    'security': ('txt2vid_ros.cli.security', 'what each node may do, as a policy of SROS2'),
    'doctor': ('txt2vid_ros.cli.doctor', 'see what is missing on this machine'),
    'models': ('txt2vid_ros.cli.models', 'list, check, fetch and import model files'),
}


def main(words: list[str] | None = None) -> int:
    """Run a sub-command and return its exit status: 0 success, 1 failure, 2 user error."""
    words = sys.argv[1:] if words is None else words
    for name, value in graph.ENVIRONMENT.items():
        # Before numpy is loaded, which reads these once.
        os.environ.setdefault(name, value)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name, or a text, may have characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors='backslashreplace')
    parser = CommandParser(prog='txt2vid', description='A talking head over a text link.')
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    for name, (_, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary, description=summary, add_help=name in words)
    chosen = next((word for word in words if not word.startswith('-')), None)
    if threading.current_thread() is threading.main_thread():
        end_as_interrupted()
    try:
        if chosen in COMMANDS:
            module = importlib.import_module(COMMANDS[chosen][0])
            module.add_arguments(commands.choices[chosen])
            logging.basicConfig(level=logging.WARNING, format='%(levelname)s: %(message)s')
            arguments = parser.parse_args(words)
            status = int(module.run(arguments))
            sys.stdout.flush()
            return status
        parser.parse_args(words)
    except UserError as error:
        print(f'txt2vid: {error}', file=sys.stderr)
        return EXIT_USER_ERROR
    except ProviderError as error:
        print(f'txt2vid: {error}', file=sys.stderr)
        return 1
    except ModuleNotFoundError as missing:
        if (missing.name or '').startswith('txt2vid_ros'):
            raise
        print(f'txt2vid: the Python package {missing.name!r} is not installed. Run "make setup", '
              'or see the installation block of the README. On Arm, ROS has to be installed.',
              file=sys.stderr)
        return EXIT_USER_ERROR
    except Ended as ended:
        return ended.status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, as with `| head`. What is still held for it must not
        # fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
