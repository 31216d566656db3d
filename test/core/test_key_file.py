"""Key files: everything that can be wrong with one is told apart, and its content never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.key_file import MAX_BYTES, read_key_file


def written(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / 'a.key'
    path.write_bytes(content)
    path.chmod(mode)
    return path


def problem(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_key_file(path, 'key_file', 'Make one.')
    assert str(caught.value).startswith('key_file: ') and str(path) in str(caught.value)
    return str(caught.value)


def test_a_file_of_its_owner_alone_is_read(tmp_path: Path) -> None:
    assert read_key_file(written(tmp_path, b'secret\n'), 'key_file') == b'secret\n'
    assert read_key_file(written(tmp_path, b'x' * MAX_BYTES), 'key_file') == b'x' * MAX_BYTES


@pytest.mark.parametrize('mode', [0o604, 0o640, 0o644, 0o620])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    said = problem(written(tmp_path, b'secret', mode))
    assert 'can be read by others on this machine. Run: chmod 600' in said
    assert 'secret' not in said


def test_what_is_no_file_is_told_apart(tmp_path: Path) -> None:
    assert 'there is no file' in problem(tmp_path / 'none')
    assert problem(tmp_path).endswith('is no file. Make one.')
    os.mkfifo(tmp_path / 'pipe', 0o600)
    assert problem(tmp_path / 'pipe').endswith('is no file. Make one.')
    written(tmp_path, b'')
    assert 'cannot be read: Not a directory' in problem(tmp_path / 'a.key' / 'below')


def test_what_is_too_long_for_a_key_is_not_read_whole(tmp_path: Path) -> None:
    assert 'too long for a key' in problem(written(tmp_path, b'x' * (MAX_BYTES + 1)))
