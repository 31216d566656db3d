"""Files and test signals come as from a microphone; bad sound is mended or refused in one line."""

from __future__ import annotations

import logging
from pathlib import Path
import subprocess
import threading
import wave

import numpy as np
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture import paced_source
from txt2vid_ros.media.capture.capture_loop import CaptureLoop, Chunker
from txt2vid_ros.media.capture.conditioning import Conditioner
from txt2vid_ros.media.capture.file_source import FileSource
from txt2vid_ros.media.capture.generated import SilenceSource, ToneSource
from txt2vid_ros.media.capture.source import SoundBlock, SourceStatistics


class SteppedClock:
    """Time passes only where somebody waits for it."""

    def __init__(self) -> None:
        self.time = 1_000 * SECOND
        self.waits = 0

    def now(self) -> int:
        self.time += 1_000_000
        return self.time


def sine(seconds: float, rate: int, frequency: float = 440.0) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


def write_wav(path: Path, sound: np.ndarray, rate: int, channels: int = 1) -> Path:
    with wave.open(str(path), 'wb') as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        pcm = (np.clip(sound, -1, 1) * 32767).astype('<i2')
        file.writeframes(np.repeat(pcm[:, None], channels, 1).tobytes())
    return path


def write_float(path: Path, sound: np.ndarray, rate: int) -> Path:
    """Write a WAV of 32-bit floats, which may hold anything."""
    data = sound.astype('<f4').tobytes()
    head = (b'RIFF' + (36 + len(data)).to_bytes(4, 'little') + b'WAVEfmt ' +
            (16).to_bytes(4, 'little') + (3).to_bytes(2, 'little') + (1).to_bytes(2, 'little') +
            rate.to_bytes(4, 'little') + (rate * 4).to_bytes(4, 'little') +
            (4).to_bytes(2, 'little') + (32).to_bytes(2, 'little') + b'data' +
            len(data).to_bytes(4, 'little'))
    path.write_bytes(head + data)
    return path


def taken(source: paced_source.PacedSource, seconds: float) -> tuple[np.ndarray, list[int]]:
    """Return a source's first seconds and the stamps of the blocks."""
    source.open()
    stop = threading.Event()
    blocks = []
    while sum(len(block.samples) for block in blocks) < seconds * SPEECH_RATE:
        block = source.read(stop)
        assert block is not None
        blocks.append(block)
    source.close()
    return np.concatenate([block.samples for block in blocks]), [block.stamp for block in blocks]


def pitch(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum[10:]) + 10) * SPEECH_RATE / len(sound)


