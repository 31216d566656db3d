"""The node graph as plain data: the one definition that launch files and the command line run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
import json
from pathlib import Path
import re
import shlex
import sys
from typing import Any

from txt2vid_ros.core import options
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace, NAMESPACE
from txt2vid_ros.core.parameters import listed, truth, typed
from txt2vid_ros.core.storage.share import share

# One thread for small matrices: more would spin on a second core and gain nothing. Few arenas, of
# which glibc makes one for each thread otherwise: each keeps what a model once used.
ENVIRONMENT: dict[str, str] = {
    'MALLOC_ARENA_MAX': '2',
    'OPENBLAS_NUM_THREADS': '1',
    'OMP_NUM_THREADS': '1',
}
"""What the nodes' environment gets where the user has not set it."""
PACKAGE = 'txt2vid_ros'
# Names as ROS allows them (https://design.ros2.org/articles/topic_and_service_names.html).
_PARAMETER = re.compile(r'[A-Za-z_][\w./]*')
LISTS = frozenset({('tts', 'provider'), ('tts', 'listeners'), ('stt', 'provider')})
"""The (node, parameter) pairs that are lists of texts."""


@dataclasses.dataclass(frozen=True)
class Argument:
    """One option of a graph: a launch argument, and an option of the command line."""

    name: str
    default: str
    description: str
    sets: tuple[tuple[str, str], ...]
    """The (node, parameter) pairs that get its value where it is not empty."""


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

    @property
    def module(self) -> str:
        """Return the Python module that runs the node."""
        return f'{PACKAGE}.nodes.{self.executable}'


ARGUMENTS: dict[str, Argument] = {argument.name: argument for argument in (
    Argument('face', '', 'picture or video of the speaker; empty for the built-in portrait',
             (('lipsync', 'face.file'),)),
    Argument('tts', '', 'text-to-speech provider, or several separated by commas',
             (('tts', 'provider'),)),
    Argument('voice', '', "the (first) provider's name for the voice", (('tts', 'voice'),)),
    Argument('tts_options', '', 'options of the voices: PROVIDER.NAME=VALUE ...',
             (('tts', 'options'),)),
    Argument('engine', '', 'lip-sync engine', (('lipsync', 'engine'),)),
    Argument('face_options', '', 'options of the face: NAME=VALUE ..., as crop=0,200,0,-1',
             (('lipsync', 'face_options'),)),
    Argument('engine_options', '', 'options of the engine: ENGINE.NAME=VALUE ...',
             (('lipsync', 'engine_options'),)),
    Argument('people', str(share('config', 'people.yaml')),
             'file that maps speaker ids to voices and faces',
             (('tts', 'people'), ('lipsync', 'people'))),
    Argument('http', '', 'HOST:PORT for viewers; "off" for none', (('stream', 'http'),)),
    Argument('record', '', 'file to record to: .mp4, .mkv or .ts', (('stream', 'record'),)),
    Argument('push', '', 'URL to push to: udp, rtp, rtsp, rtmp, srt or tcp',
             (('stream', 'push'),)),
    Argument('mode', 'text', 'what the sender sends: text (of what is said), or audio (the sound '
             'itself, without text)', ()),
    Argument('mic', '', 'true to speak into this machine too: adds the sender to graph live; '
             'implied by device or input', ()),
    Argument('device', '', 'index, name or part of the name of a microphone: txt2vid devices',
             (('mic', 'device'),)),
    Argument('input', '', 'audio or video file that is played in place of the microphone',
             (('mic', 'file'),)),
    Argument('stt', '', 'speech-to-text provider, or several separated by commas',
             (('stt', 'provider'),)),
    Argument('stt_options', '', 'options of the recognizers: PROVIDER.NAME=VALUE ...',
             (('stt', 'options'),)),
    Argument('speaker', '', 'speaker id of who speaks into the microphone',
             (('stt', 'speaker'), ('playout', 'speaker'))),
    Argument('link', 'topic', 'what carries speech between machines: topic (the ROS network '
             'itself), udp, tcp or serial', (('link', 'transport'),)),
    Argument('link_address', '', "HOST:PORT of the receiver, or a serial line's device",
             (('link', 'address'),)),
    Argument('link_key', '', 'file of the key that both ends share: txt2vid link keygen',
             (('link', 'key_file'),)),
    Argument('link_rate', '', 'limit of the link in bits per second',
             (('link', 'rate'),)),
    Argument('skills', 'true', 'false to leave out the node say, which serves the actions by '
             'which robots ask for speech', ()),
    Argument('use_sim_time', '', 'true to follow /clock, as for a replayed bag',
             tuple((node, 'use_sim_time') for node in (
                 'mic', 'stt', 'tts', 'playout', 'lipsync', 'stream', 'say', 'link'))),
    Argument('composed', '', 'true to run the nodes in one process, which needs less memory', ()),
    Argument('width', '', 'pixels', (('lipsync', 'width'), ('stream', 'width'))),
    Argument('height', '', 'pixels', (('lipsync', 'height'), ('stream', 'height'))),
    Argument('fps', '', 'frames a second', (('lipsync', 'fps'), ('stream', 'fps'))),
)}
# What the graphs consist of in each mode, in the order of their start.
TEXT, AUDIO = 'text', 'audio'
MODES: dict[str, dict[str, tuple[str, ...]]] = {
    TEXT: {
        'receiver': ('tts', 'lipsync', 'stream', 'say'),
        'live': ('tts', 'lipsync', 'stream', 'say'),
        'sender': ('mic', 'stt'),
    },
    AUDIO: {
        'receiver': ('playout', 'lipsync', 'stream'),
        'live': ('playout', 'lipsync', 'stream'),
        'sender': ('mic',),
    },
}
GRAPHS = MODES[TEXT]
# What carries `speech` to `heard`. Over topics no node is needed: the sender's graph says `heard`.
TOPIC = 'topic'
LINKS = (TOPIC, 'udp', 'tcp', 'serial')


