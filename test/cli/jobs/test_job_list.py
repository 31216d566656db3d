"""`txt2vid render --jobs`: a list of clips, in processes, until each is whole or has a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
import wave

from command_line import MAIN, ROOT, txt2vid
import numpy as np
import pytest
from rig import playable

QUICK = '--width', '160', '--height', '120', '--fps', '2'


def sound(file: Path, seconds: float) -> Path:
    with wave.open(str(file), 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        tone = np.sin(np.arange(round(8000 * seconds)) / 5) * 8000
        out.writeframes(tone.astype('<i2').tobytes())
    return file


def until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


def being_written(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if '.part' in file.name and file.stat().st_size]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Two clips of twenty minutes, one of which is being made."""
    sound(tmp_path / 'long.wav', 1200)
    (tmp_path / 'list.csv').write_text('audio,output\nlong.wav,a.mp4\nlong.wav,b.mp4\n')
    process = subprocess.Popen(
        [sys.executable, '-m', MAIN, 'render', '--jobs', str(tmp_path / 'list.csv'),
         '--processes', '1', '--width', '640', '--height', '480'],
        env={**os.environ, 'PYTHONPATH': str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True)
    until(lambda: bool(being_written(tmp_path)), process)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_list_is_made_but_for_what_has_a_reason_and_goes_on_from_there(tmp_path: Path) -> None:
    sound(tmp_path / 'a.wav', 1)
    (tmp_path / 'made').mkdir()
    rows = tmp_path / 'list.csv'
    # As a spreadsheet saves it, with an empty line and a text of several lines.
    rows.write_bytes('Audio;Text;Output;fps\r\n'
                     'a.wav;;made/a.mp4;4\r\n'
                     '\r\n'
                     ';"Hi;\r\n""you"".";made/b.mp4;\r\n'
                     'none.wav;;made/c.mp4;\r\n'.encode('utf-8-sig'))
    done = txt2vid('render', '--jobs', str(rows), '--processes', '2', *QUICK, timeout=280)
    assert done.returncode == 1, done.stderr
    assert f'txt2vid: {rows} line 6 (c.mp4): ' in done.stderr
    assert 'none.wav' in done.stderr
    assert done.stdout.startswith('2 made (')
    assert done.stdout.endswith('0 there before, 1 failed\n')
    assert sorted(file.name for file in (tmp_path / 'made').iterdir()) == ['a.mp4', 'b.mp4']
    frames, _ = playable(tmp_path / 'made' / 'a.mp4')
    assert frames == 4
    before = (tmp_path / 'made' / 'a.mp4').stat()

    sound(tmp_path / 'none.wav', 1)
    done = txt2vid('render', '--jobs', str(rows), *QUICK, timeout=280)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('1 made (')
    assert done.stdout.endswith('2 there before, 0 failed\n')
    playable(tmp_path / 'made' / 'c.mp4')
    assert (tmp_path / 'made' / 'a.mp4').stat() == before


def test_errors_of_a_list_name_line_and_column_and_nothing_is_made(tmp_path: Path) -> None:
    rows = tmp_path / 'list.csv'
    rows.write_text('text,audio,output,fps,engine-options\n'
                    'Hello.,,a.mp4,fast,\n'
                    'Hello.,,,,\n'
                    ',,b.mp4,,\n'
                    'Hello.,a.wav,b.mp4,,\n'
                    'Hello.,,c.mp4,500,\n'
                    'Hello.,,d.mp4,,viseme.blink=no\n'
                    'Hello.,,./e.mp4,,\n'
                    'Hello.,,e.mp4,,\n'
                    'Hello, you.,,f.mp4,,no\n'
                    'Hello.,,list.csv,,\n')
    done = txt2vid('render', '--jobs', str(rows))
    assert done.returncode == 2
    assert done.stdout == ''
    told = [line.removeprefix(f'txt2vid: --jobs {rows} ') for line in done.stderr.splitlines()]
    assert told[0] == "line 2, column fps: invalid float value: 'fast'"
    assert told[1].startswith('line 3, column output: nothing says where to write it')
    assert told[2].startswith('line 4: there is nothing to say. Give text')
    assert told[3].startswith('line 5, column audio: not allowed with text')
    assert told[4].startswith('line 6, column fps: 500 is not possible')
    assert told[5].startswith('line 7, column engine_options: viseme.blink')
    assert told[6].startswith('line 9, column output: line 8 writes the same file')
    assert told[7].startswith('line 10: there are 6 cells for 5 columns')
    assert told[8].startswith('line 11, column output: that is the list itself')
    assert told[9] == f'txt2vid: nothing was made. Put {rows} right'
    assert [file.name for file in tmp_path.iterdir()] == ['list.csv']


@pytest.mark.parametrize(('text', 'said'), [
    ('', 'line 1: there is no column output'),
    ('text,out\n', 'lists no clip'),
    ('text,out,output\nHi.,a.mp4,b.mp4\n', 'line 1: there are two columns out'),
    ('text,output,fbs\nHi.,a.mp4,2\n', "line 1: there is no column 'fbs'. Did you mean 'fps'?"),
    ('text,output,jobs\nHi.,a.mp4,b.csv\n', "there is no column 'jobs'"),
    ('text,output\n"Hi."",a.mp4\n', 'line 2: ')])
def test_what_is_no_list_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    rows = tmp_path / 'list.csv'
    rows.write_text(text)
    done = txt2vid('render', '--jobs', str(rows))
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count('\n') == 1


def test_a_process_that_dies_costs_its_clip_alone(
        tmp_path: Path, running: subprocess.Popen[str]) -> None:
    rows = tmp_path / 'list.csv'
    first = being_written(tmp_path)[0]
    worker = next(
        int(folder.name) for folder in Path('/proc').glob('[0-9]*')
        if (folder / 'cmdline').exists() and b'spawn_main' in (folder / 'cmdline').read_bytes()
        and f'\nPPid:\t{running.pid}\n' in (folder / 'status').read_text())
    # The other clip becomes a short one before anybody reads it.
    sound(tmp_path / 'short.wav', 1)
    (tmp_path / 'short.wav').replace(tmp_path / 'long.wav')
    os.kill(worker, signal.SIGKILL)
    out, told = running.communicate(timeout=200)
    assert running.returncode == 1
    assert f'txt2vid: {rows} line 2 (a.mp4): its process was ended by SIGKILL' in told
    assert out.startswith('1 made (')
    assert not (tmp_path / 'a.mp4').exists()
    assert first.name.startswith('.a.')
    playable(tmp_path / 'b.mp4')


@pytest.mark.parametrize(('number', 'status'), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_ends_at_once_and_leaves_no_half_of_a_clip(
        tmp_path: Path, running: subprocess.Popen[str], number: signal.Signals, status: int
        ) -> None:
    # Ctrl-C reaches all processes of the terminal, a service manager's SIGTERM this one.
    (os.killpg if number == signal.SIGINT else os.kill)(running.pid, number)
    out, told = running.communicate(timeout=60)
    assert running.returncode == status
    assert '2 left: the same command goes on' in out
    assert told == ''
    assert sorted(file.name for file in tmp_path.iterdir()) == ['list.csv', 'long.wav']
