"""The mel spectrogram against the golden data, whole and streamed."""

from __future__ import annotations

from arrays import Array, Golden
import numpy as np
import pytest
from txt2vid_ros.lipsync.wav2lip.audio import mel


def test_equals_the_golden_mel(golden: Golden) -> None:
    data = golden('mel_golden.npz')
    ours = mel.melspectrogram(data['wav'])
    assert ours.dtype == np.float32
    np.testing.assert_allclose(mel.mel_basis(), data['mel_basis'], atol=1e-7)
    np.testing.assert_allclose(ours, data['mel'], atol=1e-4)


def test_sixteen_bit_samples_give_their_golden_mel(golden: Golden) -> None:
    data = golden('mel_golden.npz')
    ours = mel.melspectrogram(data['wav_s16'].astype(np.float32) / 32768)
    np.testing.assert_allclose(ours, data['mel_from_s16'], atol=1e-4)


def test_digital_silence_is_the_lowest_value_everywhere(golden: Golden) -> None:
    data = golden('mel_golden.npz')
    ours = mel.melspectrogram(np.zeros(3200, np.float32))
    np.testing.assert_array_equal(ours, data['mel_silence_3200'])
    assert np.all(ours == mel.SILENCE)


@pytest.mark.parametrize('sizes', [[1], [160], [199, 200, 201], [3200], [7, 5000, 0, 401]])
@pytest.mark.parametrize('length', [16000, 15999, 799, 401, 400, 399, 200, 3])
def test_any_chunking_gives_exactly_the_same_columns(
        golden: Golden, sizes: list[int], length: int) -> None:
    wav = golden('mel_golden.npz')['wav'][:length]
    stream, columns, at, turn = mel.MelStream(), [], 0, 0
    while at < len(wav):
        size = sizes[turn % len(sizes)]
        columns.append(stream.push(wav[at:at + size]))
        at, turn = at + size, turn + 1
    columns.append(stream.flush())
    np.testing.assert_array_equal(np.concatenate(columns, axis=1), mel.melspectrogram(wav))


def test_a_column_comes_as_soon_as_it_is_final(golden: Golden) -> None:
    wav = golden('mel_golden.npz')['wav']
    stream = mel.MelStream()
    given = 0
    for n in range(100, 5000, 100):
        given += stream.push(wav[n - 100:n]).shape[1]
        assert given == max(0, (n - 400) // 200 + 1)


def test_a_stream_of_an_hour_keeps_no_more_than_a_moment() -> None:
    stream = mel.MelStream()
    for _ in range(200):
        stream.push(np.ones(4000, np.float32))
    assert len(stream._tail) < 8000


def test_short_and_empty_clips() -> None:
    assert mel.melspectrogram(np.zeros(0, np.float32)).shape == (80, 0)
    assert mel.melspectrogram(np.ones(1, np.float32)).shape == (80, 1)


@pytest.mark.parametrize('bad', [np.zeros((2, 100), np.float32), np.zeros(100, np.int16)])
def test_other_than_mono_float_is_refused(bad: Array) -> None:
    with pytest.raises(ValueError, match='mono float'):
        mel.melspectrogram(bad)


def test_a_flushed_stream_takes_no_more() -> None:
    stream = mel.MelStream()
    stream.push(np.zeros(1000, np.float32))
    stream.flush()
    with pytest.raises(ValueError, match='flushed'):
        stream.push(np.zeros(1, np.float32))