def nodes(graph: str, arguments: Mapping[str, str] | None = None,
          namespace: str = NAMESPACE) -> list[NodeSpec]:
    """Return the nodes of a graph, each a process, with the parameters that `arguments` set.

    An argument that is left out has its default; an empty one leaves a parameter as the parameter
    file or the node has it.
    """
    kind = (arguments or {}).get('link') or TOPIC
    if kind not in LINKS:
        raise UserError(f'link: {kind!r} is unknown', f'Use one of {", ".join(LINKS)}.')
    mode = (arguments or {}).get('mode') or TEXT
    if mode not in MODES:
        raise UserError(f'mode: {mode!r} is unknown', f'Use one of {", ".join(MODES)}.')
    if mode == AUDIO and kind != TOPIC:
        raise UserError(f'mode audio does not go with link {kind}: a link carries only text',
                        'Have both machines in one ROS network, and leave out the link.')
    graphs = MODES[mode]
    names = graphs[graph] if kind == TOPIC else (*graphs[graph], 'link')
    if graph == 'receiver' and is_true('mic', (arguments or {}).get('mic', '')):
        raise UserError('mic: the receiver has no microphone',
                        'Run the graph live, or the graph sender beside it.')
    if _listens(arguments or {}) and graph == 'live':
        names = (*graphs['sender'], *names)
    for name in ('use_sim_time', 'composed'):
        is_true(name, (arguments or {}).get(name, ''))
    if not is_true('skills', (arguments or {}).get('skills') or ARGUMENTS['skills'].default):
        names = tuple(name for name in names if name != 'say')
    values: dict[str, dict[str, Any]] = {name: {} for name in names}
    if kind != TOPIC:
        values['link']['role'] = 'sender' if graph == 'sender' else 'receiver'
    defaults = {argument.name: argument.default for argument in ARGUMENTS.values()}
    for name, value in _shaped({**defaults, **(arguments or {})}).items():
        if name not in ARGUMENTS:
            raise UserError(f'{name} is no argument of the {graph} graph',
                            f'Available: {", ".join(ARGUMENTS)}.')
        for node, parameter in ARGUMENTS[name].sets:
            if value and node in values:
                values[node].update(_settings(node, parameter, name, _absolute(name, value)))
    namespace = checked_namespace(namespace)
    # In live the local face speaks it too, besides what arrives over a link.
    remapped = {'stt': (('speech', 'heard'),)} if kind == TOPIC or graph == 'live' else {}
    return [NodeSpec(name, name, values[name], namespace, remapped.get(name, ()))
            for name in names]


