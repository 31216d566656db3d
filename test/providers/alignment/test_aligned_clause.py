"""The words and sounds of a clause are found in its speech while that comes in."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.providers.alignment.stream import AlignedClause
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.speaking.phonetics.alignment import align, SoundUnit
from txt2vid_ros.speaking.phonetics.lexicon import EnglishLexicon
from txt2vid_ros.speaking.visemes.track import mouth_track
from txt2vid_ros.speaking.word_times import ClauseWords, words_of

# Not among the sentences that the table of sounds was fitted on.
TEXT = 'Perhaps we should meet at the museum before the film begins.'
PART = 1920
"""Samples of a step of pocket-tts."""
SILENCE = np.zeros(0, np.float32)


@pytest.fixture(scope='module')
def truth():
    """Return speech with the true times of its sounds."""
    voice = HibariVoice()
    voice.load()
    chunk, = voice.synthesize(TEXT, lambda: False)
    return chunk


@pytest.fixture(scope='module')
def words():
    return EnglishLexicon().sounds(words_of(TEXT))


def aligned(samples, words):
    """Return the chunks that come out, and how much had gone in before the first."""
    clause, found, before = AlignedClause(words, VOICE_RATE), [], 0
    for at in range(0, len(samples), PART):
        found += clause.push(samples[at:at + PART])
        if not found:
            before = at + PART
    return [*found, *clause.push(SILENCE, last=True)], before / VOICE_RATE


def test_sounds_are_found_where_they_are_and_lips_meet(truth, words):
    chunks, before = aligned(truth.samples, words)
    assert before < 1.2, 'it does not wait for the end'
    assert np.array_equal(np.concatenate([chunk.samples for chunk in chunks]), truth.samples)
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    found, tracks, begin = [], [], 0.0
    for chunk in chunks:
        sounds = chunk.phonemes or ()
        found += [dataclasses.replace(each, start=each.start + begin) for each in sounds]
        tracks.append(mouth_track(sounds, chunk.samples, VOICE_RATE).shifted(begin))
        begin += len(chunk.samples) / VOICE_RATE
    assert [each.symbol for each in found] == [each.symbol for each in truth.phonemes]
    errors = [abs(one.start - other.start)
              for one, other in zip(found, truth.phonemes, strict=True)]
    assert np.median(errors) < 0.025 and np.percentile(errors, 95) < 0.08
    for sound in truth.phonemes:
        if sound.symbol in 'pbm':
            times = np.arange(sound.start - 0.02, sound.end + 0.02, 0.01)
            assert max(track.at(time)[1] for time in times for track in tracks
                       if track.times[0] <= time <= track.times[-1]) > 0.7, sound


def test_captions_learn_of_each_word_with_its_chunk(truth, words):
    chunks, _ = aligned(truth.samples, words)
    captions = ClauseWords(TEXT, HibariVoice.capabilities)
    told, begin = [], 0.0
    for chunk in chunks:
        told += [(word.text, word.start + begin) for word in captions.chunk(chunk)]
        begin += len(chunk.samples) / VOICE_RATE
    assert ' '.join(word for word, _ in told) == TEXT and not captions.left
    wanted = [each.start for each in truth.phonemes if each.begins_word]
    assert np.abs(np.subtract([time for _, time in told], wanted)).max() < 0.12


def test_speech_that_is_not_the_text_comes_through_whole(words):
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * VOICE_RATE).astype(np.float32)
    for samples in (noise, np.zeros(4 * VOICE_RATE, np.float32), noise[:1000], SILENCE):
        for text in (words, [], [()]):
            chunks, _ = aligned(samples, text)
            assert sum(len(chunk.samples) for chunk in chunks) == len(samples)
            for chunk in chunks:
                assert len(chunk.samples) <= 3.2 * VOICE_RATE
                assert all(0 <= each.start <= each.end <= len(chunk.samples) / VOICE_RATE + 0.05
                           for each in chunk.phonemes or ())


def test_the_search_finds_the_best_runs():
    scores = np.full((10, 3), -1.0)
    scores[:4, 0] = scores[4:7, 1] = scores[7:, 2] = 0.0
    units = [SoundUnit(column, 3.0, 1.0, 8) for column in range(3)]
    assert align(units, scores) == [(0, 4), (4, 7), (7, 10)]
    skipped = [units[0], SoundUnit(1, 3.0, 1.0, 8, optional=True), units[1], units[2]]
    assert align(skipped, scores)[0] == (0, 4) and align(skipped, scores)[-1] == (7, 10)
    assert align(units, scores[:6], complete=False) == [(0, 4), (4, 6)]
