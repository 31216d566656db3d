"""`txt2vid bag`: record, inspect, play and render bags on machines without rosbag2."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import NAMESPACE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare record, info, play and render."""
    commands = parser.add_subparsers(dest='bag_command', metavar='COMMAND', required=True)
    record = commands.add_parser('record', help='record topics into a bag until Ctrl-C')
    record.add_argument('bag', type=Path, help='the folder to create')
    record.add_argument('--topics', nargs='+', default=[], metavar='TOPIC',
                        help='relative to the namespace (default: text, sound and compressed '
                             'pictures)')
    record.add_argument('--storage', choices=('mcap', 'sqlite3'), default='mcap')
    record.add_argument('--seconds', type=float, default=0.0,
                        help='stop after this time (default: on Ctrl-C)')
    record.add_argument('--namespace', default=NAMESPACE, help='of the graph (%(default)s)')
    info = commands.add_parser('info', help='show what is in a bag')
    info.add_argument('bag', type=Path)
    play = commands.add_parser('play', help='publish what is in a bag, and /clock with it, into '
                               'a graph that runs with --use-sim-time true')
    play.add_argument('bag', type=Path)
    play.add_argument('--rate', type=float, default=1.0,
                      help='speed of the playback (%(default)s)')
    play.add_argument('--topics', nargs='+', default=[], metavar='TOPIC',
                      help='relative to the namespace (default: text and heard, or the voice if '
                           'the bag has neither)')
    play.add_argument('--namespace', default=NAMESPACE, help='of the graph (%(default)s)')
    render = commands.add_parser('render', help='make a video of a bag, picture and sound in step')
    render.add_argument('bag', type=Path)
    render.add_argument('--out', type=Path, required=True, help='.mp4, .mkv, .mov or .webm')
    render.add_argument('--fps', type=float, default=25.0)
    render.add_argument('--quiet', action='store_true', help='no progress bar')


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen action."""
    if arguments.bag_command == 'record':
        return _record(arguments)
    if not arguments.bag.exists():
        raise UserError(f'there is no bag {arguments.bag}', 'Give the folder of a bag.')
    return {'info': _info, 'play': _play, 'render': _render}[arguments.bag_command](arguments)


def _record(arguments: argparse.Namespace) -> int:
    from txt2vid_ros.ros.side.bag_recorder import record
    counts = record(arguments.bag, arguments.namespace, arguments.topics, arguments.storage,
                    arguments.seconds)
    for topic, count in sorted(counts.items()):
        print(f'{count:7} {topic}')
    return 0


def _info(arguments: argparse.Namespace) -> int:
    from txt2vid_ros.media.bags.bag import summary
    found = summary(arguments.bag)
    print(f'{arguments.bag}: {found.storage}, {found.seconds:.1f} s, {found.messages} messages')
    for topic in found.topics:
        print(f'{topic.count:7} {topic.name} ({topic.kind})')
    return 0


def _play(arguments: argparse.Namespace) -> int:
    from txt2vid_ros.ros.side.bag_player import play
    counts = play(arguments.bag, arguments.namespace, arguments.topics, arguments.rate)
    for topic, count in sorted(counts.items()):
        print(f'{count:7} {topic}')
    return 0


def _render(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm
    from txt2vid_ros.media.bags.bag_video import video_of_bag

    def progress(done: float) -> None:
        bar.update(done - bar.n)

    with tqdm(unit=' s of video', disable=arguments.quiet or not sys.stderr.isatty(),
              bar_format='{desc}{n:.1f}{unit} [{elapsed}]') as bar:
        seconds = video_of_bag(arguments.bag, arguments.out, arguments.fps, progress)
    print(f'{arguments.out}: {seconds:.1f} s of video')
    return 0
