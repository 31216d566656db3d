"""
From timed sounds to a moving mouth: visemes blended as real lips blend them.

Co-articulation follows Cohen & Massaro, "Modeling coarticulation in synthetic visual speech"
(1993): each sound has, for each mouth shape, a dominance that rises before it and falls after
it, and the mouth is the mean of all targets, weighted by dominance. What speech cannot do
without is then enforced: lips meet on p, b and m, and the lower lip touches the teeth on f and v.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import ANTICIPATION, MouthTrack, Phoneme, SHAPE_INDEX, SHAPES
from txt2vid_ros.speaking.visemes.loudness import loudness_gain
from txt2vid_ros.speaking.visemes.segments import timing_lag, VisemeSegment
from txt2vid_ros.speaking.visemes.table import BEFORE_VOWEL, PAUSE, visemes_of

STEP = 0.01
"""Seconds between the points of a track."""
RELEASE = 0.16
"""Seconds the mouth takes to come to rest after the last sound before a pause."""

_SHORT_GAP = 0.12  # a pause under this does not close the mouth
_RISE, _FALL = 0.055, 0.065  # e-folding times of dominance before and after a sound, seconds
_DIPHTHONG = (0.55, 0.45)
_MIN_CONTACT = 0.045  # lips stay together at least so long, seconds, so that a frame shows it
_CONTACT_RAMP = 0.06
_LIP_TIME = 0.035  # time constants of the articulators, seconds (half a smoothing window)
_JAW_TIME = 0.05

Curve = NDArray[np.float64]


def mouth_track(
    phonemes: Sequence[Phoneme], samples: NDArray[np.float32] | None = None, rate: int = 0
) -> MouthTrack:
    """
    Return how the mouth moves for `phonemes`.

    With the clause's sound (`samples`, mono -1..1, at `rate` Hz, from the clause's start),
    louder sounds open the mouth further, and a constant lag of the timings is
    taken out. The track begins `ANTICIPATION` before the first sound
    and ends with the mouth at rest.
    """
    segments = segments_of(phonemes)
    if not segments:
        return MouthTrack(np.zeros(0), np.zeros((0, len(SHAPES)), np.float32))
    if samples is not None and rate > 0:
        lag = timing_lag(segments, samples, rate)
        segments = [
            dataclasses.replace(one, start=one.start - lag, stop=one.stop - lag)
            for one in segments
        ]
    start = segments[0].start - ANTICIPATION - 0.05
    stop = segments[-1].stop + RELEASE + 0.1
    times: Curve = np.arange(int(np.ceil((stop - start) / STEP)) + 1, dtype=np.float64)
    times = start + STEP * times
    curves = _blend(segments, times)
    curves = _stressed(curves, segments, times)
    if samples is not None and rate > 0:
        curves[:, SHAPE_INDEX['jaw_open']] *= loudness_gain(samples, rate, times)
    _smooth_columns(curves)
    activity = _activity(segments, times)
    curves *= activity[:, None]
    _enforce_contacts(curves, segments, times)
    return MouthTrack(times, np.clip(curves, 0, 1).astype(np.float32))


def segments_of(phonemes: Sequence[Phoneme]) -> list[VisemeSegment]:
    """Return the visemes of `phonemes` with their times; marks without a sound extend the last."""
    segments: list[VisemeSegment] = []
    begun: float | None = None
    for phoneme in phonemes:
        if phoneme.duration <= 0:
            continue
        visemes = visemes_of(phoneme.symbol)
        if not visemes:
            if phoneme.symbol in BEFORE_VOWEL:  # its time is the following vowel's
                begun = phoneme.start if begun is None else begun
            elif segments:
                segments[-1] = dataclasses.replace(segments[-1], stop=phoneme.end)
            continue
        shares = _DIPHTHONG if len(visemes) == 2 else (1 / len(visemes),) * len(visemes)
        begin = phoneme.start if begun is None else begun
        length, begun = phoneme.end - begin, None
        for viseme, share in zip(visemes, shares, strict=True):
            end = begin + share * length
            segments.append(VisemeSegment(viseme, begin, end, phoneme.stress))
            begin = end
    return _without_short_gaps(segments)


def _without_short_gaps(segments: list[VisemeSegment]) -> list[VisemeSegment]:
    """Drop pauses at the ends and inside a phrase, where the mouth goes on speaking."""
    while segments and segments[0].viseme is PAUSE:
        segments = segments[1:]
    while segments and segments[-1].viseme is PAUSE:
        segments = segments[:-1]
    kept: list[VisemeSegment] = []
    for segment in segments:
        if segment.viseme is PAUSE and segment.stop - segment.start < _SHORT_GAP:
            continue
        kept.append(segment)
    return kept


def _blend(segments: Sequence[VisemeSegment], times: Curve) -> Curve:
    """Return the dominance-weighted mean of the targets, (n, shapes)."""
    total = np.full((len(times), len(SHAPES)), 1e-6)
    weighted = np.zeros_like(total)
    for segment in segments:
        # A sound dominates its own span and gives way exponentially around its core.
        core = 0.25 * (segment.stop - segment.start)
        before = np.maximum(segment.start + core - times, 0) / _RISE
        after = np.maximum(times - (segment.stop - core), 0) / _FALL
        strength = np.exp(-(before + after))[:, None] * np.array(segment.viseme.dominance)
        total += strength
        weighted += strength * np.array(segment.viseme.target)
    return np.asarray(weighted / total)


def _stressed(curves: Curve, segments: Sequence[VisemeSegment], times: Curve) -> Curve:
    """Open the jaw further on stressed vowels and less on unstressed ones."""
    gain = np.zeros(len(times))
    weight = np.full(len(times), 1e-3)
    for segment in segments:
        if segment.viseme.vowel:
            middle = (segment.start + segment.stop) / 2
            near = np.exp(-(((times - middle) / 0.08) ** 2))
            gain += near * (0.92, 1.0, 1.12)[min(max(segment.stress, 0), 2)]
            weight += near
    factor = (gain + 1e-3) / weight
    stressed = curves.copy()
    stressed[:, SHAPE_INDEX['jaw_open']] *= factor
    return stressed


def _smooth_columns(curves: Curve) -> None:
    """Limit the speed of every shape, in place: Hann windows as long as an articulator needs."""
    for name, index in SHAPE_INDEX.items():
        half = _JAW_TIME if name == 'jaw_open' else _LIP_TIME
        points = max(1, round(half / STEP))
        window = np.hanning(2 * points + 3)[1:-1]
        padded = np.pad(curves[:, index], points, mode='edge')
        curves[:, index] = np.convolve(padded, window / window.sum(), mode='valid')


def _activity(segments: Sequence[VisemeSegment], times: Curve) -> Curve:
    """Return 1 while a phrase is spoken and 0 at rest, with anticipation and release."""
    active: Curve = np.zeros(len(times))
    for start, stop in _phrases(segments):
        rise = _ramp((times - (start - ANTICIPATION)) / ANTICIPATION)
        fall = _ramp((stop + RELEASE - times) / RELEASE)
        active = np.maximum(active, np.minimum(rise, fall))
    return active


def _phrases(segments: Sequence[VisemeSegment]) -> list[tuple[float, float]]:
    """Return the spans without a pause in them."""
    spans: list[tuple[float, float]] = []
    for segment in segments:
        if segment.viseme is PAUSE:
            continue
        if spans and segment.start - spans[-1][1] < _SHORT_GAP:
            spans[-1] = (spans[-1][0], segment.stop)
        else:
            spans.append((segment.start, segment.stop))
    return spans


def _enforce_contacts(curves: Curve, segments: Sequence[VisemeSegment], times: Curve) -> None:
    """Make the lips meet on bilabials and the lower lip touch on labiodentals, in place."""
    for name, shape in (('p_b_m', 'lips_closed'), ('f_v', 'lower_lip_in')):
        contact: Curve = np.zeros(len(times))
        for segment in segments:
            if segment.viseme.name != name:
                continue
            middle = (segment.start + segment.stop) / 2
            half = max(0.35 * (segment.stop - segment.start), _MIN_CONTACT / 2)
            distance = np.abs(times - middle) - half
            contact = np.maximum(contact, _ramp(1 - distance / _CONTACT_RAMP))
        column = SHAPE_INDEX[shape]
        curves[:, column] = contact
        for other in ('lower_lip_in', 'tongue_up') if shape == 'lips_closed' else ('tongue_up',):
            curves[:, SHAPE_INDEX[other]] *= 1 - contact


def _ramp(value: Curve) -> Curve:
    """Return a smooth step from 0 (at 0 and below) to 1 (at 1 and above)."""
    clipped = np.clip(value, 0, 1)
    smooth: Curve = clipped * clipped * (3 - 2 * clipped)
    return smooth
