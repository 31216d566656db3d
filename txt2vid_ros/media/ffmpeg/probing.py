"""What ffprobe says of a file from outside, with bounds on how long and how much."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
import re
import subprocess
import threading
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process import child_process
from txt2vid_ros.media.ffmpeg.inputs import FileUrl, MOST_STREAMS, UNTRUSTED
from txt2vid_ros.media.ffmpeg.process import READER_LIMITS

PROBE_SECONDS = 60.0
"""Seconds that ffprobe may take."""
MOST_SAID = 8_000_000
"""Bytes that ffprobe may say of a file: titles and other marks are copied from it."""

_TOO_MANY_STREAMS = 'exceeds max_streams'
_OTHER_FORMAT = re.compile(r'\[(\S+) @ \w+\] Format not on whitelist')


class UnreadableMediaError(Exception):
    """ffprobe makes nothing of a file; the text is its complaint in one line."""


class RefusedMediaError(UnreadableMediaError):
    """A file is not opened, whatever is in it; the text says why, in one line."""


def probe(file: Path, demuxer: str = '') -> Mapping[str, Any]:
    """
    Return what ffprobe says of a file's format and streams.

    `demuxer`: the one to use, empty for ffprobe's own choice. Raises UnreadableMediaError, and
    UserError where ffprobe is missing.
    """
    options = {**UNTRUSTED, **({'f': demuxer} if demuxer else {})}
    words = ['ffprobe', '-v', 'error', '-show_format', '-show_streams', '-of', 'json',
             *(word for name, value in options.items() for word in (f'-{name}', str(value))),
             str(FileUrl(file))]
    try:
        child = child_process.spawn(words, stdin=subprocess.DEVNULL, limits=READER_LIMITS)
    except OSError as error:
        raise UserError(f'ffprobe cannot be started: {error.strerror}',
                        'Install it; it comes with ffmpeg.') from error
    assert child.stdout and child.stderr
    errors = child_process.ErrorTail(child.stderr, 'ffprobe')
    late = threading.Event()

    def give_up() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(PROBE_SECONDS, give_up)
    timer.start()
    said = bytearray()
    try:
        with child.stdout as output:
            while len(said) <= MOST_SAID and (block := output.read(1 << 16)):
                said += block
    finally:
        timer.cancel()
        status = child_process.end(child)
    if len(said) > MOST_SAID:
        raise RefusedMediaError(f'its descriptions have more than {MOST_SAID // 1_000_000} MB')
    complaint = errors.text()
    if late.is_set():
        raise RefusedMediaError(f'it cannot be opened within {PROBE_SECONDS:g} s')
    if status != 0:
        if _TOO_MANY_STREAMS in complaint:
            raise RefusedMediaError(f'it has more than {MOST_STREAMS} streams')
        if format_of := _OTHER_FORMAT.search(complaint):
            raise UnreadableMediaError(f'it is taken for {format_of[1]}, which is not opened')
        raise UnreadableMediaError(complaint.rpartition(' | ')[2] or 'it is damaged')
    try:
        return dict(json.loads(said.decode('utf-8', 'replace')))
    except ValueError as error:
        raise UnreadableMediaError('ffprobe says nothing that can be read') from error
