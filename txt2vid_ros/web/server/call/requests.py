"""What the page of a call asks for over its WebSocket: hanging up, corrections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from txt2vid_ros.web.server.events.event_door import Action
from txt2vid_ros.web.server.events.hub import PageQueue

LONGEST_TEXT = 2000
"""Characters of a corrected text."""
NO_CALL = 'there is no call here'


class CallPort(Protocol):
    """What pages ask of a call. Called in the server's loop, and never waits."""

    @property
    def there(self) -> bool:
        """Return whether there is a call."""

    @property
    def own_face_folder(self) -> Path:
        """Return where one's own face is kept."""

    def share_face(self, file: Path | None) -> None:
        """Share a face whose owner has agreed, or none any more."""

    def edit(self, speaker: str, start: int, action: str, text: str) -> None:
        """Hold, send or discard what was recognized from `start` (nanoseconds) on."""

    def hang_up(self) -> None:
        """End the call."""


EDITS = ('hold', 'send', 'discard')


def call_actions(call: CallPort) -> Mapping[str, Action]:
    """Return the types of messages that a page of a call may send, with what each does."""
    def edit(message: dict[str, Any], queue: PageQueue) -> str:
        speaker, start, action, text = (
            message.get(name) for name in ('speaker', 'start', 'action', 'text'))
        if not isinstance(speaker, str) or action not in EDITS:
            return f'edit: give speaker, start, text, and action: one of {", ".join(EDITS)}'
        # As events have it: JavaScript's numbers cannot hold nanoseconds.
        if not (isinstance(start, str) and start.isascii() and start.isdecimal()
                and len(start) < 20):
            return 'edit: start has to be nanoseconds in decimal digits, as a text'
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            return f'edit: text has to be a text of at most {LONGEST_TEXT} characters'
        try:
            (speaker + text).encode()
        except UnicodeEncodeError:
            return 'edit: the text has half a character (a lone surrogate)'
        return ask(lambda: call.edit(speaker.replace('\0', ' '), int(start), action,
                                     text.replace('\0', ' ')))

    def hang_up(message: dict[str, Any], queue: PageQueue) -> str:
        return ask(call.hang_up)

    def ask(action: Callable[[], None]) -> str:
        if not call.there:
            return NO_CALL
        action()
        return ''

    return {'edit': edit, 'hang_up': hang_up}
