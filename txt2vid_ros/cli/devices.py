"""`txt2vid devices`: the microphones and loudspeakers of this machine."""

from __future__ import annotations

import argparse
import json
from typing import Any

from txt2vid_ros.media import portaudio
from txt2vid_ros.media.portaudio import Direction, INPUT, OUTPUT

DIRECTIONS: tuple[tuple[str, Direction, str, str], ...] = (
    ('microphones', INPUT, '--device', '; --input FILE plays a file instead'),
    ('loudspeakers', OUTPUT, '--loudspeaker-device', ''),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--json', action='store_true', help='print a JSON object of two lists')


def run(arguments: argparse.Namespace) -> int:
    """List inputs and outputs, with the sample rates at which each can currently be opened."""
    api = portaudio.load()
    rows = {name: _rows(api, direction) for name, direction, _, _ in DIRECTIONS}
    if arguments.json:
        print(json.dumps(rows))
        return 0
    for name, direction, option, otherwise in DIRECTIONS:
        print(f'{name}:')
        for row in rows[name]:
            rates = ' '.join(str(rate) for rate in row['rates']) or 'none: is it in use?'
            print(f"{'*' if row['default'] else ' '} {row['index']:3} {row['name']} "
                  f"({row['host']}), {row['channels']} channels, rates {rates}")
        if rows[name]:
            print(f'* is the default; {option} takes an index or part of a name')
        else:
            print(f'there is no sound device to {direction.purpose}. Pass /dev/snd or the '
                  f'PulseAudio socket into a container{otherwise}.')
    return 0


def _rows(api: Any, direction: Direction) -> list[dict[str, Any]]:
    return [{'index': device.index, 'name': device.name, 'host': device.host,
             'channels': device.channels, 'rate': device.rate, 'default': device.default,
             'rates': portaudio.rates(api, direction, device)}
            for device in portaudio.devices(api, direction)]
