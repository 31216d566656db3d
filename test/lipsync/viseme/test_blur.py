"""A wide blur on a smaller picture is the same blur."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from txt2vid_ros.lipsync.viseme.skin.blur import blurred


@pytest.mark.parametrize('sigma', [0.8, 5.0, 7.3, 12.4, 18.5, 40.0])
@pytest.mark.parametrize('shape', [(265, 275, 3), (177, 184), (31, 90)])
def test_it_is_the_gaussian_to_a_level_of_the_picture(
        sigma: float, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    picture = cv2.GaussianBlur(rng.uniform(0, 255, shape).astype(np.float32), (0, 0), 2)
    picture[shape[0] // 3:, shape[1] // 2:] += 100  # an edge as between skin and shadow
    wanted = cv2.GaussianBlur(picture, (0, 0), sigma)
    found = blurred(picture, sigma)
    assert found.shape == wanted.shape
    # At the border both guess, and differently where the blur is wider than the picture.
    wide = min(shape[:2]) < 3 * sigma
    edge = 0 if wide else max(1, round(sigma))
    inside = np.s_[edge:shape[0] - edge, edge:shape[1] - edge]
    assert np.abs(found - wanted)[inside].max() < (5 if wide else 2.5)
