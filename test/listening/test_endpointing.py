"""Speech begins, pauses and ends where it does; every window of it belongs to one segment."""

from __future__ import annotations

import numpy as np
import pytest
from txt2vid_ros.listening.endpointing import Endpointer, EndpointingSettings, Event
from txt2vid_ros.listening.segments import SpeechSegment, SpeechSegmenter, Window

STEP = 0.032


def windows(*stretches: tuple[float, float]) -> list[float]:
    """Return probabilities: (seconds, probability) after each other."""
    return [p for seconds, p in stretches for _ in range(round(seconds / STEP))]


def events(probabilities: list[float], **settings: float) -> list[tuple[Event, float]]:
    """Return what happened and at which second speech began or ended."""
    endpointer = Endpointer(EndpointingSettings(**settings), STEP)
    return [(mark.event, mark.window * STEP) for p in probabilities for mark in endpointer.push(p)]


def cut(probabilities: list[float], settings: EndpointingSettings) -> list[SpeechSegment]:
    """Return all segments of a sound whose samples are the numbers of their windows."""
    segmenter = SpeechSegmenter(Endpointer(settings, STEP), round(settings.padding / STEP),
                                round(settings.longest / STEP) + 1)
    segments = []
    for number, p in enumerate(probabilities):
        segments += segmenter.push(Window(number, number, p, np.full(1, number, np.float32)))
        if segmenter.open is not None:
            assert len(segmenter.open.windows) <= settings.longest / STEP + 64
    return segments + list(segmenter.end())


def test_an_utterance_begins_and_ends_where_its_speech_does() -> None:
    seen = events(windows((1, 0.01), (2, 0.95), (1, 0.02)))
    assert [event for event, _ in seen] == [Event.BEGIN, Event.PAUSE, Event.END]
    assert [round(at, 1) for _, at in seen] == [1.0, 3.0, 3.0]


@pytest.mark.parametrize('end_silence', [0.3, 0.5, 1.0])
def test_the_silence_that_ends_an_utterance_is_a_parameter(end_silence: float) -> None:
    speech = windows((1, 0.9))
    for silence, ended in ((end_silence - 0.1, False), (end_silence + 0.1, True)):
        seen = events(speech + windows((silence, 0.0), (0.2, 0.9)), end_silence=end_silence)
        assert (Event.END in [event for event, _ in seen]) == ended


def test_clicks_do_not_begin_an_utterance() -> None:
    assert not events(windows(*[(0.064, 0.9), (0.5, 0.05)] * 20))


def test_a_dip_within_a_word_ends_nothing() -> None:
    for dip, noticed in ((0.096, []), (0.16, [Event.PAUSE, Event.RESUME])):
        seen = events(windows((0.5, 0.9), (dip, 0.1), (0.5, 0.4), (0.1, 0.9), (1, 0)))
        assert [event for event, _ in seen] == [Event.BEGIN, *noticed, Event.PAUSE, Event.END]


def test_every_window_of_half_an_hour_of_speech_is_in_one_piece_and_in_order() -> None:
    random = np.random.default_rng(3)
    probabilities: list[float] = []
    while len(probabilities) < 1800 / STEP:
        # Phrases of up to half a minute with pauses of all lengths.
        probabilities += [float(p) for p in random.uniform(0.5, 1.0, random.integers(6, 900))]
        probabilities += [float(p) for p in random.uniform(0.0, 0.3, random.integers(1, 40))]
    for settings in (EndpointingSettings(), EndpointingSettings(clause_length=1.2),
                     EndpointingSettings(longest=5.0)):
        segments = cut(probabilities, settings)
        numbers = [window.number for segment in segments for window in segment.windows]
        assert numbers == sorted(set(numbers))
        held = set(numbers)
        voiced = [number for number, p in enumerate(probabilities) if p >= settings.threshold]
        assert not [number for number in voiced if number not in held]
        longest = max(len(segment.windows) for segment in segments) * STEP
        assert longest <= settings.longest + 1


def test_a_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    speech = windows((13, 0.99), (0.096, 0.55), (15, 0.99), (1, 0))
    segments = [each for each in cut(speech, EndpointingSettings(longest=20, padding=0))
                if each.windows]
    assert len(segments) == 2
    assert segments[0].last and segments[0].utterance is not segments[1].utterance
    assert segments[0].windows[-1].number * STEP == pytest.approx(13.05, abs=0.1)
    assert segments[1].windows[0].number == segments[0].windows[-1].number + 1


def test_clauses_are_cut_at_short_pauses_and_stay_one_utterance() -> None:
    speech = windows((0.5, 0), *[(2, 0.9), (0.3, 0.05)] * 4, (1, 0))
    segments = [segment for segment in cut(speech, EndpointingSettings(clause_length=1.2))
                if segment.windows]
    assert len(segments) == 4
    assert len({id(segment.utterance) for segment in segments}) == 1
    # Each says when its own first word began.
    begins = [segment.stamp * STEP for segment in segments]
    assert begins == pytest.approx([0.5, 2.8, 5.1, 7.4], abs=0.1)


def test_padding_reaches_back_before_the_first_word() -> None:
    speech = windows((1, 0), (1, 0.9), (1, 0))
    bare, padded = (cut(speech, EndpointingSettings(padding=padding))[0]
                    for padding in (0.0, 0.32))
    assert bare.windows[0].number - padded.windows[0].number == 10
    assert bare.stamp == padded.stamp
