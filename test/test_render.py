"""Text or sound and a face become a video file: in step, whole, or not there at all."""

from __future__ import annotations

from collections.abc import Iterator
import os
import pathlib
import signal
import subprocess
import wave

from hearing import transcribed, words
import numpy as np
from numpy.typing import NDArray
import pytest
from rig import playable
from txt2vid_ros import render as video
from txt2vid_ros.bench.commands.sync import figures
from txt2vid_ros.bench.lipsync.flash import FlashEngine
from txt2vid_ros.bench.rig.viewer import decode
from txt2vid_ros.bench.speech.clap import ClapVoice
from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import to_s16
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.media.output.file_encoder import encoding_to
from txt2vid_ros.media.sound_file import read_sound
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.render import AFTER, BEFORE, from_sound, from_text, render, SpeechPart
from txt2vid_ros.speaking.voice import SpeechChunk

RATE = 24000


def face() -> DrivingMedia:
    return DrivingMedia([np.zeros((48, 64, 3), np.uint8)], 25.0, '')


def make(speech: Iterator[SpeechPart], file: pathlib.Path, fps: float = 25.0, tail: float = 0.0
         ) -> float:
    return render(speech, tail, face(), FlashEngine(), file, fps)


def sound_of(file: pathlib.Path, rate: int = 16000) -> NDArray[np.float32]:
    return np.concatenate(list(read_sound(file, rate)))


def write_wav(file: pathlib.Path, samples: NDArray[np.float64], rate: int, channels: int = 1
              ) -> pathlib.Path:
    with wave.open(str(file), 'wb') as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype('<i2').tobytes())
    return file


def left_over(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if 'part' in path.name)


@pytest.mark.parametrize('name', ['a.mp4', 'a.mkv', 'a.MOV', 'a.WebM'])
def test_claps_and_flashes_are_in_step_in_every_container(
        tmp_path: pathlib.Path, name: str) -> None:
    seconds = make(from_text('xxxxx', ClapVoice()), tmp_path / name, tail=AFTER)
    assert seconds == pytest.approx(BEFORE + 5 + AFTER, abs=0.04)
    frames, sound = playable(tmp_path / name)
    assert frames == round(seconds * 25)
    assert sound == pytest.approx(seconds, abs=0.05)
    assert left_over(tmp_path) == []
    subprocess.run(['ffmpeg', '-v', 'error', '-i', str(tmp_path / name), '-c:v', 'mpeg2video',
                    '-q:v', '2', '-r', '25', '-c:a', 'mp2', '-ar', '48000',
                    str(tmp_path / 'a.ts')], check=True)
    measured = figures(decode(tmp_path / 'a.ts'))
    assert measured['claps'] == 5
    assert measured['offset_ms_max'] < 20


@pytest.mark.parametrize('fps', [12.5, 29.97, 30.0, 60.0])
def test_other_frame_rates_have_the_same_length(tmp_path: pathlib.Path, fps: float) -> None:
    seconds = make(from_text('xx', ClapVoice()), tmp_path / 'a.mp4', fps)
    frames, sound = playable(tmp_path / 'a.mp4')
    assert seconds == pytest.approx(BEFORE + 2, abs=1 / fps)
    assert frames == round(seconds * fps)
    assert sound == pytest.approx(seconds, abs=0.05)


def test_a_text_is_spoken_word_for_word(tmp_path: pathlib.Path) -> None:
    text = 'The quick brown fox jumps over the lazy dog. My name is Peter and I live in London.'
    voice = HibariVoice()
    voice.load()
    done: list[float] = []
    seconds = render(from_text(text, voice), AFTER, face(), FlashEngine(), tmp_path / 'a.mp4',
                     25.0, done.append)
    assert transcribed(sound_of(tmp_path / 'a.mp4'), 16000) == words(text)
    assert done == sorted(done)
    assert done[-1] == seconds


