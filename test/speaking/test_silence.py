"""The silence around speech is found, and the speech is not bitten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from txt2vid_ros.core.mouth import ONSET_MARGIN
from txt2vid_ros.speaking.phonetics.silence import audible_range

RATE = 24000


@given(before=st.integers(0, 20000), length=st.integers(240, 20000), after=st.integers(0, 20000))
def test_the_sound_and_a_margin_are_kept(before: int, length: int, after: int) -> None:
    sound = np.concatenate([np.zeros(before), np.full(length, 0.1), np.zeros(after)])
    found = audible_range(sound.astype(np.float32), RATE)
    assert found is not None
    first, last = found
    assert 0 <= first <= before
    assert before + length <= last <= len(sound) or last >= before + length - RATE // 200
    assert before - first <= ONSET_MARGIN * RATE + RATE // 200
    assert last - before - length <= ONSET_MARGIN * RATE + RATE // 200


@given(st.integers(0, 5000))
def test_silence_and_faint_noise_are_nothing(length: int) -> None:
    noise = np.random.default_rng(0).uniform(-0.002, 0.002, length).astype(np.float32)
    assert audible_range(noise, RATE) is None
