"""The rulers of the benchmarks are right themselves."""

from __future__ import annotations

from pathlib import Path
import wave

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from txt2vid_ros.bench.commands import sender
from txt2vid_ros.bench.commands.sync import clap_times, figures, flash_times
from txt2vid_ros.bench.rig.floor import endpoint_ms, over_floor
from txt2vid_ros.bench.rig.viewer import Decoded, presentation_time
from txt2vid_ros.bench.speech.clap import ClapVoice, LENGTH
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import STREAM_RATE, VOICE_RATE


def show(late: float, drift: float = 0.0, claps: int = 8, lost: tuple[int, ...] = ()) -> Decoded:
    """Return a stream whose flashes are `late` seconds behind, and more by `drift` a minute."""
    rate = STREAM_RATE
    sample_times = 1.0 + np.arange((claps + 1) * rate) / rate
    frame_times = 1.0 + np.arange((claps + 1) * 25) / 25
    samples = np.zeros(len(sample_times), np.float32)
    light = np.full(len(frame_times), 16.0)
    for number in range(claps):
        begin = 1.3 + number * 1.0037  # another phase against the frames for each
        loud = (sample_times >= begin) & (sample_times < begin + LENGTH)
        samples[loud] = 0.8 * np.sin(2 * np.pi * 3000 * sample_times[loud])
        if number in lost:
            continue
        middle = begin + LENGTH / 2 + late + drift * begin / 60
        share = np.clip(1 - np.abs(frame_times - middle) / 0.04, 0, 1)
        light += share * 219
    return Decoded(light, frame_times, samples, sample_times)


@given(st.floats(-0.15, 0.15))
def test_an_offset_is_measured_to_three_milliseconds(late: float) -> None:
    measured = figures(show(late))
    assert measured['offset_ms_median'] == pytest.approx(late * 1000, abs=3)
    assert measured['offset_ms_p95'] == pytest.approx(abs(late) * 1000, abs=4)
    assert measured['claps'] == 8
    assert measured['claps_lost'] == 0


def test_a_drift_is_measured() -> None:
    assert figures(show(0, 0.03, 60))['drift_ms_per_min'] == pytest.approx(30, abs=2)
    assert abs(figures(show(0.01, 0.0, 60))['drift_ms_per_min']) < 2


def test_flashes_that_are_missing_are_counted() -> None:
    measured = figures(show(0.0, lost=(2, 5)))
    assert (measured['claps'], measured['claps_lost']) == (6, 2)


def test_too_few_claps_are_said() -> None:
    with pytest.raises(UserError, match=r'only 2 belong together.*--seconds'):
        figures(show(0.0, claps=2))
    with pytest.raises(UserError, match='only 0 belong together'):
        figures(show(0.0, lost=tuple(range(8))))


def test_the_claps_of_the_clap_voice_are_found_where_they_are() -> None:
    sound = np.concatenate([c.samples for c in ClapVoice().synthesize('xxx', lambda: False)])
    found = clap_times(sound, np.arange(len(sound)) / VOICE_RATE)
    np.testing.assert_allclose(found, [0.52, 1.52, 2.52], atol=0.001)


def test_in_darkness_there_is_no_flash() -> None:
    assert len(flash_times(np.full(50, 16.0), np.arange(50) / 25)) == 0


@given(st.integers(0, 2**33 - 1), st.booleans())
def test_a_presentation_time_is_read(ticks: int, adaptation: bool) -> None:
    stamp = bytes([0x21 | (ticks >> 30 & 7) << 1, ticks >> 22 & 0xFF,
                   (ticks >> 15 & 0x7F) << 1 | 1, ticks >> 7 & 0xFF, (ticks & 0x7F) << 1 | 1])
    pes = b'\0\0\1\xe0\0\0\x80\x80\5' + stamp
    extra = b'\7\x50' + bytes(6) if adaptation else b''
    packet = bytes([0x47, 0x41, 0x00, 0x30 if adaptation else 0x10]) + extra + pes
    assert presentation_time(packet.ljust(188, b'\xff')) == pytest.approx(ticks / 90000)


