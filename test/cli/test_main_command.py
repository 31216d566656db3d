"""`txt2vid` itself: help, version, what is mistyped, what is missing, who stops reading."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest

from txt2vid_ros import __version__
from txt2vid_ros.cli import main as command
from txt2vid_ros.cli.main import COMMANDS, main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(['--version'])
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(['--help'])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)


@pytest.mark.parametrize('name', COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, '--help'])
    assert end.value.code == 0
    assert f'txt2vid {name}' in capsys.readouterr().out


@pytest.mark.parametrize(('words', 'said'), [
    ([], 'required: COMMAND'),
    (['sing'], "invalid choice: 'sing'"),
    (['say', 'Hello', '--loud'], '--loud'),
    (['live', '--graph', 'other'], "invalid choice: 'other'"),
    (['bench', 'everything'], "invalid choice: 'everything'"),
])
def test_what_is_mistyped_is_said_in_one_line(
        words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    line = capsys.readouterr().err
    assert line.count('\n') == 1
    assert said in line
    assert '--help' in line


def test_a_missing_package_is_named(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    real = builtins.__import__

    def without_tqdm(name: str, *rest: Any, **more: Any) -> Any:
        if name == 'tqdm':
            raise ModuleNotFoundError("No module named 'tqdm'", name='tqdm')
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, 'txt2vid_ros.cli.render', raising=False)
    monkeypatch.setattr(builtins, '__import__', without_tqdm)
    assert main(['render', '--text', 'Hi', '--out', 'a.mp4']) == 2
    assert "the Python package 'tqdm' is not installed. Run" in capsys.readouterr().err


@pytest.mark.parametrize(('error', 'status'), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 0)])
def test_an_interrupted_command_ends_quietly(
        error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str]) -> None:
    def interrupted(arguments: object) -> int:
        raise error

    module = command.importlib.import_module(COMMANDS['say'][0])
    monkeypatch.setattr(module, 'run', interrupted)
    monkeypatch.setattr(sys, 'stderr', open(1, 'w', closefd=False))
    assert main(['say', 'Hello']) == status
    assert 'Traceback' not in capfd.readouterr().out
