"""Several channels are mixed so that what is on them is heard, without clicks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.media.downmix import Downmixer

RATE = 16000


def tone(seconds: float = 2.0, hertz: float = 300.0) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
            ).astype(np.float32)


def noise(seed: int, level: float = 0.1) -> NDArray[np.float32]:
    return (level * np.random.default_rng(seed).standard_normal(2 * RATE)).astype(np.float32)


def mixed(channels: list[NDArray[np.float32]], size: int = 320) -> NDArray[np.float32]:
    frames = np.stack(channels, axis=1).astype(np.float32)
    downmixer = Downmixer(RATE)
    return np.concatenate([downmixer.process(frames[at:at + size])
                           for at in range(0, len(frames), size)])


def level(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.square(samples).mean()))


SOUND, SILENCE = tone(), np.zeros(2 * RATE, np.float32)


@pytest.mark.parametrize('size', [320, 1000, 8000])
@pytest.mark.parametrize('channels', [
    [SOUND, SOUND], [SOUND, -SOUND], [SOUND, -0.8 * SOUND], [SOUND, SILENCE], [SILENCE, SOUND],
    [SOUND, SOUND, -SOUND, -SOUND], [SOUND, -SOUND, SILENCE, SILENCE, SILENCE, SILENCE],
    [SILENCE, SILENCE, SOUND, SILENCE, SILENCE, SILENCE], [SOUND] * 8])
def test_a_sound_is_as_loud_whatever_the_channels_do(
        channels: list[NDArray[np.float32]], size: int) -> None:
    assert level(mixed(channels, size)) == pytest.approx(level(SOUND), rel=0.02)


def test_channels_with_different_sounds_are_both_heard() -> None:
    other = tone(hertz=1000)
    assert mixed([SOUND, other]) == pytest.approx((SOUND + other) / 2, abs=1e-6)
    heard = mixed([noise(1), noise(2)])
    assert heard == pytest.approx((noise(1) + noise(2)) / 2, abs=1e-6)


def test_antiphase_in_the_noise_of_a_room_is_heard_from_its_first_syllable() -> None:
    voice = np.concatenate([np.zeros(RATE, np.float32), tone(1.0)])
    heard = mixed([voice + noise(1, 0.002), -voice + noise(2, 0.002)])
    assert level(heard[RATE + RATE // 10:]) == pytest.approx(level(SOUND), rel=0.05)


def test_a_change_is_faded_into_and_does_not_flap() -> None:
    """In phase, then in antiphase, then in phase again: a sine without a step."""
    sign = np.ones(6 * RATE, np.float32)
    sign[2 * RATE:4 * RATE] = -1
    sound = tone(6.0, 100.0)
    # The sign changes where the sine is zero, so the channels themselves have no step.
    heard = mixed([sound, sign * sound])
    steepest = 0.5 * 2 * np.pi * 100 / RATE
    assert np.abs(np.diff(heard)).max() < 1.2 * steepest
    for second in range(6):
        # Each of the changes is over within 0.8 s.
        part = heard[second * RATE + 8 * RATE // 10:(second + 1) * RATE]
        assert level(part) == pytest.approx(level(SOUND), rel=0.02)


def test_two_who_speak_in_turn_on_a_side_each_are_both_heard() -> None:
    left = np.tile(np.repeat(np.array([1, 0], np.float32), RATE // 2), 4)
    voice = tone(4.0)
    heard = mixed([left * voice, (1 - left) * voice])
    for at in range(0, 4 * RATE, RATE // 2):
        assert level(heard[at + RATE // 10:at + RATE // 2]) > 0.45 * level(SOUND)


def test_no_samples_and_one_channel_are_nothing_to_mix() -> None:
    downmixer = Downmixer(RATE)
    assert downmixer.process(np.zeros((0, 2), np.float32)).shape == (0,)
    assert downmixer.process(SOUND[:10]) is not None
    assert downmixer.process(SOUND[:10, None]).tolist() == SOUND[:10].tolist()
