"""`txt2vid voice enroll`: a voice from a recording, and the consent of the one who speaks."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.cli.parser import text_argument
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE, VOICE_RATE
from txt2vid_ros.media.sound_file import read_sound
from txt2vid_ros.providers.choice import make_recognizer
from txt2vid_ros.providers.tts.pocket import enrolment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('recording', type=Path, metavar='FILE',
                        help='3 to 30 s of one speaker, without noise or music')
    parser.add_argument('--name', required=True, help='of the voice, for --voice and people.yaml')
    parser.add_argument('--model', default='english', type=text_argument('--model'),
                        help='of pocket-tts, a name or a folder (%(default)s)')
    parser.add_argument('--consent-file', type=Path, metavar='FILE',
                        help='recording of the consent; without it the consent is typed')
    parser.add_argument('--stt', default='moonshine', metavar='NAME',
                        help='recognizer that hears the recorded consent (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Ask for the consent, make the voice and store both."""
    voice = enrolment.OwnVoice(arguments.name)
    sound = _sound(arguments.recording, VOICE_RATE, 'FILE')
    prompt = enrolment.prompt_of(sound, VOICE_RATE)
    # Before anything is asked: a package that is missing says so.
    registry.load(registry.VOICES, 'pocket-tts', 'voice enroll')
    consent = _consent(arguments)
    from txt2vid_ros.providers.tts.pocket.voice import voice_state
    write, weights = voice_state(arguments.model, prompt, VOICE_RATE)
    voice.store(write, consent, model=arguments.model, weights=weights,
                recording=arguments.recording.read_bytes(),
                spoken=arguments.consent_file.read_bytes() if arguments.consent_file else None)
    print(f'{voice.name}: made from {len(prompt) / VOICE_RATE:.1f} s, in {voice.folder}\n'
          f'Speak with it: txt2vid live --tts pocket-tts,hibari --voice {voice.name}')
    return 0


def _consent(arguments: argparse.Namespace) -> enrolment.Consent:
    if arguments.consent_file is None:
        print('The one who speaks in the recording has to agree. Type this sentence:\n  '
              + enrolment.consent_sentence(arguments.name), flush=True)
        try:
            text = input('> ')
        except EOFError:
            text = ''
        return enrolment.typed_consent(arguments.name, text)
    sound = _sound(arguments.consent_file, SPEECH_RATE, '--consent-file')
    if len(sound) > enrolment.LONGEST * SPEECH_RATE:
        raise UserError(f'--consent-file: {arguments.consent_file} is longer than '
                        f'{enrolment.LONGEST:g} s', 'Record the sentence alone.')
    recognizer = make_recognizer(arguments.stt)
    try:
        recognizer.load()
        recognition = recognizer.open()
        recognition.push(sound)
        return enrolment.spoken_consent(arguments.name, recognition.finish().text)
    finally:
        recognizer.close()


def _sound(file: Path, rate: int, option: str) -> NDArray[np.float32]:
    parts, length = [], 0
    for part in read_sound(file, rate, name=option):
        parts.append(part)
        length += len(part)
        if length > 2 * enrolment.LONGEST * rate:
            break
    return np.concatenate(parts)