def test_sessions_that_share_the_work_make_the_same_video(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    engine, voice = VisemeEngine(), HibariVoice()
    engine.load()
    voice.load()
    driving = load_driving(width=160, height=120)
    parts = list(from_text('Good morning. I will call you back.', voice))
    assert all(part.chunk.phonemes for part in parts)
    videos = []
    for sharers in (1, 3):
        monkeypatch.setattr(video, 'SHARERS', sharers)
        file = tmp_path / f'{sharers}.mkv'
        render(iter(parts), AFTER, driving, engine, file, 25.0)
        videos.append(subprocess.run(
            ['ffmpeg', '-v', 'error', '-i', str(file), '-f', 'rawvideo', '-'], check=True,
            capture_output=True).stdout)
    assert len(videos[0]) > 50 * 160 * 120 * 3 // 2
    assert videos[0] == videos[1]
    voice.close()
    engine.close()


def test_half_an_hour_of_sound_loses_nothing_and_is_not_held_whole(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At one frame a second; the sound that reaches the encoder is compared sample by sample."""
    written: list[bytes] = []

    class Keeper:
        def __init__(self, *arguments: object) -> None:
            pass

        def __enter__(self) -> Keeper:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def write(self, picture: bytes, sound: bytes) -> None:
            written.append(sound)

    monkeypatch.setattr('txt2vid_ros.render.encoding_to', Keeper)
    held: list[int] = []
    monkeypatch.setattr('txt2vid_ros.render.STREAM_RATE', RATE)
    piece = np.random.default_rng(0).uniform(-0.5, 0.5, 10 * RATE).astype(np.float32)

    def pieces() -> Iterator[SpeechPart]:
        for _ in range(180):
            yield SpeechPart(0.0, SpeechChunk(piece), RATE)

    from txt2vid_ros import render as module
    add = module._add

    def watched(timeline: module.SpeechTimeline, shown: module.ExpressionTimeline,
                each: SpeechPart, known: float) -> float:
        held.append(sum(len(one.samples) for one in timeline._utterances.values()))
        return add(timeline, shown, each, known)

    monkeypatch.setattr('txt2vid_ros.render._add', watched)
    assert make(pieces(), tmp_path / 'a.mp4', 1.0) == 1800
    got = np.frombuffer(b''.join(written), '<i2').reshape(180, -1)
    expected = to_s16(piece)
    assert all(np.array_equal(row, expected) for row in got)
    assert max(held) < 60 * RATE


@pytest.mark.parametrize(('name', 'options'), [
    ('a.wav', []), ('a.mp3', []), ('a.flac', []), ('a.ogg', []), ('8k.wav', ['-ar', '8000']),
    ('96k.wav', ['-ar', '96000']),
    ('stereo.wav', ['-af', 'pan=stereo|c0=c0|c1=c0']),
    ('float.wav', ['-c:a', 'pcm_f32le']), ('24.wav', ['-c:a', 'pcm_s24le']),
    ('video.mp4', ['-f', 'lavfi', '-i', 'color=s=64x48:d=2', '-shortest'])])
def test_the_sound_of_any_file_is_taken_as_it_is(
        tmp_path: pathlib.Path, name: str, options: list[str]) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    source = write_wav(tmp_path / 'source.wav', tone, RATE)
    inputs = options[:4] if '-i' in options else []
    subprocess.run(['ffmpeg', '-v', 'error', '-i', str(source), *inputs,
                    *options[len(inputs):], str(tmp_path / name)], check=True)
    seconds = make(from_sound(tmp_path / name), tmp_path / 'out.mp4')
    assert seconds == pytest.approx(2.0, abs=0.15)  # mp3 has a little silence around it
    heard = sound_of(tmp_path / 'out.mp4', RATE)
    spectrum = np.abs(np.fft.rfft(heard[RATE // 2:3 * RATE // 2]))
    assert np.argmax(spectrum) == 440
    assert np.abs(heard[RATE // 2:RATE]).max() == pytest.approx(0.5, abs=0.05)


def test_samples_that_are_no_numbers_are_silent(tmp_path: pathlib.Path) -> None:
    samples = np.full(RATE, 0.25, '<f4')
    samples[1000:2000] = np.nan
    samples[5000:5010] = np.inf
    (tmp_path / 'raw').write_bytes(samples.tobytes())
    subprocess.run(['ffmpeg', '-v', 'error', '-f', 'f32le', '-ar', str(RATE), '-ac', '1', '-i',
                    str(tmp_path / 'raw'), '-c:a', 'pcm_f32le', str(tmp_path / 'a.wav')],
                   check=True)
    heard = sound_of(tmp_path / 'a.wav', RATE)
    assert len(heard) == RATE
    assert np.isfinite(heard).all()
    assert not heard[1000:2000].any()
    assert heard.max() <= 1.0
    np.testing.assert_allclose(heard[10000:], 0.25)


def test_of_a_truncated_file_there_is_what_can_be_read(tmp_path: pathlib.Path) -> None:
    source = write_wav(tmp_path / 'a.wav', np.full(2 * RATE, 0.2), RATE)
    source.write_bytes(source.read_bytes()[:RATE * 2 + 1])
    assert make(from_sound(source), tmp_path / 'a.mp4') == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(('name', 'content'), [
    ('empty.wav', b''), ('text.wav', b'this is no sound'), ('nosound.wav', None),
    ('html.mp3', b'<!doctype html><html></html>')])
def test_a_file_without_sound_is_refused_in_one_line(
        tmp_path: pathlib.Path, name: str, content: bytes | None) -> None:
    if content is None:
        write_wav(tmp_path / name, np.zeros(0), RATE)
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f'--audio: .*{name} has no sound') as caught:
        make(from_sound(tmp_path / name), tmp_path / 'a.mp4')
    assert '\n' not in str(caught.value)
    assert left_over(tmp_path) == []
    assert not (tmp_path / 'a.mp4').exists()


def test_a_picture_and_a_file_that_is_missing_are_named(tmp_path: pathlib.Path) -> None:
    subprocess.run(['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'color=s=64x48', '-frames:v',
                    '1', str(tmp_path / 'a.png')], check=True)
    with pytest.raises(UserError, match=r'a\.png has no sound'):
        make(from_sound(tmp_path / 'a.png'), tmp_path / 'a.mp4')
    with pytest.raises(UserError, match='there is no file /none'):
        make(from_sound(pathlib.Path('/none')), tmp_path / 'a.mp4')


@pytest.mark.parametrize('text', ['', '  ', '😀', '...', '\x00', '\ud800'])
def test_a_text_without_words_is_refused(tmp_path: pathlib.Path, text: str) -> None:
    with pytest.raises(UserError, match=r'nothing to pronounce.*Give words'):
        make(from_text(text, ClapVoice()), tmp_path / 'a.mp4')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(('file', 'said'), [
    ('/nowhere/a.mp4', 'folder /nowhere does not exist'), ('/proc/a.mp4', 'cannot be written'),
    ('a.xyz', 'cannot be written.*extension'), ('noending', 'cannot be written'),
    ('folder.mp4', 'is a folder')])
def test_a_file_that_cannot_be_written_is_said(
        tmp_path: pathlib.Path, file: str, said: str) -> None:
    (tmp_path / 'folder.mp4').mkdir()
    with pytest.raises(UserError, match=said) as caught:
        make(from_text('x' * 60, ClapVoice()), tmp_path / file)
    assert '--out' in str(caught.value)
    assert '\n' not in str(caught.value)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize('error', [KeyboardInterrupt, RuntimeError])
def test_interrupted_it_leaves_nothing_and_what_was_there_stays(
        tmp_path: pathlib.Path, error: type[BaseException]) -> None:
    (tmp_path / 'a.mp4').write_text('the one from before')

    def interrupted() -> Iterator[SpeechPart]:
        yield from from_text('xx', ClapVoice())
        raise error

    with pytest.raises(error):
        make(interrupted(), tmp_path / 'a.mp4')
    assert (tmp_path / 'a.mp4').read_text() == 'the one from before'
    assert left_over(tmp_path) == []


def test_an_encoder_that_dies_is_noticed_at_once(tmp_path: pathlib.Path) -> None:
    """Also where the writer waits for room that will never come."""
    grid = FrameGrid.at(25)
    picture, sound = bytes(640 * 480 * 3 // 2), bytes(2 * 1920)
    with pytest.raises(UserError, match='cannot be written: ffmpeg was ended by SIGKILL'), \
            encoding_to(tmp_path / 'a.mp4', (640, 480), grid.fps, 48000) as encoder:
        encoder.write(picture, sound)
        os.kill(encoder._encoder.pid, signal.SIGKILL)
        while True:
            encoder.write(picture, sound)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('name', ['a.mp4', 'a.MP4', 'a.Mov', 'a.m4v'])
def test_an_mp4_begins_with_its_index_so_that_it_plays_while_it_loads(
        tmp_path: pathlib.Path, name: str) -> None:
    make(from_text('x', ClapVoice()), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert 0 < content.index(b'moov') < content.index(b'mdat')


def test_picture_and_sound_of_one_file_are_in_step(tmp_path: pathlib.Path) -> None:
    """Sound that begins 1.2 s after the picture is heard 1.2 s after it."""
    subprocess.run(['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'color=s=64x48:r=25:d=3',
                    '-itsoffset', '1.2', '-f', 'lavfi', '-i', 'sine=440:d=1.8', '-map', '0',
                    '-map', '1', '-c:a', 'aac', str(tmp_path / 'in.mp4')], check=True)
    make(from_sound(tmp_path / 'in.mp4', from_picture=True), tmp_path / 'out.mp4')
    heard = sound_of(tmp_path / 'out.mp4')
    assert np.argmax(np.abs(heard) > 0.02) / 16000 == pytest.approx(1.2, abs=0.08)
