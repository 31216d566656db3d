"""A noisy picture stays as noisy where its mouth moves; a clean one gets no noise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from txt2vid_ros.lipsync.viseme.skin.grain import grain_of
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held, opened, silence

CHIN = (slice(312, 336), slice(290, 325))
UPPER_LIP = (slice(265, 274), slice(290, 320))


def session(frame: np.ndarray, name: str):
    return opened(DrivingMedia([frame], 25.0, name))


def noisy(sigma: float) -> np.ndarray:
    clean = load_driving(width=640, height=480).frames[0]
    noise = np.random.default_rng(7).normal(0, sigma, clean.shape[:2])
    return np.clip(clean + noise[..., None], 0, 255).astype(np.uint8)


def fine(picture: np.ndarray) -> float:
    """Return the standard deviation of what is finer than three pixels."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.5)).std())


@pytest.mark.parametrize('sigma', [5.0, 10.0])
@pytest.mark.parametrize('jaw', [0.0, 0.3, 0.7])
def test_grain_is_the_same_where_the_skin_moved(sigma: float, jaw: float) -> None:
    frame = noisy(sigma)
    picture = session(frame, f'noisy {sigma}').render(0, 0, held(jaw_open=jaw))
    for area in (CHIN, UPPER_LIP):
        assert fine(picture[area]) == pytest.approx(fine(frame[area]), rel=0.2)


def test_outside_of_the_mouth_and_jaw_noise_is_untouched() -> None:
    frame = noisy(8.0)
    changed = (session(frame, 'noisy').render(0, 0, held(jaw_open=1.0)) != frame).any(axis=2)
    assert changed.any()
    assert not changed[:220].any()
    assert not changed[:, :200].any()


def test_a_still_picture_does_not_seethe() -> None:
    face = session(noisy(8.0), 'noisy')
    assert (face.render(0, 0, silence()) == face.render(3, 0, silence())).all()


def test_a_clean_picture_has_no_grain() -> None:
    assert grain_of(load_driving(width=640, height=480).frames[0][CHIN]) == 0
    assert grain_of(noisy(8.0)[CHIN]) == pytest.approx(8.0, rel=0.15)
