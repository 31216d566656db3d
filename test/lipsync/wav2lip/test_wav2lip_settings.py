"""Options as a user writes them, for the engine and for the driving media."""

from __future__ import annotations

import pathlib

import pytest

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.settings import read_settings
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.options import DrivingOptions


def test_every_kind_of_engine_option() -> None:
    text = 'pads=0,20,0,0 box=1,2,3,4 smooth=false cache_mb=10 weights="/a b/c.pth" device=cpu'
    assert read_settings(Wav2LipOptions, text, '--engine-options') == Wav2LipOptions(
        pads=(0, 20, 0, 0), box=(1, 2, 3, 4), smooth=False, cache_mb=10,
        weights=pathlib.Path('/a b/c.pth'), device='cpu')
    assert read_settings(Wav2LipOptions, '', '--engine-options') == Wav2LipOptions()


def test_every_kind_of_driving_option() -> None:
    text = 'crop=0,20,0,-1 rotate=90 loop=cross-fade static=true resize_factor=2 fps=12.5'
    assert read_settings(DrivingOptions, text, '--face-options') == DrivingOptions(
        crop=(0, 20, 0, -1), rotate=90, loop='cross-fade', static=True, resize_factor=2, fps=12.5)


@pytest.mark.parametrize(('text', 'said'), [
    ('pads=a', "pads is 'a'. It has to be numbers with commas"),
    ('pads=1,2', r'pads are \(1, 2\)'),
    ('smooth=perhaps', "smooth is 'perhaps'. It has to be true or false"),
    ('pad=0,0,0,0', "Did you mean 'pads'"),
    ('threads', 'NAME=VALUE'),
    ('weights="/a', 'quotation marks'),
])
def test_what_does_not_fit_is_named(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_settings(Wav2LipOptions, text, '--engine-options')
