"""`txt2vid bench`: the figures that the README quotes, measured on this machine."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import platform
from typing import Any

from txt2vid_ros.cli.parser import CommandParser
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process.machine import cpu_model

# The modules of bench.commands, each with add_arguments(parser) and run(arguments) -> figures.
BENCHES: dict[str, str] = {
    'sync': 'offset of picture and sound as a viewer gets them',
    'latency': 'from text to sound as a viewer gets it',
    'sender': 'from speech to text and to voice; word errors',
    'voices': 'the voices in each language: speed, word errors, lips; the codec',
    'turns': 'how soon a turn is over; pauses that are taken for it',
    'barge_in': 'from speaking over the face to its silence',
    'web': 'the page in a real browser: sound, step, joining, cost of viewers',
    'graph': 'frames on time, processor and memory',
    'scale': 'how many talking heads a machine carries; what each takes',
    'soak': 'a long conversation with faults: what is lost, what grows',
    'reach': 'nodes killed again and again, visitors who come and go: who is reached',
    'link': 'what a conversation costs, beside TCP, DDS, Opus',
    'call': 'what a call costs: its dialogue, the card that is sent once',
    'render': 'how much faster than real time files are made',
    'face': 'how the default face moves, on its pictures',
    'lipsync': 'the lip-sync engines; Wav2Lip beside torch',
    'cluster': 'how many replicas many faces need, simulated from measured times',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the choice of benchmark, which declares its own options when it runs."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = '\n'.join(f'  {name:<8} {summary}' for name, summary in BENCHES.items())
    parser.add_argument('bench', metavar='BENCH', choices=BENCHES, help='one of those below')
    parser.add_argument('options', nargs=argparse.REMAINDER, metavar='...',
                        help='--json, --seconds N and others; txt2vid bench BENCH --help')


def run(arguments: argparse.Namespace) -> int:
    """Run one benchmark and print its figures."""
    if importlib.util.find_spec('txt2vid_ros.bench') is None:
        raise UserError('txt2vid_ros was installed without its benchmarks',
                        'Run them in a checkout: make bench')
    summary = BENCHES[arguments.bench]
    # Imported only now: the packages of another benchmark may be missing.
    bench = importlib.import_module(f'txt2vid_ros.bench.commands.{arguments.bench}')
    parser = CommandParser(prog=f'txt2vid bench {arguments.bench}', description=summary)
    parser.add_argument('--json', action='store_true', help='print one JSON object')
    bench.add_arguments(parser)
    chosen = parser.parse_args(arguments.options)
    figures = bench.run(chosen)
    if chosen.json:
        print(json.dumps(figures))
        return 0
    print(f'{arguments.bench} on {machine()}')
    _table(figures, '  ')
    return 0


def machine() -> str:
    """Return a description of the machine that the figures were measured on."""
    return f'{cpu_model()}, {os.cpu_count()} cores, Python {platform.python_version()}'


def _table(figures: dict[str, Any], indent: str) -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            print(f'{indent}{name}:')
            _table(value, indent + '  ')
        elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
            print(f'{indent}{name}:')
            for row in value:
                print(f'{indent}  ' + ', '.join(f'{key} {_shown(each)}'
                                                for key, each in row.items()))
        else:
            print(f'{indent}{name}: {_shown(value)}')


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ' to '.join(map(_shown, value))
    return f'{value:.3f}' if isinstance(value, float) else str(value)
