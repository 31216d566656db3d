"""Timed sounds become a mouth that closes, opens and rounds as speech does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from txt2vid_ros.core.mouth import ANTICIPATION, MouthTrack, Phoneme, SHAPE_INDEX
from txt2vid_ros.speaking.visemes.segments import timing_lag
from txt2vid_ros.speaking.visemes.table import SOUNDS, VISEMES, visemes_of
from txt2vid_ros.speaking.visemes.track import mouth_track, segments_of

HIBARI_ALPHABET = (
    'AIOQTWYᵊabcdefhijklmnopqrstuvwxyz'
    'ɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔᵻ')

IPA_CHART = (
    'pbtdʈɖcɟkɡqɢʔ' 'mɱnɳɲŋɴ' 'ʙrʀ' 'ⱱɾɽ' 'ɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦ' 'ɬɮ' 'ʋɹɻjɰ' 'lɭʎʟ'
    'ʘǀǃǂǁ' 'ɓɗʄɠʛ' 'ʍwɥʜʢʡɕʑɺɧ'
    'iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒ')
"""Every letter of the chart of 2020: consonants row by row, other symbols, vowels."""


def say(sounds: str, length: float = 0.1, start: float = 0.0) -> list[Phoneme]:
    """Return one phoneme a word of `sounds`, one after the other; a mark ' first is stress."""
    phonemes = []
    for index, sound in enumerate(sounds.split()):
        stress = 2 if sound.startswith("'") else 0
        bare = '' if sound == '_' else sound.strip("'")
        phonemes.append(Phoneme(bare, start + index * length, length, stress))
    return phonemes


def shape(track: MouthTrack, name: str, time: float) -> float:
    return float(track.at(time)[SHAPE_INDEX[name]])


@pytest.mark.parametrize('sound', ['p', 'b', 'm'])
def test_lips_meet_on_bilabials_between_open_vowels(sound: str) -> None:
    track = mouth_track(say(f'ɑ {sound} ɑ'))
    assert shape(track, 'lips_closed', 0.15) == pytest.approx(1)
    assert shape(track, 'jaw_open', 0.05) > 0.5
    assert shape(track, 'lips_closed', 0.05) < 0.2


def test_even_a_very_short_bilabial_closes_for_a_whole_frame() -> None:
    sounds = [Phoneme('ɑ', 0, 0.2), Phoneme('b', 0.2, 0.015), Phoneme('ɑ', 0.215, 0.2)]
    track = mouth_track(sounds)
    closed = [shape(track, 'lips_closed', t) for t in np.arange(0, 0.41, 0.001)]
    assert np.count_nonzero(np.array(closed) > 0.97) >= 40  # ms: one frame of 25 a second sees it


def test_f_and_v_bring_the_lip_to_the_teeth_and_th_shows_the_tongue() -> None:
    assert shape(mouth_track(say('ɑ f ɑ')), 'lower_lip_in', 0.15) == pytest.approx(1)
    assert shape(mouth_track(say('ɑ v ɑ')), 'lower_lip_in', 0.15) == pytest.approx(1)
    assert shape(mouth_track(say('ɑ θ ɑ')), 'tongue_up', 0.15) > 0.6
    assert shape(mouth_track(say('ɑ k ɑ')), 'tongue_up', 0.15) < 0.15


def test_vowels_differ_as_they_should() -> None:
    def vowel(sound: str, name: str) -> float:
        return shape(mouth_track(say(f'k {sound} k', 0.18)), name, 0.27)

    assert vowel('ɑ', 'jaw_open') > vowel('ɛ', 'jaw_open') > vowel('i', 'jaw_open')
    assert vowel('u', 'lips_round') > 0.7
    assert vowel('o', 'lips_round') > 0.5
    assert vowel('i', 'lips_wide') > 0.6
    assert max(vowel('i', 'lips_round'), vowel('u', 'lips_wide')) < 0.2


def test_sounds_colour_their_neighbours() -> None:
    before_u = shape(mouth_track(say('s u', 0.12)), 'lips_round', 0.06)
    before_i = shape(mouth_track(say('s i', 0.12)), 'lips_round', 0.06)
    assert before_u > before_i + 0.15


