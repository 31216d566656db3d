"""What is said and heard, as the objects that pages get: words with the times of each."""

from __future__ import annotations

import collections
from collections.abc import Mapping
import dataclasses
import re
from typing import Any

from txt2vid_ros.media.captions import CUT

MOST_HELD = 32
"""Utterances whose words are remembered until they end."""
_UNSAID = re.compile(r'\s*\[(?P<what>[^\[\]]*) not said\]$')


@dataclasses.dataclass
class _WordTimes:
    words: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    """Each word, and when it began to be heard."""


class CaptionEvents:
    """
    Follows voice/caption, which grows by each word at the moment it is heard.

    That moment is the time of the word; stamps are nanoseconds, in events as texts. A final one
    that was interrupted ends with CUT, and has what was dropped in place of its partial text.
    """

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._utterances: collections.OrderedDict[tuple[str, int], _WordTimes] = (
            collections.OrderedDict())

    def event(self, speaker: str, start: int, partial: str, final: str, now: int
              ) -> dict[str, Any]:
        """Return the event of a caption that has arrived at `now`."""
        key = speaker, start
        held = self._utterances.setdefault(key, _WordTimes())
        while len(self._utterances) > MOST_HELD:
            self._utterances.popitem(last=False)
        text, unsaid, cut = final or partial, partial if final else '', False
        if final:
            del self._utterances[key]
            if note := _UNSAID.search(text):
                text, unsaid = text[:note.start()], unsaid or note['what']
            cut = text.endswith(CUT.strip())
            text = text.removesuffix(CUT.strip()).rstrip() if cut else text
        held.words = _timed(held.words, text.split(), start, now)
        return {
            'type': 'caption', 'id': f'{speaker}#{start}', 'speaker': speaker,
            'start': str(start), 'text': text, 'words': _spans(held.words, now),
            'cut': str(now) if cut else False, 'unsaid': unsaid, 'final': bool(final)}


def _timed(known: list[tuple[str, int]], words: list[str], start: int, now: int
           ) -> list[tuple[str, int]]:
    """Return the words with their times: the last new one is heard now, the first of all first."""
    kept = [(word, at) for (_, at), word in zip(known, words, strict=False)]
    new = words[len(kept):]
    begun, first = (kept[-1][1], 1) if kept else (start, 0)
    step = max(0, now - begun) / max(1, len(new) - 1 + first)
    return [*kept, *((word, begun + round(step * (at + first))) for at, word in enumerate(new))]


def _spans(words: list[tuple[str, int]], now: int) -> list[Mapping[str, str]]:
    ends = (*(at for _, at in words[1:]), now)
    return [{'text': word, 'start': str(at), 'end': str(max(at, end))}
            for (word, at), end in zip(words, ends, strict=False)]


def heard_event(speaker: str, start: int, partial: str, final: str) -> dict[str, Any]:
    """Return the event of what a person was heard to say from `start` on."""
    return {'type': 'heard', 'speaker': speaker, 'start': str(start), 'partial': partial,
            'final': final}