@pytest.mark.parametrize('packet', [
    b'\x47\x01\x00\x10' + b'\0\0\1\xe0\0\0\x80\x80\5' + bytes(5),  # does not begin anything
    b'\x47\x41\x00\x10' + b'\0\0\1\xe0\0\0\x80\x00\5' + bytes(170),  # has no stamp
    b'\x47\x41\x00\x10' + b'\0\0\2\xe0\0\0\x80\x80\5' + bytes(170),  # is no PES packet
    b'\x47\x41\x00\x30\xb7' + bytes(183)])
def test_a_packet_without_one_has_none(packet: bytes) -> None:
    assert presentation_time(packet) is None


@pytest.mark.parametrize(('said', 'heard', 'wrong'), [
    ('a b c', 'a b c', 0), ('a b c', 'a x c', 1), ('a b c', 'a c', 1), ('a b', 'a b c d', 2),
    ('', 'a', 1), ('a b c', '', 3), ('a b', 'b a', 2)])
def test_wrong_missing_and_added_words_count(said: str, heard: str, wrong: int) -> None:
    assert sender.distance(said.split(), heard.split()) == wrong


def test_case_punctuation_and_abbreviations_are_no_errors() -> None:
    assert sender.spoken_words('Mr. Dashwood’s TEN, of-clubs!') == [
        'mister', "dashwood's", 'ten', 'of', 'clubs']


def test_recordings_lie_in_the_file_where_their_spans_say(tmp_path: Path) -> None:
    speech = np.concatenate([np.full(8000, 0.5), np.full(8000, 0.001)]).astype(np.float32)
    spans = sender.compose([(speech, 'a'), (speech, 'b')], tmp_path / 'all.wav')
    # A second before the first; its loud half ends at 1.5; the pause is as long as it and a gap.
    assert spans[0] == pytest.approx((1.0, 1.5, 3.0 + sender.GAP))
    assert spans[1] == pytest.approx((3.0 + sender.GAP, 3.5 + sender.GAP, 5.0 + 2 * sender.GAP))
    with wave.open(str(tmp_path / 'all.wav')) as opened:
        sound = np.frombuffer(opened.readframes(10 ** 7), '<i2')
    loud = np.flatnonzero(sound > 10000) / 16000
    for begin, end, _ in spans:
        inside = loud[(loud >= begin) & (loud < end)]
        assert len(inside) == 8000
    assert len(loud) == 16000


def test_words_and_delays_are_counted_from_where_the_speech_ends() -> None:
    recording = sender._GraphRecording()
    recording.begin = 50 * SECOND
    spans = [(1.0, 3.0, 9.0), (9.0, 10.0, 16.0), (16.0, 17.0, 20.0)]
    # One heard whole, one in two parts with a word wrong, one not at all.
    recording.finals = [(3.6, 'Go forward.', 51 * SECOND), (9.9, 'ten', 59 * SECOND),
                        (10.8, 'cubs', 60 * SECOND)]
    recording.voices = {51 * SECOND: 3.9, 60 * SECOND: 11.5}
    silence = np.zeros(16000, np.float32)
    found = sender._figures(
        (recording, 0.02), [(silence, 'go forward'), (silence, 'ten clubs'), (silence, 'five')],
        spans)
    assert found['wer'] == pytest.approx(2 / 5)
    assert found['end_of_speech_to_final_ms_p50'] == pytest.approx(700)
    assert found['end_of_speech_to_final_ms_p95'] == pytest.approx(790)
    assert found['end_of_speech_to_voice_ms_p50'] == pytest.approx(900)
    assert found['capture_cores'] == 0.02


def test_a_delay_is_told_over_what_cannot_be_avoided() -> None:
    # Half a second where the voice takes 100 ms and all else 150.
    assert over_floor([400.0, 500.0, 900.0], [50.0, 100.0, 300.0], 150.0) == pytest.approx(2.0)
    assert np.isnan(over_floor([], [100.0], 150.0))
    assert endpoint_ms('words') == 300
    assert endpoint_ms('silence') == 500