def test_a_diphthong_moves_from_its_first_vowel_to_its_second() -> None:
    track = mouth_track([Phoneme('aʊ', 0, 0.4)])
    assert shape(track, 'lips_round', 0.32) > shape(track, 'lips_round', 0.1) + 0.3
    assert [s.viseme.name for s in segments_of([Phoneme('W', 0, 0.4)])] == ['aa', 'uu']


def test_the_mouth_opens_before_the_first_sound_and_rests_after_the_last() -> None:
    track = mouth_track([Phoneme('ɑ', 1.0, 0.3)])
    opening = np.array([shape(track, 'jaw_open', t) for t in np.arange(0.7, 2.0, 0.005)])
    begun = 0.7 + 0.005 * int(np.argmax(opening > 0.02))
    assert 1.0 - 0.12 <= begun <= 1.0 - 0.08
    assert shape(track, 'jaw_open', 1.0 - ANTICIPATION - 0.06) == 0
    assert not track.poses[-1].any()


def test_the_mouth_closes_in_a_pause_but_not_between_words() -> None:
    pause = mouth_track([*say('h ɑ', 0.15), Phoneme(',', 0.3, 0.7), *say('h ɑ', 0.15, 1.0)])
    assert not pause.at(0.65).any()
    words = mouth_track([*say('h ɑ', 0.15), Phoneme(' ', 0.3, 0.05), *say('ɑ', 0.15, 0.35)])
    assert shape(words, 'jaw_open', 0.325) > 0.4


def test_a_gap_without_a_symbol_is_a_pause_too() -> None:
    track = mouth_track([*say('h ɑ', 0.15), *say('h ɑ', 0.15, 1.0)])
    assert not track.at(0.65).any()


def test_nothing_moves_faster_than_lips_can() -> None:
    rng = np.random.default_rng(1)
    sounds = rng.choice(list(SOUNDS), 120)
    track = mouth_track([Phoneme(str(s), 0.06 * i, 0.06) for i, s in enumerate(sounds)])
    speed = np.abs(np.diff(track.poses, axis=0)) / np.diff(track.times)[:, None]
    # 1 is about 14 mm for the jaw and 5 mm for the lips; lips reach about 0.2 m/s.
    assert speed[:, SHAPE_INDEX['jaw_open']].max() < 15
    assert speed.max() < 30
    assert track.poses.min() >= 0
    assert track.poses.max() <= 1


def test_loud_speech_opens_the_mouth_further_than_soft_speech() -> None:
    rate = 16000
    time = np.arange(rate * 2) / rate
    tone = np.sin(2 * np.pi * 200 * time).astype(np.float32)
    gain = np.where((time > 1), 0.5, 0.05).astype(np.float32)
    sounds = [Phoneme('ɑ', 0.25 * i, 0.25) for i in range(8)]
    track = mouth_track(sounds, tone * gain, rate)
    assert shape(track, 'jaw_open', 1.5) > 1.3 * shape(track, 'jaw_open', 0.5)


def test_stress_opens_a_vowel_further() -> None:
    track = mouth_track(say("t ɛ t 'ɛ t", 0.15))
    assert shape(track, 'jaw_open', 0.525) > shape(track, 'jaw_open', 0.225) + 0.03


def test_a_constant_lag_of_the_timings_is_found_and_taken_out() -> None:
    rate, lag = 16000, 0.06
    sounds = itertools.cycle(['s', 'ɑ', 't', 'i', 'p', 'ɑ', 'k', 'o', 'ʃ', 'ɛ'])
    pattern = list(itertools.islice(sounds, 30))
    sounds = [Phoneme(s, 0.1 * i + lag, 0.1) for i, s in enumerate(pattern)]
    rng = np.random.default_rng(0)
    samples = 0.003 * rng.standard_normal(int(3.1 * rate))
    for index, sound in enumerate(pattern):
        if visemes_of(sound)[0].vowel:
            part = slice(int(0.1 * index * rate), int(0.1 * (index + 1) * rate))
            samples[part] += 0.3 * np.sin(2 * np.pi * 150 * np.arange(1600) / rate)
    assert timing_lag(segments_of(sounds), samples.astype(np.float32), rate) == pytest.approx(
        lag, abs=0.011
    )
    timed = mouth_track(sounds, samples.astype(np.float32), rate)
    assert shape(timed, 'lips_closed', 0.45) == pytest.approx(1)  # the p, where it is heard


