"""
Times the words and sounds of a clause while its speech is being made.

Sound is held back until the word in it is certain, and handed out word by word: a word is certain
once the next has begun and what comes after it has been heard for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.resampling import Resampler
from txt2vid_ros.providers.alignment import acoustics
from txt2vid_ros.speaking.phonetics.alignment import align, SoundUnit
from txt2vid_ros.speaking.phonetics.ipa import phonemes_from_symbols
from txt2vid_ros.speaking.voice import SpeechChunk

CERTAIN = 30
"""Frames that have to be heard behind a word before its end is taken for certain."""
STEP = 12
"""Frames from search to search."""
LONGEST_HOLD = 150
"""Frames without a certain word after which the sound goes out without times."""
AHEAD = 8
"""Words that are searched for at a time: more than are said in LONGEST_HOLD."""
CONTEXT = 60
"""Frames before the first word in question that its features are made with."""
_UNKNOWN = ('ə',)
"""What a word is taken for whose pronunciation is not known."""


@dataclasses.dataclass(frozen=True)
class _Word:
    sounds: tuple[Phoneme, ...]
    units: tuple[tuple[SoundUnit, ...], ...]
    """Those of each sound."""

    @property
    def length(self) -> int:
        return sum(map(len, self.units))


class AlignedClause:
    """The speech of one clause on its way from a voice to its listeners."""

    def __init__(self, words: Sequence[Sequence[str]], rate: int) -> None:
        """Take the IPA symbols, with stress marks, of each word, and the Hz of the speech."""
        self._words = [_word(symbols or _UNKNOWN) for symbols in words]
        self._rate = rate
        self._resampler = Resampler(rate, SPEECH_RATE)
        self._pending: NDArray[np.float32] = np.zeros(0, np.float32)
        """Speech that was not handed out."""
        self._heard: NDArray[np.float32] = np.zeros(0, np.float32)
        """The same at SPEECH_RATE, from CONTEXT frames before on."""
        self._before = 0
        """Frames of `_heard` that were handed out: where `_pending` begins in it."""
        self._searched = 0

    def push(self, samples: NDArray[np.float32], last: bool = False) -> Iterator[SpeechChunk]:
        """Take what follows; yield what is certain by now, with `last` all of it."""
        self._pending = np.concatenate([self._pending, samples])
        heard = self._resampler.push(samples)
        self._heard = np.concatenate([self._heard, heard,
                                      *([self._resampler.rest()] if last else [])])
        frames = len(self._heard) // acoustics.FRAME_SAMPLES - self._before
        if not last and frames - self._searched < STEP:
            return
        self._searched = frames
        if last:
            yield from self._all()
            return
        chunk = self._certain(frames)
        if chunk is not None:
            yield chunk
        elif frames > LONGEST_HOLD:
            yield self._handed_out(frames - CERTAIN, (), ())

    def _all(self) -> Iterator[SpeechChunk]:
        if not len(self._pending):
            return
        spans = self._spans(complete=True) if self._words else []
        sounds, begins = self._timed(spans, len(self._words))
        self._words = []
        yield SpeechChunk(self._pending, sounds or None, last=True, words=begins)
        self._pending = self._pending[:0]

    def _certain(self, frames: int) -> SpeechChunk | None:
        """Return the words that are certain, up to where the next one begins."""
        if len(self._words) < 2:
            return None
        spans = self._spans(complete=False)
        at, count, cut = 0, 0, 0
        for number, word in enumerate(self._words[:AHEAD][:-1]):
            at += 1 + word.length
            # The pause behind the word is at `at`, the first unit of the next word behind it.
            if at + 1 >= len(spans) or spans[at - 1][1] > frames - CERTAIN:
                break
            count, cut = number + 1, min(spans[at][1], frames - CERTAIN)
        if not count:
            return None
        sounds, begins = self._timed(spans, count)
        self._words = self._words[count:]
        return self._handed_out(cut, sounds, begins)

    def _spans(self, *, complete: bool) -> list[tuple[int, int]]:
        """Return each unit's frames from where `_pending` begins; a pause precedes each word."""
        found = acoustics.features(self._heard)[self._before:]
        units = [unit for word in self._words[:None if complete else AHEAD]
                 for unit in (acoustics.pause(), *(one for each in word.units for one in each))]
        return align([*units, acoustics.pause()], acoustics.likelihoods(found), complete=complete)

    def _timed(self, spans: Sequence[tuple[int, int]], count: int
               ) -> tuple[tuple[Phoneme, ...], tuple[float, ...]]:
        """Return the sounds of the first words with their times, and when each word begins."""
        sounds: list[Phoneme] = []
        begins: list[float] = []
        at = 0
        for word in self._words[:count]:
            at += 1
            begins.append(spans[at][0] * acoustics.FRAME)
            for sound, units in zip(word.sounds, word.units, strict=True):
                start, end = spans[at][0], spans[at + len(units) - 1][1]
                sounds.append(dataclasses.replace(sound, start=start * acoustics.FRAME,
                                                  duration=(end - start) * acoustics.FRAME))
                at += len(units)
        return tuple(sounds), tuple(begins)

    def _handed_out(self, cut: int, sounds: tuple[Phoneme, ...], begins: tuple[float, ...]
                    ) -> SpeechChunk:
        """Return the sound up to a frame, which the next search begins with."""
        end = round(cut * acoustics.FRAME * self._rate)
        chunk = SpeechChunk(self._pending[:end], sounds or None, words=begins)
        self._pending = self._pending[end:]
        behind = max(0, self._before + cut - CONTEXT)
        self._heard = self._heard[behind * acoustics.FRAME_SAMPLES:]
        self._before += cut - behind
        self._searched = 0
        return chunk


def _word(symbols: Sequence[str]) -> _Word:
    sounds = phonemes_from_symbols((symbol, 1.0) for symbol in symbols)
    return _Word(sounds, tuple(tuple(acoustics.units_of([each.symbol])) for each in sounds))
