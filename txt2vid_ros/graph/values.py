"""The values of arguments as parameters of the nodes."""

from __future__ import annotations

from pathlib import Path
import shlex
from typing import Any

from txt2vid_ros.core import options
from txt2vid_ros.core.parameters import listed

LISTS = frozenset({
    ('tts', 'provider'), ('tts', 'listeners'), ('stt', 'provider'), ('web', 'allowed_origins'),
    ('web', 'allowed_hosts'), ('web', 'ice_servers'), ('call', 'voices'),
    ('call', 'accept_voices'), ('call', 'fallback_voices')})
"""The (node, parameter) pairs that are lists of texts."""
READ, WRITTEN = ('face', 'people', 'input', 'me'), ('record',)
SECRETS = ('link_key', 'token_file', 'tls_cert', 'tls_key')
"""The arguments that are paths: of what is read, of what is written, of keys."""
WHIP = ('whip://', 'whips://')
"""The URLs that the node web pushes to; all others are for stream."""


def settings(node: str, parameter: str, argument: str, text: str) -> dict[str, Any]:
    """Return the parameters of a node that an argument sets."""
    if argument == 'push':
        own = [url for url in text.split() if url.startswith(WHIP) == (node == 'web')]
        return {parameter: ' '.join(own)} if own else {}
    if not argument.endswith('_options'):
        return {parameter: value_of(node, parameter, text)}
    given = options.from_text(text, argument)
    if parameter == 'face_options':
        return {name if '.' in name else f'face.{name}': each for name, each in given.items()}
    # Those without a prefix are the spelling of the previous release; the node knows which
    # provider they are for.
    bare = {name: each for name, each in given.items() if '.' not in name}
    full = {name: each for name, each in given.items() if '.' in name}
    return {parameter: shlex.join(map('='.join, bare.items())), **full} if bare else full


def value_of(node: str, parameter: str, text: str) -> str | tuple[str, ...]:
    """Return the value of a parameter: a list where it is one."""
    # An empty list has no type in ROS; given the text, the node says what is wrong.
    return (listed(text) if (node, parameter) in LISTS else ()) or text


def absolute(name: str, value: str) -> str:
    """Return paths absolute: the nodes may run in another folder."""
    if name == 'http' and value == 'off':
        return ''
    if name in (*READ, *WRITTEN, *SECRETS):
        return str(Path(value).expanduser().absolute())
    return value
