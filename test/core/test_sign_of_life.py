"""A process knows for how long its predecessor, which was killed, is still remembered."""

from __future__ import annotations

import os
from pathlib import Path
import time

import pytest
from txt2vid_ros.core.process.sign_of_life import SignOfLife


@pytest.mark.parametrize(('ago', 'left'), [(0.0, 1000.0), (400.0, 600.0), (2000.0, 0.0),
                                           (-5000.0, 1000.0)])
def test_what_is_left_after_a_kill_and_nothing_after_an_end(tmp_path: Path, ago: float,
                                                            left: float) -> None:
    file = tmp_path / 'state' / 'sign'
    sign = SignOfLife(file)
    assert sign.left_of(1000.0) == 0.0
    sign.give()
    os.utime(file, (time.time(), time.time() - ago))
    assert sign.left_of(1000.0) == pytest.approx(left, abs=60.0 if left else 0.0)
    sign.end()
    assert sign.left_of(1000.0) == 0.0
