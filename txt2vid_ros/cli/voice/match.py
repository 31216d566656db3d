"""`txt2vid voice match`: the built-in voice, set to a speaker's own pitch, melody and pace."""

from __future__ import annotations

import argparse
import datetime
import pathlib
import sys
import threading

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from txt2vid_ros.core.clock import SystemClock
from txt2vid_ros.core.errors import UnavailableError, UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.storage.people_file import set_options
from txt2vid_ros.listening.speaker_measurement.speaker_voice import measured
from txt2vid_ros.media.capture.device_source import DeviceSource
from txt2vid_ros.media.sound_file import read_sound
import yaml

MOST_SECONDS = 60.0
"""Of a file, after which nothing changes any more."""
QUESTION = ('This measures how high, how lively and how fast somebody speaks, and sets a '
            'synthetic voice to it.\nNo sound is kept. Does the speaker agree? Type yes: ')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--file', type=pathlib.Path, metavar='WAV',
                        help='a recording of the speaker instead of the microphone')
    source.add_argument('--device', default='', help='microphone: index or part of its name; '
                        '`txt2vid devices` lists them')
    parser.add_argument('--seconds', type=float, default=10.0,
                        help='how long to listen to the microphone (%(default)s)')
    parser.add_argument('--into', nargs=2, metavar=('FILE', 'NAME'),
                        help='set the options of speaker NAME in this people.yaml')
    parser.add_argument('--consent', action='store_true',
                        help='whose voice it is agrees; else that is asked')


def run(arguments: argparse.Namespace) -> int:
    """Measure a speaker; print the options, or set them in a file."""
    if not 3 <= arguments.seconds <= MOST_SECONDS:
        raise UserError(f'--seconds is {arguments.seconds:g}',
                        f'It has to be from 3 to {MOST_SECONDS:g}; ten are enough.')
    _ask_consent(arguments.consent)
    # Heavy, and for nothing where nobody agrees.
    from txt2vid_ros.providers.tts.voice_match import matched, reference
    speaker = measured(
        _recording(arguments.file) if arguments.file is not None
        else _recorded(arguments.device, arguments.seconds), SPEECH_RATE)
    options = matched(speaker, reference())
    print(f'# pitch {speaker.pitch:.0f} Hz, melody {speaker.range:.1f} semitones, pace '
          f'{speaker.pace:.1f} vowels a second, from {speaker.voiced:.1f} s of voice')
    if arguments.into is None:
        print(yaml.safe_dump({'options': options}, sort_keys=False), end='')
        return 0
    file, name = arguments.into
    set_options(pathlib.Path(file).expanduser(), name, options,
                f'set to the voice of {name}, with consent, on {datetime.date.today()}')
    print(f'{file}: {name} has this voice now; try it with: '
          f'txt2vid render --people {file} --speaker {name} --text "Hello." --out hello.mp4')
    return 0


def _ask_consent(given: bool) -> None:
    """Return if the speaker agrees. Raises UserError where nobody says so in words."""
    if given:
        return
    print(QUESTION, end='', file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != 'yes':
        raise UserError('nothing was measured: nobody said that the speaker agrees',
                        'Type yes, or add --consent.')


def _recording(file: pathlib.Path) -> NDArray[np.float32]:
    blocks: list[NDArray[np.float32]] = []
    for block in read_sound(file, SPEECH_RATE, name='--file'):
        blocks.append(block)
        if sum(map(len, blocks)) >= MOST_SECONDS * SPEECH_RATE:
            break
    return np.concatenate(blocks)


def _recorded(device: str, seconds: float) -> NDArray[np.float32]:
    """Listen to a microphone while the speaker reads the passage."""
    from txt2vid_ros.providers.tts.voice_match import PASSAGE
    source = DeviceSource(SystemClock(), device)
    try:
        source.open()
        print(f'Read this aloud, from {source.name}:\n\n  ' + '\n  '.join(PASSAGE) + '\n',
              file=sys.stderr)
        blocks: list[NDArray[np.float32]] = []
        with tqdm(total=round(seconds, 1), unit='s', disable=None, leave=False,
                  bar_format='{n:.0f} of {total:.0f} s |{bar}|') as bar:
            while sum(map(len, blocks)) < seconds * SPEECH_RATE:
                block = source.read(threading.Event())
                assert block is not None
                blocks.append(block.samples)
                bar.update(len(block.samples) / SPEECH_RATE)
    except UnavailableError as error:
        raise UserError(error.problem, 'Plug in a microphone, or give a recording: --file WAV.'
                        ) from error
    finally:
        source.close()
    return np.concatenate(blocks)
