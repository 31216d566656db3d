"""The nodes of each graph, with the parameters and remappings that its arguments set."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace, NAMESPACE
from txt2vid_ros.core.registry import not_installed, WEB_PACKAGES
from txt2vid_ros.graph.arguments import ARGUMENTS, is_true, OUTPUTS
from txt2vid_ros.graph.conversation import CHAT, conversation, ConversationSpec, ECHO
from txt2vid_ros.graph.values import absolute, settings, WHIP

PACKAGE = 'txt2vid_ros'
# What the graphs consist of in each mode, in the order of their start.
TEXT, AUDIO = 'text', 'audio'
MODES: dict[str, dict[str, tuple[str, ...]]] = {
    TEXT: {
        'receiver': ('tts', 'lipsync', 'stream', 'web', 'say'),
        'live': ('tts', 'lipsync', 'stream', 'web', 'say'),
        'sender': ('mic', 'stt'),
        'call': ('tts', 'playout', 'lipsync', 'stream', 'web'),
    },
    AUDIO: {
        'receiver': ('playout', 'lipsync', 'stream', 'web'),
        'live': ('playout', 'lipsync', 'stream', 'web'),
        'sender': ('mic',),
        'call': ('tts', 'playout', 'lipsync', 'stream', 'web'),
    },
}
AUTO = 'auto'
"""The mode of a call that sends sound where the path bears it."""
CALL = 'call'
GRAPHS = MODES[TEXT]
# What carries `speech` to `heard`. Over topics no node is needed: the sender's graph says `heard`.
TOPIC = 'topic'
LINKS = (TOPIC, 'udp', 'tcp', 'serial', 'kiss-tcp', 'kiss-serial', 'meshtastic')
LINK_ROLES = {'sender': 'sender', CALL: 'peer'}
"""Which end of the link a graph is, where it is not the receiver."""
CALL_LINK = 'udp'
"""What carries a call where nothing else is asked for."""
_PEER_SOUND = {
    'playout': (('mic/audio', 'peer/audio'), ('mic/audio_info', 'peer/audio_info'))}
"""What the playout plays where a link brings sound from the other end."""
REMAPPED: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    'sender': {'stt': (('speech', 'heard'),)},
    # What the peer says is heard; what is typed or asked for here is for the peer.
    CALL: {'tts': (('text', 'local/text'), ('heard', 'peer/heard')),
           'link': (('heard', 'peer/heard'),), 'web': (('heard', 'speech'),), **_PEER_SOUND},
}
"""Topics that a node has under another name; those of the sender only where there is no link."""
LATER = 1.5
"""Seconds after the face in which nobody talks to it yet: the first picture need not wait."""
SHOWN = frozenset(('lipsync', 'stream', 'web', 'window'))
"""The nodes on the picture's way, replaced where a signal has stopped them (docs/ros.md).