@pytest.mark.parametrize(('rate', 'channels'), [(8000, 1), (44100, 2), (96000, 1), (16000, 6)])
def test_a_file_of_any_rate_is_heard_whole_and_then_silence(
        tmp_path: Path, rate: int, channels: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, 'txt2vid_ros')
    file = write_wav(tmp_path / 'a.wav', sine(1, rate), rate, channels)
    sound, stamps = taken(FileSource(SteppedClock(), file, speed=0), 3)
    assert pitch(sound[2000:14000]) == pytest.approx(440, abs=2)
    loud = np.flatnonzero(np.abs(sound) > 0.05)
    assert loud[-1] == pytest.approx(SPEECH_RATE, abs=SPEECH_RATE // 20)
    assert np.abs(sound[SPEECH_RATE + 4000:]).max() < 0.02
    # Stamps count samples, however fast the blocks are taken.
    assert set(np.diff(stamps)) == {paced_source.BLOCK_SAMPLES * SECOND // SPEECH_RATE}
    assert any('played to its end' in line for line in caplog.messages)


def test_a_video_is_heard_too(tmp_path: Path) -> None:
    file = tmp_path / 'a.mp4'
    subprocess.run(['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=d=1:s=64x48', '-f',
                    'lavfi', '-i', 'sine=f=600:d=1', '-shortest', str(file)], check=True)
    sound, _ = taken(FileSource(SteppedClock(), file, speed=0), 0.9)
    assert pitch(sound[3000:13000]) == pytest.approx(600, abs=3)


def test_a_looped_file_begins_anew(tmp_path: Path) -> None:
    file = write_wav(tmp_path / 'a.wav', sine(0.5, SPEECH_RATE), SPEECH_RATE)
    source = FileSource(SteppedClock(), file, speed=0, loop=True)
    sound, _ = taken(source, 2)
    assert source.ended
    for at in range(0, 2 * SPEECH_RATE - 4000, 4000):
        assert np.abs(sound[at:at + 4000]).max() > 0.3


def test_a_paced_file_is_not_given_before_its_time(tmp_path: Path) -> None:
    file = write_wav(tmp_path / 'a.wav', sine(0.5, SPEECH_RATE), SPEECH_RATE)
    clock = SteppedClock()
    source = FileSource(clock, file)
    source.open()
    stop = threading.Event()
    for _ in range(10):
        block = source.read(stop)
        assert block is not None
        assert clock.time >= block.stamp + len(block.samples) * SECOND // SPEECH_RATE


@pytest.mark.parametrize(('speed', 'gap'), [(1.0, 60.0), (4.0, 0.0), (0.5, 0.0)])
def test_a_machine_that_slept_leaves_a_gap_only_in_sound_at_real_time(
        speed: float, gap: float) -> None:
    """What is played faster than it was spoken is not of now; a gap would cut its sentence."""
    clock = SteppedClock()
    source = SilenceSource(clock, speed)
    source.open()
    stop = threading.Event()
    first = source.read(stop)
    clock.time += 60 * SECOND
    source.read(stop)
    second = source.read(stop)
    assert first and second
    blocks = 2 * paced_source.BLOCK_SAMPLES / SPEECH_RATE
    assert (second.stamp - first.stamp) / SECOND == pytest.approx(gap + blocks, abs=0.1)
    # The time that was lost is not made up for.
    begin = clock.time
    source.read(stop)
    assert clock.time - begin >= 0.9 * blocks / 2 / speed * SECOND


@pytest.mark.parametrize(('content', 'says'), [
    (None, 'no file'), (b'', 'no sound'), (b'RIFF\x10\0\0\0WAVEfmt ', 'no sound'),
    (b'This is a letter, not a sound.' * 40, 'no sound')])
def test_a_file_without_sound_is_refused_in_one_line(
        tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / 'a.wav'
    if content is not None:
        file.write_bytes(content)
    recorder = CaptureLoop(FileSource(SteppedClock(), file), lambda block: None)
    with pytest.raises(UserError, match=f'mic.file.*{says}') as caught:
        recorder.run(threading.Event())
    assert '\n' not in str(caught.value)


def test_a_truncated_file_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write_wav(tmp_path / 'a.wav', sine(1, SPEECH_RATE), SPEECH_RATE).read_bytes()
    (tmp_path / 'b.wav').write_bytes(whole[:len(whole) // 2 + 1])
    sound, _ = taken(FileSource(SteppedClock(), tmp_path / 'b.wav', speed=0), 1)
    assert np.abs(sound[:7800]).max() > 0.3
    assert np.abs(sound[9000:]).max() < 0.05


def test_offset_clipping_and_what_is_no_number_are_mended(tmp_path: Path) -> None:
    sound = 3 * sine(2, SPEECH_RATE) + 0.2
    sound[5000:5100] = np.nan
    sound[6000:6010] = np.inf
    statistics = SourceStatistics()
    conditioner = Conditioner(SPEECH_RATE, statistics)
    clean = np.concatenate([conditioner.process(sound[at:at + 320].astype(np.float32))
                            for at in range(0, len(sound), 320)])
    assert np.isfinite(clean).all()
    assert np.abs(clean).max() <= 1
    assert statistics.invalid == 110
    assert statistics.clipped > 1000
    assert abs(clean[SPEECH_RATE:].mean()) < 0.02
    file = write_float(tmp_path / 'a.wav', sound, SPEECH_RATE)
    heard, _ = taken(FileSource(SteppedClock(), file, speed=0), 1.9)
    assert np.isfinite(heard).all() and np.abs(heard).max() <= 1
    assert pitch(heard[8000:28000]) == pytest.approx(440, abs=2)


@pytest.mark.parametrize('kind', [np.int16, np.int32, np.float32])
def test_samples_of_any_width_are_equally_loud(kind: type) -> None:
    sound = sine(0.2, SPEECH_RATE)
    if kind is not np.float32:
        sound = sound * np.iinfo(kind).max
    heard = Conditioner(SPEECH_RATE, SourceStatistics()).process(sound.astype(kind))
    assert np.abs(heard).max() == pytest.approx(0.4, abs=0.01)


def test_a_voice_on_one_channel_is_not_halved() -> None:
    left = np.stack([sine(0.5, SPEECH_RATE), np.zeros(SPEECH_RATE // 2)], 1)
    heard = Conditioner(SPEECH_RATE, SourceStatistics()).process(left.astype(np.float32))
    assert np.abs(heard).max() == pytest.approx(0.4, abs=0.01)


def test_tone_and_silence_are_what_they_say() -> None:
    sound, _ = taken(ToneSource(SteppedClock(), 0, 1000.0, -6.0), 1)
    assert pitch(sound) == pytest.approx(1000, abs=2)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.01)
    # One sine, not a piece a block.
    assert np.abs(np.diff(sound, 2)).max() < 0.5 * (2 * np.pi * 1000 / SPEECH_RATE) ** 2 * 1.01
    assert not taken(SilenceSource(SteppedClock(), 0), 1)[0].any()


def test_chunks_are_equal_and_keep_their_times() -> None:
    chunker = Chunker(512)
    begin, sent, chunks = 5 * SECOND, 0, []
    ramp = np.arange(16000, dtype=np.float32)
    for length in (100, 700, 512, 1, 2000, 333):
        block = SoundBlock(begin + sent * SECOND // SPEECH_RATE, ramp[sent:sent + length])
        chunks += list(chunker.push(block))
        sent += length
    # A gap: what is left before it comes out, and counting begins anew.
    chunks += list(chunker.push(SoundBlock(begin + 10 * SECOND, ramp[sent:sent + 600])))
    assert {len(chunk.samples) for chunk in chunks[:-2]} == {512}
    assert np.array_equal(np.concatenate([chunk.samples for chunk in chunks[:-1]]), ramp[:sent])
    for chunk in chunks[:-1]:
        captured = begin + chunk.samples[0] / SPEECH_RATE * SECOND
        assert chunk.stamp == pytest.approx(captured, abs=1000)
    assert chunks[-1].stamp == begin + 10 * SECOND
