"""How soon the end of a turn is known, and how many pauses are taken for it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import functools
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.commands.sender import speech_end
from txt2vid_ros.bench.speech.material import recordings, Spoken, synthesized
from txt2vid_ros.bench.speech.pauses import Place, places, up_to_pause
from txt2vid_ros.bench.speech.turn_simulation import (
    TimedRecognizer,
    Turn,
    turns_of,
    windows_of,
)
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.sentence_end import SentenceEnd
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.segments import Window
from txt2vid_ros.listening.turn_taking import TurnPredictor
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer
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
Sound = NDArray[np.float32]


class _Pause(NamedTuple):
    """A pause in a recording, long enough for any end."""

    place: Place
    windows: list[Window]

    def cut_after(self, turns: list[Turn]) -> float:
        """Return the seconds of the pause after which an utterance ended; inf where none did."""
        begin = self.place.sample / SPEECH_RATE
        return min((turn.ended - begin for turn in turns if turn.ended > begin), default=math.inf)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--wav', action='append', default=[], type=Path, metavar='FILE',
                        help='a recording; with --text for each, else sentences are synthesized')
    parser.add_argument('--text', action='append', default=[], metavar='TRANSCRIPT',
                        help='what is said in the recording before it, with | between clauses')
    parser.add_argument('--pauses', type=float, nargs='+', default=[0.4, 0.6, 0.8, 1.0],
                        metavar='SECONDS', help='lengths of the pauses (%(default)s)')
    parser.add_argument('--places', type=int, default=4,
                        help='where pauses are put into each recording, at most (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Put pauses into all recordings; return delays and cut-offs with and without the words."""
    spoken = (recordings(arguments.wav, arguments.text) if arguments.wav or arguments.text
              else _spoken())
    activity, recognizer = SileroActivity(), MoonshineRecognizer()
    activity.load()
    recognizer.load()
    timed = TimedRecognizer(recognizer)
    predictor = TurnPredictor('en', SentenceEnd(load()).likelihood)
    wholes = [windows_of(np.concatenate([sound, np.zeros(2 * SPEECH_RATE, np.float32)]), activity)
              for sound, _ in spoken]
    pauses = [_Pause(place, windows_of(up_to_pause(sound, place.sample, max(arguments.pauses)),
                                       activity))
              for sound, text in spoken for place in places(sound, text, timed, arguments.places)]
    ends = [speech_end(sound) for sound, _ in spoken]
    try:
        return {'recordings': len(spoken), 'pauses': len(pauses) * len(arguments.pauses), **{
            name: _figures(functools.partial(turns_of, recognizer=timed, predictor=turns,
                                             settings=EndpointingSettings()),
                           wholes, ends, pauses, arguments.pauses)
            for name, turns in (('silence', None), ('words', predictor))}}
    finally:
        recognizer.close()
        activity.close()


def _spoken() -> list[Spoken]:
    """Return sentences of the default voice, each at every speed, with their clause ends."""
    return [(sound, text) for speed in SPEEDS for (sound, _), text in zip(
        synthesized([text.replace(' |', '') for text in SENTENCES], speed), SENTENCES,
        strict=True)]


def _figures(listen: Callable[[list[Window]], list[Turn]], wholes: list[list[Window]],
             ends: list[float], pauses: list[_Pause], lengths: list[float]) -> dict[str, Any]:
    delays = [(turns[-1].final - end) * 1000 for turns, end in zip(
        map(listen, wholes), ends, strict=True) if turns]
    cuts = [(pause.place.clause, pause.cut_after(listen(pause.windows))) for pause in pauses]
    return {
        'end_of_speech_to_final_ms_p50': float(np.percentile(delays, 50)),
        'end_of_speech_to_final_ms_p95': float(np.percentile(delays, 95)),
        **{f'cut_off_{kind}': {f'{seconds:g}_s': _share(
            [after <= seconds for clause, after in cuts if clause == wanted])
            for seconds in lengths} for kind, wanted in (('at_clause_ends', True),
                                                         ('in_phrases', False))},
        'cut_off': _share([after <= seconds for _, after in cuts for seconds in lengths])}


def _share(cut: list[bool]) -> str:
    return f'{sum(cut)} of {len(cut)}'
