"""The sound of any file: the track that is meant, in step with the picture, heard in mono."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import wave

import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.media.sound_file import read_sound

RATE = 16000


def heard(file: Path, *, from_picture: bool = False) -> NDArray[np.float32]:
    return np.concatenate(list(read_sound(file, RATE, from_picture=from_picture)))


def made(file: Path, *words: str) -> Path:
    """Have ffmpeg make a file."""
    subprocess.run(['ffmpeg', '-v', 'error', '-y', *words, str(file)], check=True)
    return file


def tone(hertz: int, seconds: float) -> list[str]:
    return ['-f', 'lavfi', '-i', f'sine=frequency={hertz}:sample_rate=48000:duration={seconds}']


def picture(seconds: float) -> list[str]:
    return ['-f', 'lavfi', '-i', f'testsrc=s=64x48:r=25:d={seconds}']


def hertz_of(samples: NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


def begins(samples: NDArray[np.float32]) -> float:
    """Return the seconds before the first sound."""
    return int(np.argmax(np.abs(samples) > 0.02)) / RATE


@pytest.mark.parametrize(('name', 'dispositions', 'expected'), [
    ('a.mkv', ('0', 'default'), 900), ('a.mkv', ('default', '0'), 300), ('a.mkv', ('0', '0'), 300),
    ('a.mkv', ('default', 'default'), 300), ('a.mp4', ('default', 'default'), 300)])
def test_the_default_track_is_taken_or_else_the_first(
        tmp_path: Path, name: str, dispositions: tuple[str, str], expected: int) -> None:
    file = made(tmp_path / name, *picture(1), *tone(300, 1), *tone(900, 1), '-map', '0', '-map',
                '1', '-map', '2', '-c:a', 'aac', '-disposition:a:0', dispositions[0],
                '-disposition:a:1', dispositions[1])
    assert hertz_of(heard(file)) == pytest.approx(expected, abs=5)


@pytest.mark.parametrize('codec', [('a.webm', 'libopus'), ('a.mkv', 'aac'), ('a.mp4', 'aac'),
                                   ('a.mkv', 'pcm_s16le')])
def test_a_gap_in_the_time_stamps_stays_a_gap(tmp_path: Path, codec: tuple[str, str]) -> None:
    """Packets from 1 to 3 s are dropped without touching the stamps of the others."""
    whole = made(tmp_path / f'whole_{codec[0]}', *tone(440, 5), '-c:a', codec[1], '-ar', '48000')
    file = made(tmp_path / codec[0], '-i', str(whole), '-c', 'copy', '-bsf:a',
                r'noise=drop=between(pts*tb\,1\,3)')
    samples = heard(file)
    assert len(samples) / RATE == pytest.approx(5, abs=0.1)
    assert np.abs(samples[int(1.1 * RATE):int(2.9 * RATE)]).max() < 1e-3
    for low, high in ((0.1, 0.9), (3.1, 4.9)):
        assert hertz_of(samples[int(low * RATE):int(high * RATE)]) == pytest.approx(440, abs=3)


@pytest.mark.parametrize('name', ['a.mkv', 'a.mp4', 'a.mov', 'a.ts'])
def test_sound_that_begins_after_the_picture_keeps_its_time(tmp_path: Path, name: str) -> None:
    file = made(tmp_path / name, *picture(3), '-itsoffset', '1.2', *tone(440, 1.8), '-map', '0',
                '-map', '1', '-c:a', 'aac')
    assert begins(heard(file)) == pytest.approx(1.2, abs=0.06)
    assert begins(heard(file, from_picture=True)) == pytest.approx(1.2, abs=0.06)


@pytest.mark.parametrize('name', ['a.mkv', 'a.mp4'])
def test_of_a_picture_that_begins_after_the_sound_its_own_sound_is_taken(
        tmp_path: Path, name: str) -> None:
    wav = made(tmp_path / 'a.wav', *tone(300, 1), *tone(900, 2), '-filter_complex',
               '[0:a][1:a]concat=n=2:v=0:a=1')
    file = made(tmp_path / name, '-i', str(wav), '-itsoffset', '1', *picture(2), '-map', '0',
                '-map', '1', '-c:a', 'aac', '-vsync', 'passthrough')
    assert hertz_of(heard(file)[:RATE]) == pytest.approx(300, abs=5)
    in_step = heard(file, from_picture=True)
    assert len(in_step) / RATE == pytest.approx(2, abs=0.1)
    assert hertz_of(in_step[:RATE]) == pytest.approx(900, abs=5)


@pytest.mark.parametrize('pan', [
    'stereo|c0=c0|c1=-1*c0', 'stereo|c0=0*c0|c1=c0', 'stereo|c0=c0|c1=c0',
    '5.1|FL=0*c0|FR=0*c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0', 'quad|c0=c0|c1=-1*c0|c2=c0|c3=-1*c0'])
def test_channels_do_not_cancel(tmp_path: Path, pan: str) -> None:
    mono = made(tmp_path / 'mono.flac', *tone(440, 2))
    file = made(tmp_path / 'a.flac', *tone(440, 2), '-af', f'pan={pan}')
    assert np.abs(heard(file)).max() == pytest.approx(np.abs(heard(mono)).max(), rel=0.05)


def test_a_cover_picture_is_no_video(tmp_path: Path) -> None:
    cover = made(tmp_path / 'cover.png', *picture(0.04), '-frames:v', '1')
    file = made(tmp_path / 'a.mp3', *tone(440, 1), '-i', str(cover), '-map', '0', '-map', '1',
                '-disposition:v:0', 'attached_pic')
    assert begins(heard(file, from_picture=True)) < 0.06


def test_a_file_whose_name_is_no_utf_8_is_read(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b'k\xf6ln.wav')
    with wave.open(str(file), 'wb') as out:
        out.setparams((1, 2, RATE, 0, 'NONE', ''))
        out.writeframes(b'\x00\x40' * 1600)
    assert len(heard(file)) == 1600
