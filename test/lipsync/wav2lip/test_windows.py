"""Which columns a frame hears, against the golden window starts."""

from __future__ import annotations

import json
import pathlib
import re

import numpy as np
import pytest
from txt2vid_ros.lipsync.wav2lip.audio import mel, windows


def published_window_starts(columns: int, fps: float) -> list[int]:
    """
    Return the window starts of the published inference for a mel of `columns` columns.

    One output frame each; the clip loses about 0.2 s at its end, which ours does not.
    Raises ValueError where not even one window fits.
    """
    last = columns - mel.WINDOW
    if last < 0:
        raise ValueError(f'{columns} mel columns are fewer than the {mel.WINDOW} of one window')
    starts: list[int] = []
    while (start := int(len(starts) * mel.COLUMNS_PER_SECOND / fps)) <= last:
        starts.append(start)
    return [*starts, last]


def test_published_window_starts(golden_dir: pathlib.Path) -> None:
    cases = json.loads((golden_dir / 'mel_chunks.json').read_text())
    seen = 0
    for key, expected in cases.items():
        if match := re.fullmatch(r'L(\d+)_fps([\d.]+)', key):
            assert published_window_starts(int(match[1]), float(match[2])) == expected, key
            seen += 1
    assert seen >= 12


@pytest.mark.parametrize('fps', [24, 25, 29.97, 30, 50, 60])
def test_a_clip_keeps_its_tail_and_agrees_with_the_published_starts(fps: float) -> None:
    wav = np.zeros(3 * 16000, np.float32)
    ours = windows.window_starts(3.0, fps)
    published = published_window_starts(mel.melspectrogram(wav).shape[1], fps)
    assert len(ours) == round(3 * fps)
    assert ours[:len(published) - 1] == published[:-1]
    assert windows.windows(wav, fps).shape == (round(3 * fps), 80, 16)


def test_the_training_shift_is_forty_milliseconds() -> None:
    plain = windows.window_starts(2.0, 25)
    shifted = windows.window_starts(2.0, 25, training_shift=True)
    assert shifted[1:] == plain[:-1]


def test_silence_stands_before_and_after_the_clip() -> None:
    spectrogram = np.ones((80, 20), np.float32)
    before, after = windows.window(spectrogram, -3), windows.window(spectrogram, 18)
    assert np.all(before[:, :3] == mel.SILENCE) and np.all(before[:, 3:] == 1)
    assert np.all(after[:, :2] == 1) and np.all(after[:, 2:] == mel.SILENCE)
    assert np.all(windows.window(spectrogram, 99) == mel.SILENCE)


def test_too_short_for_one_published_window() -> None:
    with pytest.raises(ValueError, match='15 mel columns'):
        published_window_starts(15, 25)


def test_an_empty_clip_has_no_windows() -> None:
    assert windows.windows(np.zeros(0, np.float32), 25).shape == (0, 80, 16)
