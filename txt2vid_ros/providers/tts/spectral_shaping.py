"""
Shapes a voice between the network that predicts its spectra and the vocoder that sounds them.

F0 and spectra are there as after the analysis of a vocoder (M. Morise et al., "WORLD: A
Vocoder-Based High-Quality Speech Synthesis System", IEICE Trans. Inf. & Syst. E99-D(7), 2016), and
are changed in its place: nothing is analysed or resampled. The network's spectrum of the harmonics
means something where the voice has harmonics, and anything between them, so what is read of it is
read there. The network itself plans the length of every sound, at paces that are few: only
what is missing of the pace that is wanted is made here.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.providers.tts.voice_shape import VoiceShape

Array = NDArray[np.float32]

VOICED = 40.0
"""Hz of F0 from which on a frame is voiced."""
LOWEST, HIGHEST = 50.0, 500.0
"""Hz to which F0 is limited in voiced frames: lower it creaks, higher it carries no formants."""
FARTHEST = 2.0
"""Factor of the usual pitch beyond which F0 in a frame is an error at the edge of a sound."""
BREATH_FROM, BREATH_FULL = 500.0, 1500.0
"""Hz between which breath sets in: aspiration hides the upper harmonics (D. and L. Klatt,
"Analysis, synthesis, and perception of voice quality variations", JASA 87(2), 1990)."""
TILT_FROM, TILT_TO = 200.0, 3000.0
"""Hz outside which tilt goes no further."""
SPREAD = ((-1, 1 / 6), (0, 4 / 6), (1, 1 / 6))
"""What of a harmonic passes the rows beside its own, by a Hann window before and after."""
LOUDEST = 7.0
"""Level to which the vocoder limits what the network predicts."""
VOICE_TOP = 4800.0
"""Hz above which the residue is 20 dB louder than the harmonics, which are then moved as it is."""
MOST_PHASE = 0.9999
"""Of pi, where theta is still finite."""
DB = float(np.log(10) / 20)
"""Natural logarithm of the amplitude that is a decibel louder."""


@dataclasses.dataclass(frozen=True)
class Spectra:
    """
    What the network predicts of a run of speech; [bins, frames] float32, 0 Hz in the first row.

    Levels are natural logarithms of amplitudes.
    """

    harmonics: Array
    """Level of the harmonics of F0 where one is."""
    theta: Array
    """Phase of the harmonics: pi * tanh(theta)."""
    noise: Array
    """Level of the noise."""
    residue: Array
    """Level of what is not periodic: breath, hiss, bursts, creak."""
    residue_phase: Array
    """Its phase, radians."""
    f0: Array
    """Hz for each frame, [frames]; under VOICED where there is no voice."""


def usual_pitch(f0: Array) -> float:
    """Return the median F0 of the voiced frames, Hz; 200 where none is voiced."""
    voiced = f0[f0 > VOICED]
    return float(np.median(voiced)) if len(voiced) else 200.0


def stretched(spectra: Spectra, factor: float) -> Spectra:
    """Return the spectra in `factor` times as many frames, each the nearest of those there are."""
    count = len(spectra.f0)
    longer = max(1, round(count * factor))
    nearest = np.minimum(((np.arange(longer) + 0.5) * count / longer).astype(int), count - 1)
    # take() keeps rows together in memory, on which what follows depends for its speed.
    return Spectra(*(np.take(getattr(spectra, field.name), nearest, axis=-1)
                     for field in dataclasses.fields(spectra)))


class SpectralShaper:
    """Gives spectra another shape; what depends on the shape alone is computed once."""

    def __init__(self, shape: VoiceShape, pitch: float, bins: int, rate: int) -> None:
        """
        Take the shape and what it is a change of.

        `pitch` is the median F0 of the voice, Hz; `bins` is how many rows its spectra have, from
        0 Hz to half of `rate`.
        """
        self._shape = shape
        self._pitch = pitch
        frequency = np.linspace(0, rate / 2, bins)
        places = np.minimum(frequency / shape.formant, rate / 2) / frequency[1]
        self._bin_width = float(frequency[1])
        self._frequency = frequency.astype(np.float32)[:, np.newaxis]
        self._edge = int(VOICE_TOP / frequency[1])
        self._nearest = np.round(places).astype(int)
        self._below = np.minimum(places.astype(int), bins - 2)
        self._weight = (places - self._below).astype(np.float32)[:, np.newaxis]
        self._breath = (shape.breath * DB * np.clip(
            (self._frequency - BREATH_FROM) / (BREATH_FULL - BREATH_FROM), 0, 1)
                        ).astype(np.float32)
        # The source of the voice is tilted, not what hisses without it.
        octaves = np.log2(np.clip(self._frequency, TILT_FROM, TILT_TO) / TILT_FROM)
        self._tilt = (shape.tilt * DB * octaves).astype(np.float32)

    def shape(self, spectra: Spectra) -> Spectra:
        """Return the spectra of what the other voice says, in as many frames."""
        voiced = spectra.f0 > VOICED
        harmonics, theta, f0 = spectra.harmonics, spectra.theta, spectra.f0
        if voiced.any():
            own = _array(np.clip(_continued(spectra.f0, voiced),
                                 self._pitch / FARTHEST, self._pitch * FARTHEST))
            wanted = self.melody(own)
            harmonics, theta = self._harmonics(spectra, own, wanted)
            f0 = _array(wanted * voiced)
        residue = self._residue(spectra.residue)
        if self._shape.breath:
            harmonics = _array(harmonics - self._breath / 2)
            residue += self._breath * _smoothed(voiced)
        if self._shape.tilt and voiced.any():
            change = self._tilt + (_level((harmonics, residue), voiced) - _level(
                (harmonics + self._tilt, residue + self._tilt), voiced)) / 2
            harmonics = _array(harmonics + change)
            residue += change * _smoothed(voiced)
        # The noise is 30 to 60 dB under the residue; that keeps its phases, so that a burst stays
        # where it is within its frame.
        return Spectra(harmonics, theta, spectra.noise, residue,
                       spectra.residue_phase, f0)

    def melody(self, f0: Array) -> Array:
        """Return what F0 is in the other voice, Hz; `f0` is that of voiced frames."""
        distance = 12 * np.log2(f0 / self._pitch)
        moved = self._pitch * 2 ** ((distance * self._shape.range + self._shape.pitch) / 12)
        return _array(np.clip(moved, LOWEST, HIGHEST))

    def _harmonics(self, spectra: Spectra, own: Array, wanted: Array) -> tuple[Array, Array]:
        """Return level and theta of the harmonics of `wanted`, read from those of `own`."""
        levels, cosines, sines = self._at_harmonics(spectra, own)
        top = len(levels) - 1
        count = int(self._edge * self._bin_width / wanted.min()) + 1
        # The place of each wanted harmonic among the voice's own; the first is at 0.
        place = np.arange(1, count + 1, dtype=np.float32)[:, np.newaxis] * (
            wanted / (own * self._shape.formant)) - 1
        np.clip(place, 0, top, out=place)
        below = np.minimum(place.astype(np.intp), max(top - 1, 0))
        place -= below
        below *= len(own)
        below += np.arange(len(own))
        above = below + (len(own) if top else 0)

        def between(values: Array) -> Array:
            lower, upper = values.take(below), values.take(above)
            upper -= lower
            upper *= place
            upper += lower
            return upper

        # As many times fewer harmonics carry the same power.
        level = between(levels) + 0.5 * np.log(wanted / own)
        phase = np.arctan2(between(sines), between(cosines)) / np.pi
        theta = np.arctanh(np.clip(phase, -MOST_PHASE, MOST_PHASE))
        # Level and phase are the same over the whole width of a harmonic, as the analysis window
        # spreads it: phases that differed within it would cancel a part of it.
        harmonic = np.rint(self._frequency[:self._edge] * (1 / wanted)).astype(np.intp)
        np.clip(harmonic, 1, count, out=harmonic)
        harmonic -= 1
        harmonic *= len(own)
        harmonic += np.arange(len(own))
        rest = self._nearest[self._edge:]
        return (np.concatenate([level.take(harmonic), spectra.harmonics[rest]]),
                np.concatenate([theta.take(harmonic), spectra.theta[rest]]))

    def _at_harmonics(self, spectra: Spectra, f0: Array) -> tuple[Array, Array, Array]:
        """Return level, cosine and sine of the phase of each harmonic: [harmonics, frames]."""
        highest = self._frequency[self._edge, 0] / self._shape.formant
        count = int(highest / f0.min()) + 1
        places = np.rint(np.arange(1, count + 1, dtype=np.float32)[:, np.newaxis]
                         * (f0 / self._bin_width)).astype(np.intp)
        np.clip(places, 1, len(spectra.harmonics) - 2, out=places)
        places *= len(f0)
        places += np.arange(len(f0))
        real, imaginary = np.zeros((2, *places.shape), np.float32)
        for offset, share in SPREAD:
            at = places + offset * len(f0)
            size = np.exp(np.minimum(spectra.harmonics.take(at), LOUDEST)) * np.float32(share)
            phase = np.tanh(spectra.theta.take(at)) * np.float32(np.pi)
            real += size * np.cos(phase)
            imaginary += size * np.sin(phase)
        size = np.maximum(np.hypot(real, imaginary), np.float32(1e-6))
        return np.log(size), real / size, imaginary / size

    def _residue(self, spectrum: Array) -> Array:
        """Return a spectrum with its formants moved, interpolated between rows."""
        below: Array = spectrum[self._below]
        above: Array = spectrum[self._below + 1]
        above -= below
        above *= self._weight
        above += below
        return above


def _continued(f0: Array, voiced: NDArray[np.bool_]) -> Array:
    """Return F0 with what lies between voiced frames drawn from one to the next."""
    frames = np.flatnonzero(voiced)
    return _array(np.interp(np.arange(len(f0)), frames, f0[frames]))


def _smoothed(voiced: NDArray[np.bool_]) -> Array:
    """Return how much each frame is voiced, 0 to 1: a mean over three."""
    around = np.pad(voiced.astype(np.float32), 1, mode='edge')
    return _array((around[:-2] + around[1:-1] + around[2:]) / 3)


def _level(spectra: tuple[Array, Array], voiced: NDArray[np.bool_]) -> np.float32:
    """Return the natural logarithm of the mean power of both in the voiced frames."""
    power = sum(np.exp(2 * np.minimum(each[:, voiced], LOUDEST)).mean() for each in spectra)
    return np.float32(np.log(power))


def _array(values: NDArray[Any]) -> Array:
    made: Array = values.astype(np.float32)
    return made
