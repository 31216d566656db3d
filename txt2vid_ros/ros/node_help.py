"""What `ros2 run txt2vid_ros NODE --help` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from txt2vid_ros.core.parameters import choices_text, range_text, specs


def wants_help(arguments: Sequence[str]) -> bool:
    """Return whether a program's arguments request help; those for ROS do not count."""
    own = arguments[:arguments.index('--ros-args')] if '--ros-args' in arguments else arguments
    return any(word in ('-h', '--help') for word in own[1:])


def node_help(name: str, doc: str, table: type[Any]) -> str:
    """Return the help of a node: what it does, and its parameters with defaults and limits."""
    lines = [f'usage: ros2 run txt2vid_ros {name} --ros-args [-p PARAMETER:=VALUE] [-r FROM:=TO]',
             '', doc.strip().partition('\n')[0], '', 'parameters:']
    for spec in specs(table).values():
        default = ', '.join(spec.default) if isinstance(spec.default, tuple) else spec.default
        limits = choices_text(spec) if spec.choices else range_text(spec)
        notes = '; '.join(filter(None, (
            spec.description, limits, f'default {default}' if default not in ('', None) else '')))
        lines.append(f'  {spec.name}: {notes}')
    lines += ['', 'Options of its providers are parameters too: ros2 param list, '
              'ros2 param describe.']
    return '\n'.join(lines)
