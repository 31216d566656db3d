"""One run of ffmpeg: what it is fed, what comes out, what it says, and how it is ended."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import threading

import ffmpeg
import numpy as np
import pytest
from rig import until
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process import child_process
from txt2vid_ros.media.ffmpeg import executable, FfmpegProcess


def copier(name: str = 'copier') -> FfmpegProcess:
    """Return an ffmpeg that puts out the s16 sound it is fed."""
    sound = ffmpeg.input('pipe:0', format='s16le', ar=8000, ac=1)
    return FfmpegProcess(ffmpeg.output(sound, 'pipe:1', format='s16le'), name)


def everything(process: FfmpegProcess) -> bytes:
    return b''.join(iter(process.read, b''))


def test_what_is_fed_comes_out_and_it_ends_in_order() -> None:
    process = copier()
    fed = [np.arange(at, at + 1000, dtype='<i2').tobytes() for at in range(0, 20_000, 1000)]
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(everything(process)))
    reader.start()
    assert process.feed_all(fed)
    reader.join(60)
    assert got == [b''.join(fed)]
    assert process.end(30) == 0
    assert process.status == 0
    assert process.errors() == ''
    assert process.read() == b''


def test_a_queue_feeds_it_without_waiting() -> None:
    process = copier()
    queued = process.queued_input(4)
    assert queued.write(b'\1\2' * 100)
    queued.close(30)
    assert everything(process) == b'\1\2' * 100
    assert process.end(30) == 0


def test_its_last_words_say_why_it_failed(tmp_path: pathlib.Path) -> None:
    nowhere = tmp_path / 'nowhere' / 'a.wav'
    sound = ffmpeg.input('anullsrc', format='lavfi')
    process = FfmpegProcess(ffmpeg.output(sound, f'file:{nowhere}', t=1), 'failing',
                            stdout=subprocess.DEVNULL)
    process.feed_all(())
    assert process.end(30) > 0
    assert 'No such file or directory' in process.complaint()
    assert '\n' not in process.complaint()


def test_one_that_is_killed_is_noticed_by_who_feeds_it() -> None:
    process = copier()
    assert process.complaint() == 'ffmpeg takes no more input'

    def endless() -> object:
        while True:
            yield b'\0' * 100_000
            os.kill(process.pid, signal.SIGKILL)
            until(lambda: process.status is not None)

    assert not process.feed_all(endless())
    assert process.end() == -signal.SIGKILL
    assert process.complaint() == 'ffmpeg was ended by SIGKILL'


def test_one_that_is_broken_off_is_gone_whatever_it_has_to_write() -> None:
    endless = ffmpeg.input('anullsrc', format='lavfi')
    process = FfmpegProcess(ffmpeg.output(endless, 'pipe:1', format='s16le'), 'endless')
    assert process.read(100)
    process.abort()
    assert process.status is not None
    assert process.read() == b''


def test_without_ffmpeg_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '/nonexistent')
    with pytest.raises(UserError, match='ffmpeg is not installed'):
        executable()
    with pytest.raises(UserError, match='ffmpeg is not installed'):
        copier()


def test_a_machine_that_starts_nothing_any_more_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise BlockingIOError(11, 'Resource temporarily unavailable')

    monkeypatch.setattr(child_process, 'spawn', full)
    with pytest.raises(UserError, match='cannot be started: Resource temporarily unavailable'):
        copier()


def test_it_dies_with_the_thread_that_started_it() -> None:
    started: list[FfmpegProcess] = []

    def start() -> None:
        process = copier()
        # Before that it is the wrapper, which may not have set the signal yet.
        until(lambda: pathlib.Path(f'/proc/{process.pid}/comm').read_text() == 'ffmpeg\n')
        started.append(process)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    until(lambda: started[0].status is not None)
