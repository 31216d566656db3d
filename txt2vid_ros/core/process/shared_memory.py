"""What Fast DDS leaves in shared memory when a process is killed."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
import re
import time

SHARED_MEMORY = Path('/dev/shm')
OWN_PORTS = range(33_000, 60_000)
"""Ports that are used once each; those of ROS domains up to 101 are below (RTPS 2.3, 9.6.1.1)."""
YOUNGEST = 2.0
"""Seconds: a younger file may belong to somebody who is just about to lock it."""
_PORT = re.compile(r'fast(?:rtps|dds)_port(\d+)')
_OWNED = re.compile(r'(fast(?:rtps|dds)_(?:[0-9a-f]{16}|port(\d+)))_el')
"""The file that the owner of a segment or port has locked while it lives; from version 3 on it is
called fastdds."""


def ports_in_shared_memory(folder: Path = SHARED_MEMORY) -> set[int]:
    """Return the ports that have files, whoever made them."""
    return {int(found[1]) for each in folder.glob('fast*_port*')
            if (found := _PORT.match(each.name))}


def remove_abandoned(folder: Path = SHARED_MEMORY) -> list[str]:
    """
    Remove this user's segments and used ports that nobody owns any more; return their names.

    A killed node leaves up to 9 MB, and its successor makes its own. Who still has one open keeps
    it until it is done. Other ports stay: the next process that takes one makes it anew, and may
    be doing so now.
    """
    removed = []
    for lock in sorted(folder.glob('fast*_el')):
        found = _OWNED.fullmatch(lock.name)
        if (found and (found[2] is None or int(found[2]) in OWN_PORTS)
                and _remove(lock, folder / found[1])):
            removed.append(found[1])
    return removed


def _remove(lock: Path, owned: Path) -> bool:
    try:
        file = os.open(lock, os.O_RDONLY)
    except OSError:
        return False            # gone meanwhile, or another user's
    try:
        status = os.fstat(file)
        if status.st_uid != os.getuid() or time.time() - status.st_mtime < YOUNGEST:
            return False
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for each in (owned, owned.with_name(f'sem.{owned.name}_mutex'), lock):
            each.unlink(missing_ok=True)
        return True
    except OSError:
        return False            # its owner lives
    finally:
        os.close(file)
