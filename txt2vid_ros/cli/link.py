"""`txt2vid link`: make a key for the text link, and watch what the link does."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys
import time
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import NAMESPACE
from txt2vid_ros.link import keys
from txt2vid_ros.link.report import parsed

COLUMNS: tuple[tuple[str, str, str], ...] = (
    # Heading, format, what is shown.
    ('role', '>8', 'role'),
    ('text b/s', '>8.1f', 'text_bps'),
    ('datagrams b/s', '>13.1f', 'datagram_bps'),
    ('wire b/s', '>8.1f', 'wire_bps'),
    ('text b/char', '>11.2f', 'text_bits_per_character'),
    ('datagrams b/char', '>16.2f', 'datagram_bits_per_character'),
    ('wire b/char', '>11.2f', 'wire_bits_per_character'),
    ('smaller by', '>10.2f', 'compression'),
    ('resent %', '>8.1f', 'resent_percent'),
    ('retries', '>7.0f', 'retries'),
    ('dropped', '>7.0f', 'dropped'),
    ('rtt ms', '>7.1f', 'round_trip_ms'),
    ('offset ms', '>10.2f', 'offset_ms'),
    ('+-', '>6.2f', 'offset_uncertainty_ms'),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    keygen = actions.add_parser('keygen', help='make a key for both ends of a link',
                                description='Write a new random key to a file.')
    keygen.add_argument('file', type=Path, help='the file to create; copy it to the other machine')
    stats = actions.add_parser('stats', help='watch a running link',
                               description='Show traffic, losses and timing of a running link.')
    stats.add_argument('--namespace', default=NAMESPACE, help='of the link node (%(default)s)')
    stats.add_argument('--count', type=int, default=0, metavar='N',
                       help='end after N lines (default: on Ctrl-C)')
    stats.add_argument('--timeout', type=float, default=10.0, metavar='SECONDS',
                       help='how long to wait for a link node (%(default)s)')
    stats.add_argument('--json', action='store_true', help='one JSON object a line')


def run(arguments: argparse.Namespace) -> int:
    """Run a sub-command."""
    if arguments.action == 'keygen':
        keys.generate(arguments.file)
        print(f'{arguments.file} holds a new key. Copy it to the other machine, keep it to '
              'yourself, and set the parameter key_file of both link nodes to it.')
        return 0
    return watch(arguments)


def watch(arguments: argparse.Namespace) -> int:
    """Print a line each time a link node reports. Raises UserError where none does."""
    from txt2vid_ros.ros.side.diagnostics_reader import DiagnosticsReader
    shown = 0
    deadline = time.monotonic() + arguments.timeout
    with DiagnosticsReader(arguments.namespace, 'link') as reports:
        while not arguments.count or shown < arguments.count:
            report = reports.next(0.5)
            if report is not None:
                _show(parsed(report), shown, arguments.json)
                shown += 1
            elif shown == 0 and time.monotonic() > deadline:
                raise UserError(f'no link node reports under {arguments.namespace}',
                                'Start one with link:=udp or another, and use the same '
                                '--namespace and ROS_DOMAIN_ID.')
    return 0


def _show(known: dict[str, Any], line: int, as_json: bool) -> None:
    if as_json:
        print(json.dumps(known), flush=True)
        return
    if line % 20 == 0:
        print('  '.join(f'{heading:>{_width(form)}}' for heading, form, _ in COLUMNS))
    print('  '.join(f'{known[name]:{form}}' if name in known else f'{"-":>{_width(form)}}'
                    for _, form, name in COLUMNS), flush=True)
    sys.stdout.flush()


def _width(form: str) -> str:
    return form.strip('>').partition('.')[0]
