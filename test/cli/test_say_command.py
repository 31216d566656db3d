"""`txt2vid say` refuses what holds nothing to say before it looks for a talking head."""

from __future__ import annotations

from pathlib import Path

from command_line import txt2vid


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / 'a.txt'
    file.write_text(' \n\n')
    done = txt2vid('say', '--file', str(file))
    assert done.returncode == 2
    assert 'is empty' in done.stderr
