"""Settings of the middleware for nodes that publish whole pictures."""

from __future__ import annotations

from collections.abc import MutableMapping
import os

from txt2vid_ros.core.storage.share import share

PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
"""The variables that name the settings of Fast DDS up to version 2, and from 3 on."""
OWN = (*PROFILES, 'FASTDDS_BUILTIN_TRANSPORTS')
"""A user who has set one of these has chosen transports, for example because two containers cannot
share memory."""


def prepare_for_pictures(environment: MutableMapping[str, str] = os.environ) -> None:
    """
    Give Fast DDS room for whole pictures in shared memory; other middleware ignores it.

    To be called before the process makes its first context. Pictures of up to 8 MB then arrive
    whole even at best-effort subscribers, such as image viewers.
    """
    if not any(environment.get(name) for name in OWN):
        for name in PROFILES:
            environment[name] = str(share('config', 'fastdds.xml'))