def test_every_letter_of_the_international_phonetic_alphabet_is_known() -> None:
    assert len(set(IPA_CHART)) == len(IPA_CHART) == 107
    assert [letter for letter in IPA_CHART if not visemes_of(letter)] == []
    pause = visemes_of('_')
    assert [letter for letter in IPA_CHART if visemes_of(letter) == pause] == []


def test_every_sound_of_the_default_voice_is_known() -> None:
    assert [symbol for symbol in HIBARI_ALPHABET.replace('T', '') if not visemes_of(symbol)] == []


@pytest.mark.parametrize(
    ('symbol', 'visemes'),
    [('pʰ', 'p_b_m'), ('ɑː', 'aa'), ('t͡ʃ', 'sh_ch'), ('n̩', 't_d_n'), ('tʃ', 'sh_ch'),
     ('kʷ', 'k_g w'), ('', 'pause'), ('!', 'pause'), ('ˈ', ''), ('ː', ''), ('☃', '')],
)
def test_marks_and_clusters(symbol: str, visemes: str) -> None:
    assert [viseme.name for viseme in visemes_of(symbol)] == visemes.split()


def test_a_stress_mark_with_time_of_its_own_belongs_to_the_vowel_after_it() -> None:
    segments = segments_of([Phoneme('p', 0, 0.1), Phoneme('ˈ', 0.1, 0.1), Phoneme('i', 0.2, 0.1)])
    assert [(s.viseme.name, s.start, round(s.stop, 3)) for s in segments] == [
        ('p_b_m', 0, 0.1), ('ee', 0.1, 0.3),
    ]


def test_nothing_to_say_gives_an_empty_track_at_rest() -> None:
    for phonemes in ([], [Phoneme('☃', 0, 0.2)], [Phoneme('ɑ', 0, 0)], [Phoneme(' ', 0, 1)]):
        assert not mouth_track(phonemes).at(0.1).any()


def test_visemes_are_distinct() -> None:
    targets = np.array([viseme.target for viseme in VISEMES.values()])
    apart = np.abs(targets[:, None] - targets[None]).max(-1)
    np.fill_diagonal(apart, 1)
    assert apart.min() >= 0.03


def test_a_track_rejects_arrays_that_do_not_belong_together() -> None:
    with pytest.raises(ValueError, match='do not fit'):
        MouthTrack(np.zeros(2), np.zeros((3, 6), np.float32))
    with pytest.raises(ValueError, match='increase'):
        MouthTrack(np.zeros(2), np.zeros((2, 6), np.float32))
    track = MouthTrack(np.array([0.0, 1.0]), np.array([[0] * 6, [1] * 6], np.float32))
    assert track.shifted(2).at(2.5)[0] == pytest.approx(0.5)
    assert track.at(9)[0] == 1
    assert track.at(-1)[0] == 0


