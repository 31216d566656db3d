"""What killed processes leave in shared memory goes, and what the living hold stays."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
import time

import pytest
from txt2vid_ros.core.process.shared_memory import OWN_PORTS, remove_abandoned

SEGMENT = 'fastrtps_0123456789abcdef'
USED_ONCE = f'fastrtps_port{OWN_PORTS.start}'


def leave(folder: Path, name: str, age: float = 10.0) -> set[str]:
    names = {name, f'{name}_el', f'sem.{name}_mutex'}
    for each in names:
        (folder / each).touch()
        os.utime(folder / each, (time.time() - age,) * 2)
    return names


@pytest.mark.parametrize('name', [SEGMENT, USED_ONCE, 'fastdds_0123456789abcdef'])
def test_what_nobody_owns_is_removed(tmp_path: Path, name: str) -> None:
    leave(tmp_path, name)
    assert remove_abandoned(tmp_path) == [name]
    assert not [*tmp_path.iterdir()]


def test_what_somebody_owns_stays(tmp_path: Path) -> None:
    names = leave(tmp_path, SEGMENT)
    with (tmp_path / f'{SEGMENT}_el').open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert remove_abandoned(tmp_path) == []
    assert {each.name for each in tmp_path.iterdir()} == names
    assert remove_abandoned(tmp_path) == [SEGMENT]


@pytest.mark.parametrize(('name', 'age'), [
    (SEGMENT, 0.0), ('fastrtps_port7411', 10.0), ('fastrtps_port7000', 10.0), ('other', 10.0)])
def test_what_somebody_may_be_about_to_take_stays(tmp_path: Path, name: str, age: float) -> None:
    names = leave(tmp_path, name, age)
    assert remove_abandoned(tmp_path) == []
    assert {each.name for each in tmp_path.iterdir()} == names


def test_without_shared_memory_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert remove_abandoned(tmp_path / 'nowhere') == []
