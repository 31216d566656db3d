"""Sound comes in pieces of any length; what is put together is what was sent."""

from __future__ import annotations

import io
import itertools
import wave

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.providers.cloud.pcm_stream import PcmReader, WavReader

NUMBERS = np.arange(-3000, 3000, dtype='<i2')
CUTS = st.lists(st.integers(0, 12100), max_size=20).map(sorted)


def pieces(data, cuts):
    edges = [0, *cuts, len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


def wav(data, channels=1, width=2, rate=24000):
    file = io.BytesIO()
    with wave.open(file, 'wb') as opened:
        opened.setnchannels(channels)
        opened.setsampwidth(width)
        opened.setframerate(rate)
        opened.writeframes(data)
    return file.getvalue()


@given(CUTS)
def test_samples_are_whole_however_they_come(cuts):
    reader = PcmReader(24000, 24000)
    sound = np.concatenate([reader.push(piece) for piece in pieces(NUMBERS.tobytes(), cuts)])
    np.testing.assert_array_equal(sound * 32768, NUMBERS)


@given(CUTS)
def test_so_is_a_file(cuts):
    reader = WavReader(24000)
    parts = [reader.push(piece) for piece in pieces(wav(NUMBERS.tobytes()), cuts)]
    sound = np.concatenate([*parts, reader.push(b'', last=True)])
    np.testing.assert_array_equal(sound * 32768, NUMBERS)


@given(CUTS)
def test_a_file_that_tells_its_length_is_complete_with_its_last_sample(cuts):
    reader = WavReader(12000)
    sound = [reader.push(piece) for piece in pieces(wav(NUMBERS.tobytes()), cuts)]
    assert reader.complete
    assert sum(map(len, sound)) == pytest.approx(len(NUMBERS) / 2, abs=2)
    assert not len(reader.push(b'LIST', last=True))


def test_a_long_file_may_come_at_once():
    sound = WavReader(24000).push(wav(bytes(4 << 20)), last=True)
    assert len(sound) == 2 << 20


@given(st.binary(max_size=200), CUTS)
def test_no_bytes_break_it(data, cuts):
    reader = WavReader(24000)
    try:
        for piece in pieces(b'RIFF\0\0\0\0WAVE' + data, cuts):
            reader.push(piece)
        reader.push(b'', last=True)
    except ProviderError as error:
        assert '\n' not in error.problem


def test_converted_in_pieces_it_is_as_converted_at_once():
    time = np.arange(48000) / 48000
    data = (8000 * np.sin(2 * np.pi * 440 * time)).astype('<i2').tobytes()
    whole = PcmReader(48000, 24000).push(data, last=True)
    reader = PcmReader(48000, 24000)
    parts = [reader.push(data[at:at + 1001]) for at in range(0, len(data), 1001)]
    np.testing.assert_allclose(np.concatenate([*parts, reader.push(b'', last=True)]), whole,
                               atol=1e-4)


@pytest.mark.parametrize('given_', [
    {'channels': 2}, {'width': 1}, {'width': 4}, {'rate': 1000}])
def test_what_was_not_asked_for_is_refused(given_):
    with pytest.raises(ProviderError, match='not the 16-bit mono WAV'):
        WavReader(24000).push(wav(bytes(4000), **given_))


def test_a_file_that_is_too_short_is_told():
    with pytest.raises(ProviderError, match='broke off before its end') as caught:
        WavReader(24000).push(wav(bytes(4000))[:-100], last=True)
    assert caught.value.retriable