SOUNDS_OF = {
    'es': 'a e i o u aɪ eɪ oɪ aʊ eʊ p b t d k ɡ tʃ f θ s x m n ɲ ŋ l ʎ ʝ ɾ r β ð ɣ j '
          'w z ɟʝ',
    'fr': 'a ɑ e ɛ ə i o ɔ u y ø œ ɑ̃ ɛ̃ ɔ̃ œ̃ p b t d k ɡ f v s z ʃ ʒ m n ɲ ŋ l ʁ j '
          'w ɥ ʔ',
    'de': 'a aː ɑː ɐ ɛ ɛː eː ə ɪ iː ɔ oː ʊ uː ʏ yː œ øː aɪ aʊ ɔø ɔʏ ɔɪ p b t d k ɡ f '
          'v s z ʃ ʒ ç x χ h m n ŋ l ʁ ʀ ɾ j pf ts tʃ dʒ ʔ m̩ n̩ l̩ ɐ̯ ɑ̃ ɜ',
    'it': 'a e ɛ i o ɔ u p b t d k ɡ f v s z ʃ ts dz tʃ dʒ tsː dzː tʃː dʒː pː bː tː '
          'dː kː ɡː mː nː lː rː ɲ ɲː ʎ ʎː m n ŋ ɱ l r ɾ j w ɪ ʊ',
    'pt': 'a ɐ e ɛ i o ɔ u ɨ ə ɐ̃ ẽ ĩ õ ũ ɐ̃ʊ̃ aɪ eɪ oɪ aʊ eʊ iʊ p b t d k ɡ tʃ dʒ f '
          'v s z ʃ ʒ m n ɲ ŋ l ʎ ɫ ɾ ʁ x h ɹ r j w j̃ w̃ æ ʊ ɪ',
    'hi': 'ə aː ɪ iː ʊ uː eː ɛː oː ɔː ʌ æ ə̃ ã ãː ĩ ĩː ũ ũː ẽː ɛ̃ õː ɔ̃ p pʰ b bʰ bʱ '
          't tʰ d dʰ dʱ ʈ ʈʰ ɖ ɖʰ ɖʱ c cʰ ɟ ɟʰ tʃ tʃʰ dʒ dʒʱ k kʰ ɡ ɡʰ ɡʱ m n ɳ ɲ ŋ f '
          's z ʃ ʂ x ɣ q h ɦ l r ɾ ɽ ɽʱ r. ʋ j bː kː',
    'ja': 'a i ɯ ɯᵝ e o aː iː ɯː eː oː ä e̞ o̞ ɨ ɯ̥ i̥ p b t d k ɡ ts dz tɕ dʑ ʨ ʥ ʦ '
          'ʣ ɸ s z ɕ ʑ ç h m n ɲ ɴ ŋ ɾ ɽ j w pʲ bʲ kʲ ɡʲ mʲ nʲ ɾʲ ɽʲ ʔ β ɰ ũ',
    'zh': 'a ɑ o ɤ e ɛ i u y ə ɚ ɿ ʅ ɨ i. ʊ aɪ eɪ aʊ ou iɛ yɛ ua uo p pʰ t tʰ k kʰ ts '
          'tsʰ tʂ tʂʰ ʈʂ ʈʂʰ ꭧ ꭧʰ tɕ tɕʰ ʨ ʨʰ f s ʂ ɕ x h m n ŋ l ɻ ʐ ɹ w j ɥ s. ts. '
          'ts.h a5 ˈiː1 aɪ4 ə2 ʷ',
}
"""The sounds of each language, as phonology books, eSpeak NG, Piper and Kokoro write them."""


@pytest.mark.parametrize('language', SOUNDS_OF)
def test_no_sound_of_a_language_is_unknown(language: str) -> None:
    unknown = [symbol for symbol in SOUNDS_OF[language].split() if not visemes_of(symbol)]
    assert unknown == []
    # A part of a sound that is not known would go by unseen.
    known = {char for symbol in SOUNDS for char in symbol}
    parts = {char for symbol in SOUNDS_OF[language].split() for char in symbol
             if char.isalpha() and char not in known and not char.isdigit()}
    assert all(visemes_of('p' + char) == visemes_of('p') or visemes_of(char) for char in parts)


@pytest.mark.parametrize(('symbol', 'like'), [
    ('õ', 'o'), ('õ', 'o'), ('ẽː', 'e'), ('ä', 'a'), ('o̞', 'o'), ('pʰ', 'p'), ('bʱ', 'b'),
    ('tʃː', 'tʃ'), ('ɡʲ', 'ɡ'), ('a5', 'a'), ('ˈiː1', 'i'), ('tɕʰ', 'ɕ'), ('ts.h', 'ʂ'),
    ('ɯᵝ', 'ɯ'), ('ʁ', 'χ'), ('ç', 'k')])
def test_length_tone_nasality_and_breath_do_not_move_the_lips(symbol: str, like: str) -> None:
    assert visemes_of(symbol) == visemes_of(like)


def test_lips_of_other_languages_do_what_they_should() -> None:
    def at(sound: str, name: str) -> float:
        return shape(mouth_track(say(f'k {sound} k', 0.18)), name, 0.27)

    assert min(at(vowel, 'lips_round') for vowel in ('y', 'ø', 'œ', 'ɔ̃', 'œ̃')) > 0.5
    assert at('ɥ', 'lips_round') > 0.6
    assert at('ɑ̃', 'jaw_open') > at('ɛ̃', 'jaw_open') > at('ĩ', 'jaw_open')
    # Neither a Japanese u nor sh is rounded as the English ones are; nor is a French r.
    assert at('ɯ', 'lips_round') < at('u', 'lips_round') / 2
    assert at('ɕ', 'lips_round') < at('ʃ', 'lips_round') / 2
    assert at('ʁ', 'lips_round') < at('ɹ', 'lips_round') / 2
