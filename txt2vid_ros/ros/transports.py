"""What the middleware is told before a node is made that passes whole pictures on."""

from __future__ import annotations

from collections.abc import MutableMapping
import os

from txt2vid_ros.core.share import share

PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
"""Where Fast DDS looks for its settings: until its version 2, and from 3 on."""
OWN = (*PROFILES, 'FASTDDS_BUILTIN_TRANSPORTS')
"""Whoever has set one of these has chosen transports, for example because two containers cannot
share memory."""


def prepare_for_pictures(environment: MutableMapping[str, str] = os.environ) -> None:
    """Give Fast DDS room for whole pictures in shared memory; other middleware ignores it.

    To be called before the first context of the process. Pictures of up to 8 MB arrive whole even
    at a reader with best effort, as image viewers are.
    """
    if not any(environment.get(name) for name in OWN):
        for name in PROFILES:
            environment[name] = str(share('config', 'fastdds.xml'))
