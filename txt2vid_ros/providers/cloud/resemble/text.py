"""The text of a clause as Resemble gets it: with its emotion and pace as SSML."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from txt2vid_ros.speaking.ssml import is_ssml

EMOTIONS = ('neutral', 'angry', 'annoyed', 'question', 'happy')
_ROOT = re.compile(r'(<speak[^<>]*>)(.*)(</speak\s*>)', re.IGNORECASE)


def with_prosody(clause: str, emotion: str, speed: float) -> str:
    """
    Return the clause, or with an emotion or a pace an SSML text around it.

    An SSML text keeps its own marks, within these.
    """
    before = after = ''
    if emotion:
        before, after = f'<resemble:emotion emotions="{emotion}">', '</resemble:emotion>'
    if speed != 1.0:
        before, after = before + f'<prosody rate="{round(speed * 100)}%">', '</prosody>' + after
    if not before:
        return clause
    root = _ROOT.fullmatch(clause) if is_ssml(clause) else None
    if root is not None:
        return root[1] + before + root[2] + after + root[3]
    return f'<speak>{before}{escape(clause)}{after}</speak>'