Of the others nothing is seen; what they were given waits, and a replacement would cut it.
"""


@dataclasses.dataclass(frozen=True)
class NodeSpec:
    """One process of the graph."""

    name: str
    executable: str
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    namespace: str = NAMESPACE
    remappings: tuple[tuple[str, str], ...] = ()
    """Topics that have another name in the graph: (its own, the graph's)."""
    parts: tuple[NodeSpec, ...] = ()
    """The nodes that share the process; none where it runs the node of its name."""
    program: str = ''
    """The path of a program of the user's own that is run in place of a node of the package."""
    start_after: float = 0.0
    """Seconds that it may start later than the others, which are needed first."""

    @property
    def module(self) -> str:
        """Return the Python module that runs the node."""
        return f'{PACKAGE}.nodes.{self.executable}'

    @property
    def shows(self) -> bool:
        """Return whether nothing new is seen while its process is stopped."""
        return any(each.name in SHOWN for each in self.parts or (self,))


def nodes(graph: str, arguments: Mapping[str, str] | None = None,
          namespace: str = NAMESPACE) -> list[NodeSpec]:
    """
    Return the nodes of a graph, each a process, with the parameters that `arguments` set.

    An argument that is left out has its default; an empty one leaves a parameter as the parameter
    file or the node has it.
    """
    given = dict(arguments or {})
    if graph == CALL and (given.get('link') or TOPIC) == TOPIC:
        given['link'] = CALL_LINK
    link, mode = _link_and_mode(graph, given)
    names, talk = _composition(graph, given, link, mode)
    values = _own_settings(graph, link, mode, names, talk)
    _apply(graph, given, values)
    namespace = checked_namespace(namespace)
    # Elsewhere what is heard is for the responder to answer, or for the link.
    remapped = REMAPPED.get(graph, {}) if link == TOPIC or graph == CALL else _PEER_SOUND
    return [NodeSpec(name, name, values[name], namespace, remapped.get(name, ()),
                     program=talk.program if name == 'responder' else '',
                     start_after=LATER if name in talk.nodes and not talk.microphone else 0.0)
            for name in names]


def _link_and_mode(graph: str, given: Mapping[str, str]) -> tuple[str, str]:
    """Return what carries the speech, and whether as text or as sound. Raises UserError."""
    link, mode = given.get('link') or TOPIC, given.get('mode') or TEXT
    if link not in LINKS:
        raise UserError(f'link: {link!r} is unknown', f'Use one of {", ".join(LINKS)}.')
    modes = (*MODES, AUTO) if graph == CALL else tuple(MODES)
    if mode not in modes:
        raise UserError(f'mode: {mode!r} is unknown', f'Use one of {", ".join(modes)}.')
    return link, mode


def _composition(graph: str, given: Mapping[str, str], link: str, mode: str
                 ) -> tuple[tuple[str, ...], ConversationSpec]:
    """Return the nodes by name, in the order of their start, and who talks. Raises UserError."""
    names = MODES.get(mode, MODES[TEXT])[graph]
    if link != TOPIC:
        names = (*names, 'link')
    if graph == CALL:
        names = (*names, 'call')
    if graph == 'receiver' and is_true('mic', given.get('mic', '')):
        raise UserError('mic: the receiver has no microphone',
                        'Run the graph live, or the graph sender beside it.')
    if 'web' in names and not _with_web(given):
        names = tuple(name for name in names if name != 'web')
    talk = conversation(graph, given, text=mode == TEXT, page='web' in names)
    # The face first, but for a microphone: who talks into a page sees it before.
    first = [name for name in talk.nodes if talk.microphone and name not in names]
    names = (*first, *names, *(name for name in talk.nodes if name not in (*first, *names)))
    for output in OUTPUTS:
        if _wanted(given, output, f'{output}_device'):
            if graph == 'sender':
                raise UserError(f'{output}: the sender shows no face and plays no voice',
                                'Run the graph live or receiver.')
            names = (*names, output)
    for name in ('use_sim_time', 'composed'):
        is_true(name, given.get(name, ''))
    if not is_true('skills', given.get('skills') or ARGUMENTS['skills'].default):
        names = tuple(name for name in names if name != 'say')
    return names, talk


def _own_settings(graph: str, link: str, mode: str, names: tuple[str, ...],
                  talk: ConversationSpec) -> dict[str, dict[str, Any]]:
    """Return by node the parameters that follow from what the graph consists of."""
    values: dict[str, dict[str, Any]] = {name: {} for name in names}
    hearing = tuple(name for name in ('web', 'loudspeaker') if name in names)
    if 'tts' in names and hearing:
        values['tts']['listeners'] = ('lipsync', 'stream', *hearing)
    if talk.hears and not talk.microphone:
        values['stt']['load'] = 'on_sound'
    if talk.responder in (ECHO, CHAT):
        values['responder']['provider'] = talk.responder
    if {'stt', 'loudspeaker'} <= {*names}:
        values['stt']['loudspeaker'] = 'true'
    if {'mic', 'loudspeaker'} <= {*names}:
        # Less waits for the rest of a message: who speaks over the voice is heard sooner. Always,
        # as barge_in can be set while it runs, and 50 messages a second cost little.
        values['mic']['chunk'] = '0.02'
    if link != TOPIC:
        values['link']['role'] = LINK_ROLES.get(graph, 'receiver')
        if mode != TEXT:
            values['link']['mode'] = mode
    if graph == CALL:
        # What is typed is for the peer as well, and nobody interrupts what the peer says.
        values['link']['take_text'] = 'true'
        values['tts']['beside_sound'] = values['playout']['beside_voice'] = 'true'
        values.get('stt', {})['barge_in'] = 'never'
    return values


def _apply(graph: str, given: Mapping[str, str], values: dict[str, dict[str, Any]]) -> None:
    """Set in `values` the parameters that the arguments are about. Raises UserError."""
    defaults = {argument.name: argument.default for argument in ARGUMENTS.values()}
    for name, value in _shaped({**defaults, **given}).items():
        if name not in ARGUMENTS:
            raise UserError(f'{name} is no argument of the {graph} graph',
                            f'Available: {", ".join(ARGUMENTS)}.')
        for node, parameter in ARGUMENTS[name].sets:
            if name == 'http' and 'web' not in values:
                node = 'stream'
            if value and node in values:
                values[node].update(settings(node, parameter, name, absolute(name, value)))
    if 'web' in values:
        # For web alone, which learns on stream/url where that is.
        values['stream'].update(http='127.0.0.1:0', through_web='true')
    elif any(url.startswith(WHIP) for url in given.get('push', '').split()):
        raise UserError('push: WHIP is pushed by the node web, which is not in this graph',
                        'Leave out web:=false and http:=off, or push to another kind of URL.')


def _shaped(arguments: dict[str, str]) -> dict[str, str]:
    """Return the arguments; of width and height alone, the other follows from the face's shape."""
    sides = arguments['width'], arguments['height']
    if any(sides) and not all(sides):
        return {**arguments, 'width': sides[0] or '0', 'height': sides[1] or '0'}
    return arguments


def web_is_missing(arguments: Mapping[str, str]) -> tuple[str, ...]:
    """Return the packages for want of which the node web is left out, none where it is not."""
    if (arguments.get('web') or ARGUMENTS['web'].default) != 'auto' or _off(arguments):
        return ()
    return not_installed(*WEB_PACKAGES)


def _off(arguments: Mapping[str, str]) -> bool:
    return arguments.get('http') == 'off'


def _with_web(arguments: Mapping[str, str]) -> bool:
    """Return whether the graph has the node web. Raises UserError."""
    if _off(arguments):
        return False
    wanted = arguments.get('web') or ARGUMENTS['web'].default
    if wanted == 'auto':
        return not web_is_missing(arguments)
    return is_true('web', wanted)


def _wanted(arguments: Mapping[str, str], name: str, *implied_by: str) -> bool:
    """Return whether something is requested, or implied by naming what it works with."""
    value = arguments.get(name, '')
    return is_true(name, value) or (not value and any(map(arguments.get, implied_by)))
