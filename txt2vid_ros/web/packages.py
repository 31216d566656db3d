"""The Python packages of the extra `web`, which a ROS installation may lack."""

from __future__ import annotations

import importlib.util

from txt2vid_ros.core.errors import UserError

NEEDED = ('aiohttp', 'aiortc')


def missing() -> tuple[str, ...]:
    """Return those of the packages that are not installed; none is imported."""
    return tuple(name for name in NEEDED if importlib.util.find_spec(name) is None)


def require() -> None:
    """Raise UserError that says how to install what is missing."""
    if names := missing():
        raise UserError(f'the node web needs the Python package {" and ".join(names)}',
                        'Run: pip install "txt2vid_ros[web]", or leave it out: web:=false')
