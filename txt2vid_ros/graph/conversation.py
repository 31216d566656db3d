"""Who hears and who answers in a graph."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import os
from pathlib import Path

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.graph.arguments import is_true

ECHO, CHAT, NOBODY = 'echo', 'chat', 'none'
RESPONDERS = (ECHO, CHAT, NOBODY)


@dataclasses.dataclass(frozen=True)
class ConversationSpec:
    """The nodes of a graph that hold a conversation."""

    microphone: bool = False
    """Whether this machine's microphone, or a file in its place, is listened to."""
    hears: bool = False
    """Whether there is a recognizer, for that microphone or for those of browsers."""
    responder: str = NOBODY
    """echo, chat, none, or the path of a program."""

    @property
    def program(self) -> str:
        """Return the path of the responder where it is a program of the user's own."""
        return self.responder if is_program(self.responder) else ''

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the names of its nodes, in the order of their start."""
        return tuple(name for name, there in (
            ('mic', self.microphone), ('stt', self.hears),
            ('responder', self.responder != NOBODY)) if there)


def conversation(graph: str, arguments: Mapping[str, str], *, text: bool, page: bool
                 ) -> ConversationSpec:
    """
    Return who hears and who answers in a graph.

    `text` is whether it carries text, `page` whether browsers can talk into it.
    Live hears those who talk into its page, and says back what it hears where nothing else is
    asked for. The receiver answers only where that is asked for. Raises UserError.
    """
    asked = arguments.get('responder', '')
    given = arguments.get('mic', '')
    wanted = is_true('mic', given) or (
        not given and any(map(arguments.get, ('device', 'input'))))
    microphone = wanted and graph in ('live', 'call')
    if graph == 'call':
        if asked not in ('', NOBODY):
            raise UserError(f'responder: in a call the peer answers, and not {asked}',
                            'Leave it out.')
        return ConversationSpec(microphone, microphone or (not given and page))
    if not text or graph == 'sender':
        if asked not in ('', NOBODY):
            raise UserError(f'responder: {"the sender says" if text else "mode audio has"} '
                            f'nothing that {asked} could answer',
                            'Run the graph live or receiver, in mode text.')
        return ConversationSpec(microphone)
    # mic:=false: nobody talks to it, and what an own recognizer hears can still be answered.
    hears = microphone or (not given and (
        (page and graph == 'live') or asked not in ('', NOBODY)))
    responder = asked or (ECHO if hears and graph == 'live' else NOBODY)
    return ConversationSpec(microphone, hears, _found(responder))


def is_program(responder: str) -> bool:
    """Return whether this is the path of a program, and no name of ours."""
    return bool(responder) and responder not in RESPONDERS


def _found(responder: str) -> str:
    """Return the name, or the absolute path of the program. Raises UserError."""
    if responder in RESPONDERS:
        return responder
    # The node may run in another folder.
    path = Path(responder).expanduser().absolute()
    if not path.is_file():
        raise UserError(f'responder: there is no program {str(path)!r}',
                        f'Say {", ".join(RESPONDERS)}, or the path of a program.')
    if path.suffix != '.py' and not os.access(path, os.X_OK):
        raise UserError(f'responder: {path} is not executable', f'Run: chmod +x {path}')
    return str(path)
