"""The processes of a graph by what they do."""

from __future__ import annotations

import os
from pathlib import Path
import re

from txt2vid_ros.bench.rig.running_graph import descendants

NODE = re.compile(r'\btxt2vid_ros\.nodes\.(\w+)')
FFMPEGS = {'encoder': ('libx264',), 'mp4': ('empty_moov', 'pipe:1'), 'recording': ('mpegts',)}
"""What the ffmpeg of each purpose has in its command line: the first that fits."""


def named_processes(pid: int) -> dict[str, int]:
    """Return the ids of a process and its descendants by name: 'live', 'tts', 'ffmpeg mp4' ..."""
    found: dict[str, int] = {}
    for each in descendants(pid):
        name = 'live' if each == pid else _name(each)
        if name:
            found.setdefault(name, each)
    return found


def _name(pid: int) -> str:
    try:
        line = Path(f'/proc/{pid}/cmdline').read_bytes().decode('utf-8', 'replace')
    except OSError:
        return ''
    words = line.replace('\0', ' ')
    if node := NODE.search(words):
        return node[1]
    if Path(line.partition('\0')[0]).name != 'ffmpeg':
        return ''
    return next((f'ffmpeg {purpose}' for purpose, signs in FFMPEGS.items()
                 if all(sign in words for sign in signs)), 'ffmpeg')


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used; 0 where there is none (proc(5))."""
    try:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def opened(pid: int) -> tuple[int, int]:
    """Return how many files and threads a process has; 0 where there is none."""
    try:
        return (len(os.listdir(f'/proc/{pid}/fd')),  # noqa: PTH208
                len(os.listdir(f'/proc/{pid}/task')))  # noqa: PTH208
    except OSError:
        return 0, 0
