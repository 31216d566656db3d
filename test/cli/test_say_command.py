"""`txt2vid say` reads any text, and refuses what is none before it looks for a talking head."""

from __future__ import annotations

import os
from pathlib import Path

from command_line import txt2vid
import pytest


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / 'a.txt'
    file.write_text(' \n\n')
    done = txt2vid('say', '--file', str(file))
    assert done.returncode == 2
    assert 'is empty' in done.stderr


@pytest.mark.parametrize('data', [b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR', b'\0\1\2\3' * 500,
                                  bytes(range(128, 256)) * 20])
def test_a_file_that_is_no_text_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / 'a.txt'
    file.write_bytes(data)
    for words in (['say', '--file', str(file)],
                  ['render', '--text-file', str(file), '--out', str(tmp_path / 'a.mp4')]):
        done = txt2vid(*words)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith(f'txt2vid: {words[1]} {file} is ')
        assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'a.mp4').exists()


@pytest.mark.parametrize('command', ['say', 'type'])
def test_words_in_windows_1252_are_read(command: str) -> None:
    speaker = os.fsdecode(b'Andr\xe9')
    words = [os.fsdecode(b'K\xf6ln')] if command == 'say' else []
    done = txt2vid(command, '--speaker', speaker, '--timeout', '0.1', '--namespace', '/nobody',
                   *words)
    assert done.returncode == 2
    assert done.stderr.count('was read as Windows-1252') == 1 + len(words)
    assert 'no tts node listens' in done.stderr.splitlines()[-1]


def test_the_demonstration_says_that_there_is_no_talking_head() -> None:
    done = txt2vid('demo', '--timeout', '0.1', '--namespace', '/nobody')
    assert done.returncode == 2 and 'no tts node listens on /nobody/heard' in done.stderr
