"""`txt2vid render`: a video file from text or sound, without ROS; or all those of a list."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
import contextlib
import logging
from pathlib import Path
import sys
import time
from typing import Any

from tqdm import tqdm
from txt2vid_ros.cli import jobs
from txt2vid_ros.cli.jobs.clip_job import Kept
from txt2vid_ros.cli.parser import text_argument, told
from txt2vid_ros.core.decoding.text_encoding import read_text
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import from_text as from_option
from txt2vid_ros.core.options import made, OptionTables
from txt2vid_ros.core.people import DEFAULT, People
from txt2vid_ros.core.storage.files import refuse_overwriting, same_file
from txt2vid_ros.core.storage.share import share
from txt2vid_ros.lipsync.choice import engine_options, make_engine
from txt2vid_ros.lipsync.engine import LipSyncEngine
from txt2vid_ros.media.driving.driving_media import load_driving
from txt2vid_ros.media.driving.framing import HD_PIXELS
from txt2vid_ros.media.driving.options import DrivingOptions
from txt2vid_ros.media.sound_file import sound_seconds
from txt2vid_ros.providers.choice import (
    make_voice,
    person_options,
    provider_names,
    voice_options,
)
from txt2vid_ros.render import AFTER, from_sound, from_text, render, SpeechPart
from txt2vid_ros.speaking.voice import TextToSpeech

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument('--text', type=text_argument('--text'), help='what to say')
    source.add_argument('--text-file', type=Path, help='a file with what to say')
    source.add_argument('--audio', type=Path, help='any audio or video file: move the lips to it')
    source.add_argument('--jobs', type=Path, metavar='LIST.csv', help='many clips: a line each, '
                        'with these options as columns; those that are there are left')
    parser.add_argument('--processes', type=int, default=0, metavar='N', help='clips of the list '
                        'that are made at a time (one for each core)')
    parser.add_argument('--ray', nargs='?', const='', metavar='ADDRESS', help='make those of the '
                        'list on a Ray cluster; that of this machine if no address is given')
    parser.add_argument('--out', type=Path, help='.mp4, .mkv, .mov or .webm')
    parser.add_argument('--face', default='', help='picture or video; the built-in portrait '
                        'if left out')
    parser.add_argument('--tts', default='', help='text-to-speech provider, or several '
                        'separated by commas')
    parser.add_argument('--voice', default='', help="the provider's name for the voice")
    parser.add_argument('--tts-options', default='', metavar='PROVIDER.NAME=VALUE ...',
                        help='options of the voices')
    parser.add_argument('--speed', type=float, default=0.0, help='0.5 slow ... 2.0 fast')
    parser.add_argument('--engine', default='auto', help='lip-sync engine (%(default)s)')
    parser.add_argument('--face-options', default='', metavar='NAME=VALUE ...',
                        help='options of the face: crop, rotate, static, ...')
    parser.add_argument('--engine-options', default='', metavar='ENGINE.NAME=VALUE ...',
                        help='options of the engine')
    parser.add_argument('--people', default=str(share('config', 'people.yaml')),
                        help='file that maps speakers to voice and face')
    parser.add_argument('--speaker', default=DEFAULT, help='whose voice and face')
    parser.add_argument('--width', type=int, default=0, help='pixels; with one of the two alone, '
                        'the other follows from the shape of the face file, both from its size')
    parser.add_argument('--height', type=int, default=0, help='pixels')
    parser.add_argument('--max-pixels', type=int, default=HD_PIXELS, help='width times height at '
                        'most, where both are left out (%(default)s)')
    parser.add_argument('--fps', type=float, default=25.0)
    parser.add_argument('--quiet', action='store_true', help='no progress bar')


def run(arguments: argparse.Namespace) -> int:
    """Render and say how long it took."""
    if arguments.jobs is not None:
        return jobs.run(arguments, make, check, add_arguments)
    if arguments.out is None:
        raise UserError('--out is missing', 'Name the file to write, such as hello.mp4.')
    for option in ('processes', 'ray'):
        if getattr(arguments, option) not in (0, None):
            raise UserError(f'--{option} is for a list of clips', 'Give one with --jobs.')
    with contextlib.closing(Kept()) as kept:
        seconds, took = _made(arguments, kept, told=lambda line: print(line, file=sys.stderr))
    print(f'{arguments.out}: {seconds:.1f} s of video in {took:.1f} s '
          f'({seconds / took:.1f} times real time)')
    return 0


def check(arguments: argparse.Namespace) -> None:
    """Raise UserError for what cannot be rendered, as far as it is seen without loading."""
    if not 1 <= arguments.fps <= 120:
        raise UserError(f'--fps {arguments.fps:g} is not possible', 'It has to be from 1 to 120.')
    person = People.load(arguments.people).get(arguments.speaker)
    chosen = _checked(engine_options(arguments.engine), '--engine-options',
                      arguments.engine_options)
    _driving_options(arguments.face_options)
    refuse_overwriting('--out', arguments.out, {
        '--face': arguments.face or person.face, '--audio': arguments.audio,
        '--text-file': arguments.text_file, '--people': arguments.people,
        **{f'--engine-options {name}': value for name, value in chosen.items()
           if isinstance(value, str)}})


def make(arguments: argparse.Namespace, kept: Kept) -> float:
    """
    Render one video; return its length in seconds. Raises UserError.

    The voice and the engine stay in `kept`, for the next one that asks for the same.
    """
    return _made(arguments, kept, told=lambda line: None)[0]


def _made(arguments: argparse.Namespace, kept: Kept, told: Callable[[str], object]
          ) -> tuple[float, float]:
    """Render one video; return its seconds, and those it took once engine and face were there."""
    check(arguments)
    person = People.load(arguments.people).get(arguments.speaker)
    engine = _engine(arguments, kept, told)
    driving = load_driving(arguments.face or person.face, width=arguments.width,
                           height=arguments.height, max_pixels=arguments.max_pixels,
                           options=_driving_options(arguments.face_options),
                           upright=engine.quarter_turns)

    def progress(done: float) -> None:
        bar.update(done - bar.n)

    total = sound_seconds(arguments.audio) if arguments.audio else None
    known = '{percentage:3.0f}% |{bar}| ' if total else ''
    begun = time.monotonic()
    with (contextlib.closing(driving),
          tqdm(unit=' s of video', total=total, disable=arguments.quiet or not sys.stderr.isatty(),
               bar_format=known + '{n:.1f}{unit} [{elapsed}, {rate_fmt}]') as bar):
        seconds = render(_speech(arguments, kept), 0.0 if arguments.audio else AFTER, driving,
                         engine, arguments.out, arguments.fps, progress)
    return seconds, time.monotonic() - begun


def _engine(arguments: argparse.Namespace, kept: Kept,
            told: Callable[[str], object]) -> LipSyncEngine:
    def load() -> LipSyncEngine:
        options = _checked(engine_options(arguments.engine), '--engine-options',
                           arguments.engine_options)
        engine, why = make_engine(arguments.engine, options, '--engine')
        told(why)
        engine.load()
        return engine

    return kept.get('engine', (arguments.engine, arguments.engine_options), load)


def _speech(arguments: argparse.Namespace, kept: Kept) -> Iterator[SpeechPart]:
    if arguments.audio is not None:
        return from_sound(arguments.audio, same_file(arguments.audio, arguments.face))
    return from_text(_text(arguments), _voice(arguments, kept))


def _voice(arguments: argparse.Namespace, kept: Kept) -> TextToSpeech:
    person = People.load(arguments.people).get(arguments.speaker)
    names = provider_names(arguments.tts or person.tts or ('hibari',), '--tts')
    tables = voice_options(names)
    own, warnings = person_options(person, tables, names)
    for line in warnings:
        log.warning(line)
    wanted = (names, arguments.voice or person.voice, arguments.speed or person.speed or 1.0,
              {**own, **_checked(tables, '--tts-options', arguments.tts_options)})

    def load() -> TextToSpeech:
        voice = make_voice(*wanted)
        voice.load()
        return voice

    return kept.get('voice', wanted, load)


def _checked(tables: OptionTables, option: str, text: str) -> dict[str, Any]:
    """Return what the text of an option of this command sets, in the types of the tables."""
    values, warnings = tables.check(from_option(text, option), f'{option} {{}}')
    for line in warnings:
        log.warning(line)
    return values


def _driving_options(text: str) -> DrivingOptions:
    """Return what --face-options sets; there the prefix face. may be left out."""
    given = {name if '.' in name else f'face.{name}': value
             for name, value in from_option(text, '--face-options').items()}
    tables = OptionTables({'face': [DrivingOptions]})
    return made(DrivingOptions, 'face', tables.check(given, '--face-options {}')[0])


def _text(arguments: argparse.Namespace) -> str:
    if arguments.text is not None:
        return str(arguments.text)
    return told(read_text(arguments.text_file, '--text-file'))