def _shaped(arguments: dict[str, str]) -> dict[str, str]:
    """Return the arguments; of width and height alone, the other follows in the usual shape."""
    width, height = arguments['width'], arguments['height']
    if width.isdecimal() and not height:
        return {**arguments, 'height': str(round(int(width) * 3 / 8) * 2)}
    if height.isdecimal() and not width:
        return {**arguments, 'width': str(round(int(height) * 2 / 3) * 2)}
    return arguments


def _settings(node: str, parameter: str, argument: str, value: str) -> dict[str, Any]:
    """Return the parameters of a node that an argument sets."""
    if not argument.endswith('_options'):
        return {parameter: _value(node, parameter, value)}
    given = options.from_text(value, argument)
    if parameter == 'face_options':
        return {name if '.' in name else f'face.{name}': each for name, each in given.items()}
    # Those without a prefix are the spelling of the previous release; the node knows which
    # provider they are for.
    bare = {name: each for name, each in given.items() if '.' not in name}
    full = {name: each for name, each in given.items() if '.' in name}
    return {parameter: shlex.join(map('='.join, bare.items())), **full} if bare else full


def _value(node: str, parameter: str, text: str) -> str | tuple[str, ...]:
    # An empty list has no type in ROS; given the text, the node says what is wrong.
    return (listed(text) if (node, parameter) in LISTS else ()) or text


def _listens(arguments: Mapping[str, str]) -> bool:
    """Return whether a microphone is requested, or implied by naming a device or an input."""
    value = arguments.get('mic', '')
    named = any(arguments.get(name) for name in ('device', 'input'))
    return is_true('mic', value) or (not value and named)


def is_true(name: str, value: str) -> bool:
    """Return what an argument says in any spelling that launch takes; '' is false.

    Raises UserError.
    """
    try:
        return bool(value) and truth(value)
    except ValueError:
        raise UserError(f'{name} is {value!r}', 'Say true or false.') from None


def with_parameters(specs: list[NodeSpec], settings: list[str]) -> list[NodeSpec]:
    """Return the specs with 'NODE.NAME=VALUE' settings added. Raises UserError."""
    byname = {spec.name: spec for spec in specs}
    for setting in settings:
        target, equals, value = setting.partition('=')
        node, dot, name = target.partition('.')
        if not (equals and dot and name):
            raise UserError(f'--param {setting} is not of the form NODE.NAME=VALUE',
                            'For example: --param tts.speed=1.1')
        if not _PARAMETER.fullmatch(name):
            raise UserError(f'--param {setting}: {name!r} is not a parameter name',
                            'Use letters, digits, underscores and dots.')
        if node not in byname:
            raise UserError(f'--param {setting}: there is no node {node!r}',
                            f'Available: {", ".join(byname)}.')
        spec = byname[node]
        typed(name, value)
        byname[node] = dataclasses.replace(
            spec, parameters={**spec.parameters, name: _value(node, name, value)})
    return list(byname.values())


def composed(specs: Sequence[NodeSpec]) -> list[NodeSpec]:
    """Return one process in which all these nodes run."""
    return [NodeSpec('composed', 'composed', namespace=specs[0].namespace, parts=tuple(specs))]


def command(spec: NodeSpec, graph: str) -> list[str]:
    """Return the command line that runs a node, or several, without a ROS installation."""
    name = ['-r', f'__node:={spec.name}'] if not spec.parts else []
    return [sys.executable, '-m', spec.module, *(part.name for part in spec.parts), '--ros-args',
            *name, '-r', f'__ns:={spec.namespace}',
            '--params-file', str(share('config', f'{graph}.yaml')), *settings(spec)]


def settings(spec: NodeSpec) -> list[str]:
    """Return the remappings and parameters of a process in the form of --ros-args."""
    words: list[str] = []
    for each in spec.parts or (spec,):
        of = f'{each.name}:' if spec.parts else ''
        for topic, other in each.remappings:
            words += ['-r', f'{of}{topic}:={other}']
        for name, value in each.parameters.items():
            # JSON is YAML whose texts are quoted, so that rcl does not guess their types.
            words += ['-p', f'{of}{name}:={json.dumps(typed(name, value), ensure_ascii=False)}']
    return words


def _absolute(name: str, value: str) -> str:
    """Return paths absolute: the nodes may run in another folder."""
    if name == 'http' and value == 'off':
        return ''
    if name in ('face', 'record', 'people', 'link_key', 'input'):
        return str(Path(value).expanduser().absolute())
    return value
