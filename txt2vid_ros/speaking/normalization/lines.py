"""From lines to sentences: a line that was ended on purpose ends what is said with a pause."""

from __future__ import annotations

import itertools
import re

MIN_WRAP_WIDTH = 40
"""Characters; shorter lines are not the work of an editor that wraps."""
# A word that is divided between lines.
_HYPHENATED = re.compile(r'(?<=[^\W\d_]{2})-\n\s*(?=[a-zß-öø-ÿ])')
_NUMBERED = re.compile(r'^(\d{1,3})[.)]\s+(?=\S)')
_ENDED = tuple('.!?…:;,。！？；：，、।॥۔؟—–"\')')
_CLOSED = re.compile(r'[.!?…。！？।۔؟][\'")\]]*$')


def join_lines(text: str, dated: str = '') -> str:
    """
    Return the text on one line, with a full stop where a line was ended on purpose.

    Blank lines always end it. A single break is a wrap where the next line goes on in lower case,
    or where its first word would not have fitted on the line; then it is a space. The last line is
    left as it is: more of its sentence may come with the next text. A number with a full stop
    numbers the line, except before a match of `dated`, such as the month in "3. Oktober".
    """
    paragraphs = [_joined(part, dated) for part in re.split(r'\n\s*\n', _HYPHENATED.sub('', text))]
    paragraphs = [part for part in paragraphs if part]
    return ' '.join([*map(ended, paragraphs[:-1]), *paragraphs[-1:]])


def _joined(paragraph: str, dated: str) -> str:
    lines = [line.strip() for line in paragraph.split('\n') if line.strip()]
    width = max(map(len, lines), default=0)
    out = []
    for line, following in itertools.zip_longest(lines, lines[1:], fillvalue=''):
        number = _number(line, dated)
        spoken = line if number is None else f'{number[1]}: {line[number.end():]}'
        wrapped = not following or (_number(following, dated) is None and (
            _NUMBERED.match(following) is not None
            or following[0].islower() or line.endswith(',')
            or (width >= MIN_WRAP_WIDTH
                and len(line) + 1 + len(following.split(' ', 1)[0]) > width)))
        out.append(spoken if wrapped else ended(spoken))
    return ' '.join(out)


def _number(line: str, dated: str) -> re.Match[str] | None:
    """Return the number of a numbered line."""
    found = _NUMBERED.match(line)
    return None if found is None or (dated and re.match(dated, line[found.end():])) else found


def ended(line: str, stop: str = '.') -> str:
    """Return the line with a full stop, where it ends in no mark that makes a pause."""
    if not line or (line.endswith(_ENDED) and line[-1] not in '"\')') or _CLOSED.search(line):
        return line
    return f'{line}{stop}'
