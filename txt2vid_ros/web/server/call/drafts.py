"""What was recognized and can be corrected before it is sent, as pages get it."""

from __future__ import annotations

import collections
from typing import Any

MOST_LINES = 8
FORGOTTEN_AFTER = 90 * 1_000_000_000
"""Nanoseconds after which a draft is gone even if nobody has said so: link has ended."""


class DraftLines:
    """Follows speech/draft: the lines that stand, in the order in which they were said."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: collections.OrderedDict[tuple[str, int], dict[str, Any]] = (
            collections.OrderedDict())

    def take(self, speaker: str, start: int, partial: str, final: str, now: int,
             delay: float) -> dict[str, Any]:
        """
        Take a message that has arrived at `now`, and return the event of all lines.

        Times are nanoseconds; it stands for `delay` seconds, 0 where that is not known.
        """
        key = speaker, start
        if not (partial or final):
            self._lines.pop(key, None)
        else:
            arrived = self._lines[key]['arrived'] if key in self._lines else now
            self._lines[key] = {'text': partial or final, 'held': bool(partial),
                                'arrived': arrived, 'delay': delay}
        return self.event(now)

    def event(self, now: int) -> dict[str, Any]:
        """Return the event of the lines that stand; stamps are texts."""
        for key, line in list(self._lines.items()):
            if now - line['arrived'] > FORGOTTEN_AFTER:
                del self._lines[key]
        return {'type': 'drafts', 'lines': [{
            'speaker': speaker, 'start': str(start), 'text': line['text'], 'held': line['held'],
            'due': str(line['arrived'] + round(line['delay'] * 1e9))
            if line['delay'] and not line['held'] else ''}
            for (speaker, start), line in list(self._lines.items())[:MOST_LINES]]}
