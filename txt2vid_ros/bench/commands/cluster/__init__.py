"""How many replicas so many faces need, simulated from measured times."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import math
from pathlib import Path
from typing import Any

from txt2vid_ros.bench.cluster.growth import growth, picture, SIZES
from txt2vid_ros.bench.cluster.serving import FPS, Serving
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import whole

H200 = '1=0.64,4=0.68,16=0.91,64=1.97,128=3.44'
"""Milliseconds of a batch, sound in to mouth out: docs/wav2lip.md, "Speed on a GPU"."""

_LEAST: Mapping[str, float] = {
    'simulate': 1, 'request_ms': 0, 'network_ms': 0, 'deadline_ms': 0, 'seconds': 1 / FPS}
"""Of the options. In so many seconds each session wants a mouth."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--simulate', type=int, default=1000, metavar='N',
                        help='sessions at most, all of them speaking (%(default)s)')
    parser.add_argument('--steps', default=H200, metavar='SIZE=MS,...',
                        help='milliseconds of the network by batch; those of an H200 without')
    parser.add_argument('--request-ms', type=float, nargs='+', default=[0.0], metavar='MS',
                        help='of each request in its replica, beside the network of neurons; '
                        'several are compared (0)')
    parser.add_argument('--network-ms', type=float, default=1.0, metavar='MS',
                        help='there and back (%(default)s)')
    parser.add_argument('--deadline-ms', type=float, default=40.0, metavar='MS',
                        help='from when a picture is due to its mouth (%(default)s)')
    parser.add_argument('--seconds', type=float, default=2.0, help='of speech (%(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='of the dice (%(default)s)')
    parser.add_argument('--plot', type=Path, metavar='FILE.svg', help='where the growth is drawn')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Simulate; return the figures. Raises UserError."""
    for name, least in _LEAST.items():
        value = getattr(arguments, name)
        for each in value if isinstance(value, list) else [value]:
            if not least <= each < math.inf:
                raise UserError(f'--{name.replace("_", "-")} is {each:g}',
                                f'It has to be at least {least:g}.')
    steps = steps_of(arguments.steps)
    sizes = sorted({round(arguments.simulate * share) or 1 for share in SIZES})
    found = {f'{ms:g} ms a request': growth(
        Serving(steps, ms / 1000, arguments.network_ms / 1000, arguments.deadline_ms / 1000),
        sizes, arguments.seconds, arguments.seed) for ms in arguments.request_ms}
    if arguments.plot is not None:
        try:
            arguments.plot.write_text(picture(found, arguments.deadline_ms), 'utf-8')
        except OSError as error:
            raise UserError(f'--plot: {arguments.plot} cannot be written: {error.strerror}',
                            'Name a file in a folder that you may write to.') from None
    return found


def steps_of(text: str) -> Mapping[int, float]:
    """Return the seconds by batch of a text such as '1=0.64,64=1.97', ms. Raises UserError."""
    try:
        steps = {whole(size): float(ms) / 1000 for size, _, ms in (
            part.partition('=') for part in text.split(','))}
    except ValueError:
        steps = {}
    if (len(steps) < 2 or min(steps) < 1
            or not all(0 < seconds < math.inf for seconds in steps.values())):
        raise UserError(f'--steps is {text!r}', f'Give two batches or more, as {H200}')
    return steps
