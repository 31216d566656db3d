"""What a frame hears: the same columns as the whole clip, and silence as silence."""

from __future__ import annotations

from arrays import Golden
import numpy as np
import pytest
from sounds import spoken, START, timeline, tone
from txt2vid_ros.lipsync.wav2lip.audio import audio_window, mel, windows
from txt2vid_ros.media.speech_timeline import SpeechTimeline


def test_windows_equal_those_of_the_whole_clip(golden: Golden) -> None:
    wav = golden('mel_golden.npz')['wav']
    speech = timeline(wav)
    padded = np.concatenate((wav, np.zeros(16000, np.float32)))
    whole = mel.melspectrogram(padded)
    for k in range(25):
        start = windows.window_start(k / 25)
        expected = windows.window(whole, start)
        ours = audio_window.mel_window(speech, START + k / 25)
        # The first two columns see silence before the utterance; a lone clip is reflected there.
        first = max(0, 2 - start)
        np.testing.assert_array_equal(ours[:, first:], expected[:, first:])


def test_a_frame_heard_twice_or_out_of_order_is_the_same(golden: Golden) -> None:
    speech = timeline(golden('mel_golden.npz')['wav'])
    times = [START + k / 25 for k in (9, 3, 20, 3, 9)]
    heard = [audio_window.mel_window(speech, t) for t in times]
    np.testing.assert_array_equal(heard[1], heard[3])
    np.testing.assert_array_equal(heard[0], heard[4])


def test_the_training_shift_hears_40_ms_earlier(golden: Golden) -> None:
    speech = timeline(golden('mel_golden.npz')['wav'])
    np.testing.assert_array_equal(
        audio_window.mel_window(speech, START + 0.4, training_shift=True),
        audio_window.mel_window(speech, START + 0.36))


def test_it_looks_no_further_ahead_than_it_says(golden: Golden) -> None:
    wav = golden('mel_golden.npz')['wav']
    for k in range(20):
        known = wav[:round((k / 25 + audio_window.LOOK_AHEAD) * 16000)]
        cut, whole = timeline(known), timeline(wav)
        time = START + k / 25
        np.testing.assert_array_equal(audio_window.mel_window(cut, time),
                                      audio_window.mel_window(whole, time))
        assert audio_window.mouth_weight(cut, time) == audio_window.mouth_weight(whole, time)


def weights(speech: SpeechTimeline, start: float, stop: float) -> list[float]:
    return [audio_window.mouth_weight(speech, START + t) for t in np.arange(start, stop, 0.02)]


def test_the_mouth_rests_in_silence_and_moves_with_the_sound() -> None:
    speech = spoken(tone(1.0))
    assert weights(speech, -1, -0.2) == [0.0] * 40
    assert weights(speech, 0, 1.0) == [1.0] * 50
    assert set(weights(speech, 1.42, 2)) == {0.0}


def test_it_starts_and_ends_without_a_jump() -> None:
    speech = spoken(tone(1.0))
    course = np.array(weights(speech, -0.5, 1.7))
    assert np.abs(np.diff(course)).max() < 0.25
    rise = course[:26]
    assert np.all(np.diff(rise) >= 0) and np.all(np.diff(course[60:]) <= 0)


def test_a_pause_between_words_is_no_rest_and_a_long_one_is() -> None:
    gap = np.zeros(round(0.25 * 16000), np.float32)
    assert min(weights(spoken(np.concatenate((tone(0.5), gap, tone(0.5)))), 0, 1.2)) > 0.9
    long = np.zeros(16000, np.float32)
    assert min(weights(spoken(np.concatenate((tone(0.5), long, tone(0.5)))), 0.5, 1.5)) == 0


def test_an_utterance_of_silence_does_not_move_the_mouth() -> None:
    speech = spoken(np.full(16000, 1e-4, np.float32))
    assert set(weights(speech, -0.5, 1.5)) == {0.0}


def test_an_interruption_brings_the_mouth_to_rest() -> None:
    speech = spoken(tone(2.0))
    speech.end('a', round((START + 0.5) * 1e9))
    assert set(weights(speech, 0.96, 2.0)) == {0.0}
    assert min(weights(speech, 0.0, 0.5)) == 1.0


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, 1e30])
def test_bad_samples_do_not_blank_the_mouth(bad: float) -> None:
    wav = tone(1.0)
    wav[8000] = bad
    speech = spoken(wav)
    heard = audio_window.mel_window(speech, START + 0.4)
    assert np.isfinite(heard).all()
    assert weights(speech, 0, 1) == [1.0] * 50
