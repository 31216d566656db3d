"""The default face, measured with the face mesh on the pictures it renders."""

from __future__ import annotations

import argparse
from typing import Any

import cv2
from txt2vid_ros.bench.lipsync.face_figures import measure
from txt2vid_ros.bench.lipsync.lips_from_sound import lips_from_sound
from txt2vid_ros.bench.lipsync.spoken_sentences import spoken
from txt2vid_ros.bench.lipsync.unheard_voice import unheard_voice
from txt2vid_ros.bench.speech.sentences import SENTENCES as TALK
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import english_name, nearest
from txt2vid_ros.core.parameters import listed
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving

SENTENCES = (
    'My mother baked a perfect apple pie for Bob and Mabel.',
    'Five very brave fishermen moved over the river.',
    'Who would choose a new blue boat before noon?',
    'She sees three green trees beneath the evening breeze.',
    'The calm father parked far from the big market.',
    'Maybe the people upstairs will help us pump it up.',
)
LANGUAGES = {**TALK, 'en': SENTENCES}
"""What is said in each language (BCP 47): of English what the other figures are of, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--face', default='', help='picture or video (the built-in portrait)')
    parser.add_argument('--tts', default='', help='voice with timings (hibari; for other '
                        'languages kokoro)')
    parser.add_argument('--language', default='', metavar='LIST',
                        help=f'measure each of {", ".join(LANGUAGES)}, or all, for itself')
    parser.add_argument('--from-audio', action='store_true',
                        help='give the engine the sound alone, without the timings')
    parser.add_argument('--size', default='640x480', help='WIDTHxHEIGHT (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Have the face speak; return the figures, with --language by language."""
    width, cross, height = arguments.size.partition('x')
    if not (cross and width.isdigit() and height.isdigit()):
        raise UserError(f'--size is {arguments.size!r}', 'Write it as 640x480.')
    driving = load_driving(arguments.face or None, width=int(width), height=int(height))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        if not arguments.language:
            said = spoken(SENTENCES, 'en', arguments.tts)
            return {**measure(driving, said.sentences, timed=not arguments.from_audio),
                    **_from_sound_unheard()}
        return {language: _measured(driving, language, arguments)
                for language in _languages(arguments.language)}
    finally:
        cv2.setNumThreads(threads)


def _measured(driving: DrivingMedia, language: str, arguments: argparse.Namespace
              ) -> dict[str, Any]:
    said = spoken(LANGUAGES[language], language, arguments.tts)
    if arguments.from_audio and any(one.samples is None for one in said.sentences):
        raise UserError(f'--from-audio: there is no sound of {english_name(language)}, its voice '
                        f'is {said.voice}', 'Leave --from-audio out, or name a voice by --tts.')
    return {'voice': said.voice,
            **measure(driving, said.sentences, timed=not arguments.from_audio)}


def _from_sound_unheard() -> dict[str, float]:
    """Return the figures of lips from sound alone of a voice that is not in their training."""
    met, shut = lips_from_sound(unheard_voice())
    return {'bilabials_from_sound_unheard': met, 'false_closures_from_sound_unheard': shut}


def _languages(named: str) -> list[str]:
    """Return the languages of a list, each by its name in LANGUAGES. Raises UserError."""
    found = []
    for name in [*LANGUAGES] if named == 'all' else listed(named):
        tag = nearest(LANGUAGES, name)
        if not tag:
            raise UserError(f'--language: there are no sentences in {name!r}',
                            f'There are for {", ".join(LANGUAGES)}; all is each of them.')
        found.append(tag)
    return found
