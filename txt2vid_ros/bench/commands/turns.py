"""How soon the end of a turn is known, and how many pauses are taken for it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.bench.commands.sender import recordings, speech_end
from txt2vid_ros.bench.speech.pauses import Place, places, with_pause
from txt2vid_ros.bench.speech.turn_simulation import TimedRecognizer, turns_of
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.sentence_end import SentenceEnd
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.turn_taking import TurnPredictor
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.providers.vad.silero import SileroActivity

SENTENCES = (
    'I would like to book a table | for two people on Friday evening.',
    'When the music stopped, | everybody looked at the empty stage.',
    'Please put the big map | back on top of the cupboard.',
    'My brother lives in Berlin, | and my sister lives in Rome.',
    'Do you know whether the early ferry | still leaves from this pier?',
    'I never thought | that such a simple problem would take so long.',
    'My number is five five five, | one two three, | nine eight seven six.',
    'We need bread, | butter, | two apples | and a bottle of milk.')
"""What is said where there are no recordings; `|` stands between two clauses or groups."""
SPEEDS = (0.8, 1.0, 1.25)
"""How fast it is said."""
MARGIN = 0.1
"""Seconds after a pause in which an utterance that it ended may still be noticed."""
Sound = NDArray[np.float32]


class _Trial(NamedTuple):
    """One pause that was put into a recording."""

    seconds: float
    clause: bool
    cut: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--wav', action='append', default=[], type=Path, metavar='FILE',
                        help='a recording; with --text for each, else sentences are synthesized')
    parser.add_argument('--text', action='append', default=[], metavar='TRANSCRIPT',
                        help='what is said in the recording before it, with | between clauses')
    parser.add_argument('--pauses', type=float, nargs='+', default=[0.4, 0.6, 0.8, 1.0],
                        metavar='SECONDS', help='lengths of the pauses (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Put pauses into all recordings; return delays and cut-offs with and without the words."""
    if len(arguments.wav) != len(arguments.text):
        raise UserError(f'there are {len(arguments.wav)} --wav and {len(arguments.text)} --text',
                        'Give a transcript for each recording.')
    spoken = recordings(arguments.wav, arguments.text) if arguments.wav else synthesized()
    activity, recognizer = SileroActivity(), MoonshineRecognizer()
    activity.load()
    recognizer.load()
    timed = TimedRecognizer(recognizer)
    predictor = TurnPredictor('en', SentenceEnd(load()).likelihood)
    found = [places(sound, text, timed) for sound, text in spoken]
    try:
        return {'recordings': len(spoken), 'places': sum(map(len, found)), **{
            name: _figures(spoken, found, arguments.pauses, activity, timed, turns)
            for name, turns in (('silence', None), ('words', predictor))}}
    finally:
        recognizer.close()
        activity.close()


def synthesized() -> list[tuple[Sound, str]]:
    """Return sentences spoken by the default voice, each at every speed."""
    sounds = []
    for speed in SPEEDS:
        voice = HibariVoice(speed=speed)
        voice.load()
        for text in SENTENCES:
            said = np.concatenate([chunk.samples for chunk in voice.synthesize(
                text.replace(' |', ''), lambda: False)]) * 0.6
            sounds.append((soxr.resample(said, voice.capabilities.sample_rate, SPEECH_RATE), text))
        voice.close()
    return sounds


def _figures(spoken: list[tuple[Sound, str]], found: list[list[Place]], lengths: list[float],
             activity: SileroActivity, recognizer: TimedRecognizer,
             predictor: TurnPredictor | None) -> dict[str, Any]:
    settings, quiet = EndpointingSettings(), np.zeros(2 * SPEECH_RATE, np.float32)
    delays, trials = [], []
    for (sound, _), ends in zip(spoken, found, strict=True):
        last = speech_end(sound)
        turns = turns_of(np.concatenate([sound, quiet]), activity, recognizer, settings, predictor)
        if turns:
            delays.append((turns[-1].final - last) * 1000)
        for place in ends:
            for seconds in lengths:
                begin = place.sample / SPEECH_RATE
                turns = turns_of(
                    np.concatenate([with_pause(sound, place.sample, seconds), quiet]),
                    activity, recognizer, settings, predictor)
                cut = any(begin < turn.ended < begin + seconds + MARGIN for turn in turns)
                trials.append(_Trial(seconds, place.clause, cut))
    return {
        'end_of_speech_to_final_ms_p50': float(np.percentile(delays, 50)),
        'end_of_speech_to_final_ms_p95': float(np.percentile(delays, 95)),
        'cut_off': _share(trials),
        **{f'cut_off_in_{"clause_ends" if clause else "phrases"}': {
            f'{seconds:g}_s': _share([trial for trial in trials if trial[:2] == (seconds, clause)])
            for seconds in lengths} for clause in (True, False)}}


def _share(trials: list[_Trial]) -> str:
    return f'{sum(trial.cut for trial in trials)} of {len(trials)}'
