"""`txt2vid` itself: help, version, what is mistyped, what is missing, who stops reading."""

from __future__ import annotations

import os
from pathlib import Path
import re
import signal
import subprocess
import sys

from command_line import MAIN, ROOT, txt2vid
import pytest
from txt2vid_ros import __version__

COMMANDS = (
    'live', 'call', 'say', 'type', 'demo', 'voice', 'devices', 'bag', 'render', 'bench', 'link',
    'cards', 'top', 'trace', 'service', 'security', 'doctor', 'models')
ENVIRONMENT = {'PYTHONPATH': str(ROOT)}


def test_version() -> None:
    done = txt2vid('--version')
    assert done.returncode == 0
    assert done.stdout.strip() == __version__


def test_help_names_every_command() -> None:
    done = txt2vid('--help')
    assert done.returncode == 0
    assert re.findall(r'^    (\w+) ', done.stdout, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize('name', COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = txt2vid(name, '--help')
    assert done.returncode == 0
    assert f'txt2vid {name}' in done.stdout


@pytest.mark.parametrize(('words', 'said'), [
    ([], 'required: COMMAND'),
    (['sing'], "invalid choice: 'sing'"),
    (['say', 'Hello', '--loud'], 'unrecognized arguments: --loud. See txt2vid say --help'),
    (['say', '--voice', 'anna', 'Hello'], 'unrecognized arguments: --voice. See'),
    (['voice', 'match', 'me.wav'], 'me.wav. See txt2vid voice match --help'),
    (['live', '--graph', 'other'], "invalid choice: 'other'"),
    (['bench', 'everything'], "invalid choice: 'everything'"),
])
def test_what_is_mistyped_is_said_in_one_line(words: list[str], said: str) -> None:
    done = txt2vid(*words)
    assert done.returncode == 2
    assert done.stderr.count('\n') == 1
    assert said in done.stderr
    assert '--help' in done.stderr


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    # What Python says of a package that is not there.
    (tmp_path / 'tqdm.py').write_text(
        'raise ModuleNotFoundError("No module named \'tqdm\'", name="tqdm")\n')
    done = txt2vid('render', '--text', 'Hi', '--out', 'a.mp4',
                   environment={'PYTHONPATH': f'{tmp_path}:{ROOT}'})
    assert done.returncode == 2
    assert "the Python package 'tqdm' is not installed. Run" in done.stderr


def test_ctrl_c_ends_a_command_quietly(tmp_path: Path) -> None:
    file = tmp_path / 'text'
    os.mkfifo(file)
    with subprocess.Popen([sys.executable, '-m', MAIN, 'say', '--file', str(file)],
                          env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as child:
        with file.open('w'):    # returns when the command has opened it, too, to read it
            child.send_signal(signal.SIGINT)
        # The signal comes before the end of the file, whether the command reads already or not.
        assert child.wait(60) == 130
        assert child.stdout and 'Traceback' not in child.stdout.read()


def test_a_reader_that_has_left_ends_a_command_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, '-m', MAIN, 'doctor'], stdout=writing,
                          env={**os.environ, **ENVIRONMENT}, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=120)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, '')
