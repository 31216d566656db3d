"""Whether a voice is fast enough for a conversation on this machine: measured once and kept."""

from __future__ import annotations

import dataclasses
import datetime
import json
import logging
from pathlib import Path
import time

from txt2vid_ros.core.locales import language_of
from txt2vid_ros.core.models.store import cache_dir
from txt2vid_ros.core.process.machine import identity, usable_cores
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.speaking.voice import TextToSpeech

log = logging.getLogger(__name__)

LIMIT = 1.0
"""Seconds that a second of speech may take; with clauses made ahead, any less will do."""
GRAPH_CORES = 0.6
"""That the rest of the graph takes (README, Figures)."""
_RUNS = 3
_OWN = 0.8
"""Share of a core that the voice gets at least where nothing else wants it."""
_SENTENCES = {
    'en': 'The old bridge was closed for most of the summer.',
    'es': 'El puente viejo estuvo cerrado casi todo el verano.',
    'fr': 'Le vieux pont est resté fermé presque tout le mois.',
    'hi': 'पुराना पुल पूरी गर्मी बंद रहा।',
    'it': 'Il vecchio ponte è rimasto chiuso per quasi tutto il mese.',
    'ja': '古い橋は夏の間ずっと閉まっていました。',
    'pt': 'A ponte velha ficou fechada quase todo o verão.',
    'zh': '那座旧桥几乎整个夏天都关闭了。'}


@dataclasses.dataclass(frozen=True)
class LiveSpeed:
    """What was measured."""

    real_time_factor: float
    """Seconds for a second of speech, when nothing else runs."""
    cores: float
    """Seconds of processor time for a second of speech."""
    date: str
    """ISO 8601."""
    busy: bool = False
    """Whether the machine had other work meanwhile."""

    def problem(self, name: str) -> str:
        """Return why the voice cannot speak live, '' where it can."""
        found = self._problem(name)
        return f'{found}; the machine was busy' if found and self.busy else found

    def _problem(self, name: str) -> str:
        if self.real_time_factor >= LIMIT:
            return (f'{name} needs {self.real_time_factor:.2f} s on this machine for a second of '
                    f'speech (measured {self.date}), and cannot speak live')
        if self.cores + GRAPH_CORES > usable_cores():
            return (f'{name} needs {self.cores:.2f} of the {usable_cores()} cores here, which the '
                    'rest of the graph needs too, and cannot speak live')
        return ''


class LiveSpeeds:
    """What is known of voices; what is measured and not kept holds as long as this does."""

    def __init__(self) -> None:
        """Begin with what is kept."""
        self._measured: dict[str, LiveSpeed] = {}

    def problem(self, voice: TextToSpeech) -> str:
        """Return why a loaded voice cannot speak live, '' where it can; measure where unknown."""
        name = voice.measured_as
        speed = kept_speed(name) or self._measured.get(name) or measured_speed(voice)
        self._measured[name] = speed
        return speed.problem(voice.name)


def kept_speed(name: str) -> LiveSpeed | None:
    """Return what was measured here of a voice whose `measured_as` is `name`."""
    try:
        return LiveSpeed(**json.loads(_note(name).read_text(encoding='utf-8')))
    except (OSError, ValueError, TypeError):
        return None


def measured_speed(voice: TextToSpeech) -> LiveSpeed:
    """
    Measure a loaded voice, and keep the result with the machine's identity.

    That it is too slow is not kept where the machine was busy.
    """
    language = next(iter(voice.capabilities.languages), 'en')
    sentence = _SENTENCES.get(language_of(language), _SENTENCES['en'])
    runs = []
    for _ in range(_RUNS):
        began, used = time.perf_counter(), time.process_time()
        said = sum(len(chunk.samples) for chunk in voice.synthesize(sentence, lambda: False))
        seconds = max(said, 1) / voice.capabilities.sample_rate
        cores = (time.process_time() - used) / seconds
        runs.append((cores, (time.perf_counter() - began) / seconds))
    cores, waited = min(runs)
    # On a busy machine it waits for the processor; what it uses of it is the better measure.
    speed = LiveSpeed(min(cores, waited), cores, datetime.date.today().isoformat(),
                      cores < _OWN * waited)
    if speed.busy and speed.problem(voice.name):
        # Other work slows it in ways that no figure shows: it may be fast enough tomorrow.
        return speed
    try:
        with replacing(_note(voice.measured_as)) as note:
            note.write_text(json.dumps(dataclasses.asdict(speed)), encoding='utf-8')
    except OSError as error:
        log.info('how fast %s is will be measured again: %s', voice.name, error)
    return speed


def _note(name: str) -> Path:
    return cache_dir() / 'live_speed' / f'{name}-{identity()}.json'
