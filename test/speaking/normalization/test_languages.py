"""
What is written in a language is what is said in it.

spoken/LANGUAGE.txt has one case a line: its name, the text, what is to be heard written out, and
the locale where it is another one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from txt2vid_ros.speaking.normalization.front_end import normalize

TABLES = sorted(Path(__file__).parent.joinpath('spoken').glob('*.txt'))


def cases(table: Path) -> list[tuple[str, str, str, str]]:
    """Return name, text, words and locale of each case."""
    lines = [[cell.strip() for cell in line.split(' | ')]
             for line in table.read_text('utf-8').splitlines()
             if line.strip() and not line.startswith('# ')]
    return [(name, text, words, locale[0] if locale else table.stem)
            for name, text, words, *locale in lines]


@pytest.mark.parametrize('table', TABLES, ids=lambda table: table.stem)
def test_every_text_of_the_table_is_said_as_a_native_speaker_would(table: Path) -> None:
    rows = cases(table)
    assert len({name for name, *_ in rows}) == len(rows) >= 60
    wrong = [f'{name}: {text!r} is said {said!r}, not {words!r}'
             for name, text, words, locale in rows
             if (said := normalize(text, (locale,), locale=locale).text) != words]
    assert not wrong, '\n'.join(wrong)
