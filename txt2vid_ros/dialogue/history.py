"""What was said in a conversation, as a chat service takes it; bounded, oldest first."""

from __future__ import annotations

import collections

USER, ASSISTANT, SYSTEM = 'user', 'assistant', 'system'
MAX_CHARACTERS = 12_000
"""Of all that is remembered; the oldest is forgotten."""


class History:
    """The last turns of a conversation; the roles take turns, as many models demand."""

    def __init__(self, limit: int) -> None:
        """Remember `limit` turns of both sides together."""
        self._limit = limit
        self._turns: collections.deque[tuple[str, str]] = collections.deque()

    def add(self, role: str, text: str) -> None:
        """Add what a side has said; to what it said just before, where nobody came between."""
        if not text:
            return
        if self._turns and self._turns[-1][0] == role:
            text = f'{self._turns.pop()[1]}\n{text}'
        self._turns.append((role, text[-MAX_CHARACTERS:]))
        while (len(self._turns) > self._limit
               or sum(len(said) for _, said in self._turns) > MAX_CHARACTERS
               or self._turns[0][0] != USER) and len(self._turns) > 1:
            self._turns.popleft()

    def messages(self, instructions: str) -> list[dict[str, str]]:
        """Return the messages of a request: the instructions, if any, and the turns."""
        first = [(SYSTEM, instructions)] if instructions else []
        return [{'role': role, 'content': text} for role, text in [*first, *self._turns]]
