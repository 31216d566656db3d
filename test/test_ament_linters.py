"""The linters that `colcon test` of a ROS package runs, where ROS is installed."""

from __future__ import annotations

import importlib
import pathlib
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What the package consists of; a working tree holds virtual environments and builds as well.
OWN = [str(ROOT / part) for part in ('txt2vid_ros', 'launch', 'scripts', 'test', 'tools')]


@pytest.mark.parametrize(('linter', 'paths'), [
    ('ament_flake8', OWN), ('ament_pep257', OWN), ('ament_xmllint', [str(ROOT / 'package.xml')])])
def test_the_linters_of_ros_find_nothing(
        linter: str, paths: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        main = importlib.import_module(f'{linter}.main').main
    except ImportError:
        pytest.skip(f'needs {linter}')
    if linter == 'ament_xmllint' and not shutil.which('xmllint'):
        pytest.skip('needs xmllint')
    assert main(argv=paths) == 0, capsys.readouterr().out
