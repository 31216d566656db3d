"""`txt2vid devices`: the microphones of this machine."""

from __future__ import annotations

import argparse
import json
from typing import Any

from txt2vid_ros.media.capture import portaudio


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--json', action='store_true', help='print a JSON list')


def run(arguments: argparse.Namespace) -> int:
    """List the inputs, with the sample rates at which each can currently be opened."""
    api = portaudio.load()
    rows: list[dict[str, Any]] = [
        {'index': device.index, 'name': device.name, 'host': device.host,
         'channels': device.channels, 'rate': device.rate, 'default': device.default,
         'rates': portaudio.rates(api, device)} for device in portaudio.inputs(api)]
    if arguments.json:
        print(json.dumps(rows))
        return 0
    for row in rows:
        rates = ' '.join(str(rate) for rate in row['rates']) or 'none: is it in use?'
        print(f"{'*' if row['default'] else ' '} {row['index']:3} {row['name']} ({row['host']}), "
              f"{row['channels']} channels, rates {rates}")
    if rows:
        print('* is the default; --device takes an index or part of a name')
    else:
        print('there is no sound device to capture from. Pass /dev/snd or the PulseAudio socket '
              'into a container; --input FILE plays a file instead.')
    return 0
