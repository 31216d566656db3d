"""From the symbols of a voice's model, with their lengths, to phonemes."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses

from txt2vid_ros.core.mouth import Phoneme

STRESS = {'ˈ': 2, 'ˌ': 1}
PAUSES = frozenset(' ;:,.!?—…"()“”_^$')
MODIFIERS = frozenset('\u0303ːʰʲᵝ↓→↗↘')
"""Nasal, long, aspirated, ...; the arrows are tones."""


def phonemes_from_symbols(symbols: Iterable[tuple[str, float]]) -> tuple[Phoneme, ...]:
    """
    Return the phonemes of symbols with lengths in seconds; times count from the first symbol.

    A stress mark's time belongs to the sound after it, a modifier's to the sound before it;
    spaces and punctuation are gaps, and a word begins after them.
    """
    sounds: list[Phoneme] = []
    clock, stress, pending, between = 0.0, 0, 0.0, True
    for symbol, seconds in symbols:
        if symbol in STRESS:
            stress, pending = STRESS[symbol], pending + seconds
        elif symbol in MODIFIERS and sounds:
            last = sounds[-1]
            sounds[-1] = dataclasses.replace(last, symbol=last.symbol + symbol,
                                             duration=last.duration + seconds)
        elif symbol in PAUSES:
            between = True
        else:
            sounds.append(Phoneme(symbol, clock - pending, seconds + pending, stress, between))
            stress, pending, between = 0, 0.0, False
        clock += seconds
    return tuple(sounds)
