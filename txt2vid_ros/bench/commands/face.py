"""The default face, measured with the face mesh on the pictures it renders."""

from __future__ import annotations

import argparse
from typing import Any

from txt2vid_ros.providers.choice import make_voice

SENTENCES = (
    'My mother baked a perfect apple pie for Bob and Mabel.',
    'Five very brave fishermen moved over the river.',
    'Who would choose a new blue boat before noon?',
    'She sees three green trees beneath the evening breeze.',
    'The calm father parked far from the big market.',
    'Maybe the people upstairs will help us pump it up.',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--face', default='', help='picture or video (the built-in portrait)')
    parser.add_argument('--tts', default='hibari', help='voice with timings (%(default)s)')
    parser.add_argument('--from-audio', action='store_true',
                        help='give the engine the sound alone, without the timings')
    parser.add_argument('--size', default='640x480', help='WIDTHxHEIGHT (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Have the face speak six sentences; return the figures."""
    import cv2
    from txt2vid_ros.bench.lipsync.face_figures import measure, TimedSentence
    from txt2vid_ros.core.errors import UserError
    from txt2vid_ros.media.driving.driving_media import load_driving
    width, cross, height = arguments.size.partition('x')
    if not (cross and width.isdigit() and height.isdigit()):
        raise UserError(f'--size is {arguments.size!r}', 'Write it as 640x480.')
    voice = make_voice(arguments.tts)
    voice.load()
    rate = voice.capabilities.sample_rate
    said = [
        TimedSentence(chunk.samples, rate, chunk.phonemes)
        for sentence in SENTENCES for chunk in voice.synthesize(sentence, lambda: False)
        if chunk.phonemes
    ]
    voice.close()
    if not said:
        raise UserError(f'--tts: voice {arguments.tts!r} gives no timings to measure against',
                        'Use one that does, such as hibari.')
    driving = load_driving(arguments.face or None, width=int(width), height=int(height))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return measure(driving, said, timed=not arguments.from_audio)
    finally:
        cv2.setNumThreads(threads)
