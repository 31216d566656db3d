"""16-bit PCM keeps its bytes through floating point, whatever the samples are."""

import numpy as np
from txt2vid_ros.core.pcm import from_s16, to_s16


def test_every_sample_survives_the_round_trip() -> None:
    every = np.arange(-32768, 32768, dtype='<i2')
    np.testing.assert_array_equal(to_s16(from_s16(every.tobytes())), every)


def test_what_is_too_loud_is_clipped_and_what_is_no_number_is_silent() -> None:
    samples = np.array([2.0, -2.0, 1.0, -1.0, np.nan, np.inf, -np.inf], np.float32)
    assert to_s16(samples).tolist() == [32767, -32768, 32767, -32768, 0, 32767, -32768]


def test_an_odd_last_byte_is_left_out() -> None:
    assert from_s16(b'\x00\x40\x01').tolist() == [0.5]
    assert from_s16(b'').tolist() == []
