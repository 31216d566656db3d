"""Options of providers and engines, as users write them."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import from_text, made, OptionTables
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.options import DrivingOptions


@dataclasses.dataclass(frozen=True)
class Pitch:
    pitch: float = parameter(0.0, 'semitones', minimum=-20.0, maximum=20.0)
    language: str = parameter('', 'BCP 47 tag')


TABLES = OptionTables(
    {'google': [Pitch], 'my_voice': [Pitch]}, {'resemble': 'resemble is not in use'},
    {'options': ['google'], 'either': ['google', 'my_voice']}, {'tune': 'google.pitch'})


def test_every_kind_of_engine_option() -> None:
    tables = OptionTables({'wav2lip': [Wav2LipOptions]})
    given = from_text('wav2lip.pads=0,20,0,0 wav2lip.box=1,2,3,4 wav2lip.smooth=False '
                      'wav2lip.cache_mb=010 wav2lip.weights="/a b/c.pth" wav2lip.device=cpu', 'o')
    values, warnings = tables.check(given, '--engine-options {}')
    assert made(Wav2LipOptions, 'wav2lip', values) == Wav2LipOptions(
        pads=(0, 20, 0, 0), box=(1, 2, 3, 4), smooth=False, cache_mb=10,
        weights=pathlib.Path('/a b/c.pth'), device='cpu')
    assert warnings == []
    assert made(Wav2LipOptions, 'wav2lip', {}) == Wav2LipOptions()


def test_every_kind_of_driving_option() -> None:
    given = from_text('face.crop=0,20,0,-1 face.rotate=90 face.loop=cross-fade face.static=on '
                      'face.resize_factor=2 face.fps=12.5', 'o')
    values, _ = OptionTables({'face': [DrivingOptions]}).check(given, '{}')
    assert made(DrivingOptions, 'face', values) == DrivingOptions(
        crop=(0, 20, 0, -1), rotate=90, loop='cross-fade', static=True, resize_factor=2, fps=12.5)


@pytest.mark.parametrize(('text', 'said'), [
    ('wav2lip.pads=a', "--engine-options wav2lip.pads is 'a'. It has to be comma-separated whole"),
    ('wav2lip.pads=1,2', r'--engine-options wav2lip: pads are (1, 2)'),
    ('wav2lip.smooth=perhaps', "wav2lip.smooth is 'perhaps'. It has to be true or false"),
    ('wav2lip.pad=0,0,0,0', "there is no such option. Did you mean 'pads'"),
    ('waw2lip.pads=0,0,0,0', "there is no such option. Did you mean 'wav2lip.pads'"),
    ('wav2lip.threads=2.0', "wav2lip.threads is '2.0'. It has to be a whole number"),
    ('wav2lip.threads=65', 'wav2lip.threads is 65. It has to be from 1 to 64'),
    ('wav2lip.detector=eyes', "wav2lip.detector is 'eyes'. It has to be one of auto, s3fd, mesh"),
    ('wav2lip.threads', "--engine-options: 'wav2lip.threads' sets nothing. Write PROVIDER.NAME="),
    ('wav2lip.weights="/a', 'Close the quotation marks'),
])
def test_what_does_not_fit_is_named(text: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        OptionTables({'wav2lip': [Wav2LipOptions]}).check(
            from_text(text, '--engine-options'), '--engine-options {}')
    assert said in str(error.value)


def test_texts_are_split_as_a_shell_does() -> None:
    assert from_text('a.note="two words" a.path=/b.c/d=e my-voice.x=1', 'o') == {
        'a.note': 'two words', 'a.path': '/b.c/d=e', 'my_voice.x': '1'}


@pytest.mark.parametrize(('given', 'values', 'warning'), [
    ({'google.pitch': '2'}, {'google.pitch': 2.0}, None),
    ({'google.language': 'no', 'my-voice.pitch': 2}, {'google.language': 'no',
                                                      'my_voice.pitch': 2.0}, None),
    ({'resemble.emotion': 'happy'}, {}, 'tts.resemble.emotion has no effect: resemble is not in '
                                        'use'),
    ({'tune': 1}, {'google.pitch': 1.0}, 'tts.tune works in this release only: set '
                                         'tts.google.pitch instead'),
    ({'options': 'pitch=-2 language=de'}, {'google.pitch': -2.0, 'google.language': 'de'},
     'tts.options works in this release only: set tts.google.pitch, tts.google.language instead'),
    ({'options': 'pitch=-2', 'google.pitch': 3}, {'google.pitch': 3.0},
     'tts.options works in this release only: set tts.google.pitch instead'),
    ({'options': ''}, {}, None),
])
def test_what_is_given_is_checked_and_old_spellings_give_one_warning(
        given: dict[str, Any], values: dict[str, Any], warning: str | None) -> None:
    assert TABLES.check(given, 'tts.{}') == (values, [] if warning is None else [warning])


@pytest.mark.parametrize(('given', 'said'), [
    ({'options': 'pich=2'}, "tts.options: pich: there is no such option. Did you mean 'pitch'"),
    ({'either': 'pitch=2'}, 'tts.either: pitch does not say which provider it is for. Write '
                            'google.pitch or my_voice.pitch'),
    ({'options': 'goggle.pitch=2'}, "Did you mean 'google.pitch'"),
    ({'google.pitch': 30}, 'tts.google.pitch is 30.0. It has to be from -20.0 to 20.0'),
    ({'google.pitch': [1.0]}, 'tts.google.pitch is [1.0]. It has to be a number'),
])
def test_what_is_for_nobody_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as error:
        TABLES.check(given, 'tts.{}')
    assert said in str(error.value)


def test_without_a_prefix_the_only_one_is_meant_and_one_warning_says_so() -> None:
    tables = OptionTables({'google': [Pitch]})
    values, warnings = tables.check(from_text('pitch=1 language=de', 'o'), '--tts-options {}')
    assert values == {'google.pitch': 1.0, 'google.language': 'de'}
    assert warnings == ['--tts-options pitch, --tts-options language works in this release only: '
                        'write --tts-options google.pitch, --tts-options google.language instead']
