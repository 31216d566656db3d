"""The figures of lips from sound alone, by voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lip_features import COUNTED, counted, Heard, NEAR, openings
import numpy as np
from txt2vid_ros.bench.lipsync.face_figures import CLOSED
from txt2vid_ros.lipsync.viseme.sound import audio_features as af
from txt2vid_ros.lipsync.viseme.sound import mouth_network
from txt2vid_ros.lipsync.viseme.sound.audio_pose import decided, SMOOTHED

Answer = Callable[[Heard], np.ndarray]


def network_poses(one: Heard) -> np.ndarray:
    """Return what the network answers at each column, as the engine takes it."""
    padded = np.pad(af.normalised(one.mel.astype(np.float32), one.usual),
                    ((-af.CONTEXT[0] - SMOOTHED[0], af.CONTEXT[1] + SMOOTHED[1]), (0, 0)),
                    mode='edge')
    even, odd = (decided(mouth_network.poses(padded[first:])) for first in (0, 1))
    found = np.empty((len(even) + len(odd), even.shape[1]), np.float32)
    found[::2], found[1::2] = even, odd
    return found[:len(one.mel)]


def figures(every: Sequence[Heard], answer: Answer = network_poses, *, by_source: bool = False
            ) -> dict[str, dict[str, float]]:
    """
    Return bilabials closed, false closures in open vowels and opening r, by voice, and the mean.

    A bilabial counts by the share of the 40 ms around its middle, that of a frame, in which its
    lips are closed, i.e. ask for less than CLOSED mouth widths. `shut_though_open` is the share of
    all heard columns that ask for more than twice that in which lips are closed.
    """
    parts: dict[str, list[tuple[np.ndarray, ...]]] = {}
    for one in every:
        found, asked = openings(answer(one)), openings(one.poses)
        shut, is_a = found < CLOSED, counted(one)
        near = np.mean([shut[np.clip(one.bilabials + d, 0, len(shut) - 1)] for d in NEAR], axis=0)
        source, name = one.voice.split(':')
        key = source if by_source else f'{source}:{name}'
        if source == 'espeak' and not by_source:
            key = f'espeak:{one.language}'
        parts.setdefault(key, []).append(
            (near, shut[is_a == COUNTED['open vowel']],
             shut[(is_a == COUNTED['open vowel']) | (is_a == COUNTED['other opening'])],
             found, asked))
    result = {key: _figures(part) for key, part in sorted(parts.items())}
    names = [*next(iter(result.values()))]
    result['mean'] = {name: round(float(np.mean([each[name] for each in result.values()])), 3)
                      for name in names}
    return result


def _figures(part: Sequence[tuple[np.ndarray, ...]]) -> dict[str, float]:
    near, false, small, found, asked = (np.concatenate(each) for each in zip(*part, strict=True))
    return {'bilabials_closed': round(float(near.mean()), 3) if len(near) else 0.0,
            'false_closures': round(float(false.mean()), 4) if len(false) else 0.0,
            'shut_though_open': round(float(small.mean()), 4) if len(small) else 0.0,
            'opening_r': round(float(np.corrcoef(found, asked)[0, 1]), 3),
            'bilabials': len(near)}
