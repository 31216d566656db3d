"""The sounds of words lie where the words are, in their order, and outside of pauses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.speaking.phonetics.lexicon import EnglishLexicon
from txt2vid_ros.speaking.phonetics.word_timing import distribute_phonemes, match_marks

RATE = 16000
ALOUD = np.full(2 * RATE, 0.1, np.float32)


def times(phonemes):
    return [(sound.symbol, round(sound.start, 3), round(sound.end, 3)) for sound in phonemes]


@pytest.fixture(scope='module')
def lexicon():
    return EnglishLexicon()


def test_each_word_fills_its_time():
    found = distribute_phonemes([0.5, 1.0], [('m', 'ˈ', 'aɪ'), ('b', 'b')], ALOUD, RATE)
    assert times(found)[0][:2] == ('m', 0.5)
    assert [times(found)[1][2], *times(found)[2][1:]] == [1.0, 1.0, 1.5]
    assert times(found)[3][1:] == (1.5, 2.0)
    assert found[1].stress == 2
    assert found[1].duration > 2 * found[0].duration


def test_a_word_ends_where_the_sound_pauses():
    sound = ALOUD.copy()
    sound[:RATE // 2] = 0
    sound[RATE:3 * RATE // 2] = 0
    found = distribute_phonemes([0.0, 1.5], [('m',), ('b',)], sound, RATE)
    assert found[0].start == pytest.approx(0.5, abs=0.05)
    assert found[0].end == pytest.approx(1.0, abs=0.05)
    assert found[1].start == 1.5


def test_where_nothing_is_heard_nothing_is_said():
    quiet = np.zeros(2 * RATE, np.float32)
    assert distribute_phonemes([0.0, 1.0], [('m',), ('b',)], quiet, RATE) == ()
    assert distribute_phonemes([], [], ALOUD, RATE) == ()
    assert distribute_phonemes([0.5], [()], ALOUD, RATE) == ()


def test_a_word_without_a_time_follows_the_one_before():
    found = distribute_phonemes([None, 1.0, None], [('m',), ('b',), ('k',)], ALOUD, RATE)
    assert times(found) == [('m', 0.0, 1.0), ('b', 1.0, 1.5), ('k', 1.5, 2.0)]


@pytest.mark.parametrize('starts', [[0.0, 1.0, 1.0], [0.0, 1.0, 0.4], [0.0, 1.0, 99.0]])
def test_times_that_cannot_be_do_not_mix_up_the_sounds(starts):
    found = distribute_phonemes(starts, [('m',), ('b',), ('p',)], ALOUD, RATE)
    assert [sound.symbol for sound in found][:2] == ['m', 'b']
    assert all(sound.duration > 0 and sound.end <= 2.0 for sound in found)
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(found))


def test_marks_find_their_times_in_order():
    points = [('a', 1.0), ('b', 2.0), ('a', 3.0), ('other', 4.0)]
    assert match_marks(['a', 'missing', 'b', 'a', 'a'], points) == [1.0, None, 2.0, 3.0, None]


def test_words_are_read_in_the_sense_that_they_have_together(lexicon):
    together = lexicon.sounds(['I', 'have', 'read', 'it,', '—', 'the', 'end.'])
    assert [''.join(one) for one in together] == [
        'ˌaɪ', 'hæv', 'ɹˈɛd', 'ɪt', '', 'ði', 'ˈɛnd']


def test_what_is_said_in_more_words_than_written_stays_in_its_place(lexicon):
    read = lexicon.sounds(['at', '7:30', '', 'Tom &', 'I'])
    assert [''.join(one) for one in read] == ['æt', 'sˈɛvənθˈɜɹɾi', '', 'tˈɑmænd', 'ˌaɪ']


def test_from_the_beginnings_of_words_alone_the_sounds_are_nearly_where_they_are(lexicon):
    voice = HibariVoice()
    voice.load()
    text = 'Please put the big map back on top of the cupboard before the film begins.'
    chunk, = voice.synthesize(text, lambda: False)
    voice.close()
    words = lexicon.sounds(text.split())
    counts = [sum(symbol not in 'ˈˌ' for symbol in word) for word in words]
    firsts = np.cumsum([0, *counts[:-1]])
    found = distribute_phonemes([chunk.phonemes[at].start for at in firsts], words,
                                chunk.samples, 24000)
    assert [sound.symbol for sound in found] == [sound.symbol for sound in chunk.phonemes]
    errors = [abs(one.start - other.start)
              for one, other in zip(found, chunk.phonemes, strict=True)]
    assert np.median(errors) < 0.03
    assert np.percentile(errors, 95) < 0.12
