"""Where the stream goes besides viewers: files and URLs, each by an ffmpeg that only remuxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import datetime
import logging
import os
from pathlib import Path
import signal
import subprocess
import threading
import time
from typing import Any

import ffmpeg
from txt2vid_ros.core.address import shown_url, without_secrets
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.media.ffmpeg import FfmpegProcess, pipe_input, SYNTHETIC_LABEL
from txt2vid_ros.media.output.broadcast import Broadcast, Subscription

log = logging.getLogger(__name__)

# Fragments and clusters of at most a second: what is on the disk can be played after a crash. That
# ffmpeg lists all fragments, for players to find their place (box mfra), takes 0.6 MB an hour.
CONTAINERS: dict[str, dict[str, str]] = {
    '.mp4': {'format': 'mp4', 'movflags': '+frag_keyframe+empty_moov+delay_moov+default_base_moof',
             'bsf:a': 'aac_adtstoasc'},
    '.mkv': {'format': 'matroska', 'cluster_time_limit': '1000'},
    '.ts': {'format': 'mpegts'},
}
PROTOCOLS: dict[str, dict[str, str]] = {
    'udp': {'format': 'mpegts'},
    'srt': {'format': 'mpegts'},
    'tcp': {'format': 'mpegts'},
    'rtp': {'format': 'rtp_mpegts'},
    # RTP needs a description of AAC that only its encoder has: only the sound is re-encoded.
    'rtsp': {'format': 'rtsp', 'rtsp_transport': 'tcp', 'acodec': 'aac'},
    'rtmp': {'format': 'flv', 'bsf:a': 'aac_adtstoasc'},
    'rtmps': {'format': 'flv', 'bsf:a': 'aac_adtstoasc'},
    'icecast': {'format': 'mpegts'},
}
RECORDING_LIMIT_BYTES = 64_000_000
PUSH_LIMIT_BYTES = 8_000_000
"""Bytes that a file, or a URL, may fall behind."""
PUSH_ATTEMPTS = 10
"""Failures in a row after which a URL is given up."""
RECORDING_ATTEMPTS = 3
"""Times in a row that ffmpeg is killed after which recording is given up."""
STEADY_SECONDS = 10.0
"""Seconds after which a push, or a recording, counts as having worked."""
PUSH_BACKOFF = Backoff(first=0.5, largest=10.0)
AT_ONCE = Backoff(first=0.0, largest=0.0)
END_SECONDS = 5.0
"""Seconds that ffmpeg may take to write what it was given; see FfmpegProcess.end."""


def free_name(path: Path) -> Path:
    """Return `path`, or the first of 'name-1.ext', 'name-2.ext', ... that does not exist."""
    candidate, number = path, 0
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f'{path.stem}-{number}')
    return candidate


def file_options(path: Path) -> dict[str, str]:
    """Return ffmpeg's muxer options for a recording. Raises UserError where it cannot be made."""
    if path.suffix.lower() not in CONTAINERS:
        raise UserError(f'stream.record: {path} has no known file extension',
                        f'Use one of {", ".join(CONTAINERS)}.')
    if not path.parent.is_dir():
        raise UserError(f'stream.record: the folder {path.parent} does not exist',
                        'Make it, or choose another file.')
    if not os.access(path.parent, os.W_OK):
        raise UserError(f'stream.record: the folder {path.parent} cannot be written to',
                        'Choose another file.')
    return CONTAINERS[path.suffix.lower()]


def url_options(url: str) -> dict[str, str]:
    """Return ffmpeg's muxer options for a URL. Raises UserError for one that is not known."""
    scheme = url.partition('://')[0].lower()
    if scheme not in PROTOCOLS:
        raise UserError(f'stream.push: {shown_url(url)!r} cannot be pushed to',
                        f'Begin it with one of {", ".join(f"{name}://" for name in PROTOCOLS)}; '
                        'whip:// and whips:// go in web.push.')
    return PROTOCOLS[scheme]


def marks_of(file: Path, wanted: Path) -> list[str]:
    """
    Return the metadata of a recording to `file`, where `wanted` was asked for.

    When it was begun tells how much is missing behind the file before it, and its title which one
    that is: an earlier part of the same talk, or whatever had the name.
    """
    begun = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='milliseconds')
    return [f'creation_time={begun}',
            *([] if file == wanted else [f'title={file.stem}, recorded after {wanted.name}'])]


def remuxed(target: str, options: dict[str, str], marks: Sequence[str] = ()) -> Any:
    """
    Return ffmpeg-python's output that copies a transport stream to a file or URL as it is.

    `marks` are metadata, NAME=VALUE.
    """
    source = pipe_input(0, 'mpegts', probesize=1_000_000, analyzeduration=500_000)
    # An option that is given several times has to have several names (ffmpeg(1): g is the file).
    metadata = {f'metadata:g:{at}': mark for at, mark in enumerate(
        (f'comment={SYNTHETIC_LABEL}', f'service_name={SYNTHETIC_LABEL}', *marks))}
    return ffmpeg.output(source, target, flush_packets=1, **metadata,
                         **{'vcodec': 'copy', 'acodec': 'copy', **options})


class Sink:
    """A file or URL that follows the broadcast on a thread of its own."""

    def __init__(self, broadcast: Broadcast, target: Callable[[], str], options: dict[str, str],
                 *, limit: int, file: Path | None, report: Callable[[str], None]) -> None:
        """
        Begin at the next key frame; `report` gets one line when it fails for good.

        `target` is called before each attempt; `file` is what was asked to record to. Recording
        resumes only after ffmpeg was killed: other faults, such as a full disk, would recur.
        """
        self._broadcast = broadcast
        self._target = target
        self._options = options
        self._limit = limit
        self._file = file
        self._report = report
        self._stop = threading.Event()
        self._subscription = self._subscribed()
        self._thread = threading.Thread(target=self._run, name='sink', daemon=True)
        self._thread.start()

    @classmethod
    def record(cls, broadcast: Broadcast, file: str, report: Callable[[str], None]) -> Sink:
        """Record to a file, which is not overwritten. Raises UserError if that is impossible."""
        path = Path(file).expanduser()
        options = file_options(path)

        def target() -> str:
            chosen = free_name(path)
            if chosen != path:
                log.warning('%s exists; recording to %s', path, chosen)
            return f'file:{chosen}'

        return cls(broadcast, target, options, limit=RECORDING_LIMIT_BYTES, file=path,
                   report=report)

    @classmethod
    def push(cls, broadcast: Broadcast, url: str, report: Callable[[str], None]) -> Sink:
        """Push to a URL, again and again with a growing pause while it fails."""
        return cls(broadcast, lambda: url, url_options(url), limit=PUSH_LIMIT_BYTES, file=None,
                   report=report)

    def end(self) -> None:
        """Take nothing more, without waiting for what was handed to it to be written."""
        self._stop.set()
        self._broadcast.unsubscribe(self._subscription)

    def close(self, timeout: float = 10.0) -> None:
        """Close it cleanly: what was handed to it is still written."""
        self.end()
        self._thread.join(timeout)

    def _run(self) -> None:
        policy = RestartPolicy(
            RECORDING_ATTEMPTS if self._file else PUSH_ATTEMPTS, STEADY_SECONDS,
            AT_ONCE if self._file else PUSH_BACKOFF)
        while not self._stop.is_set():
            target = self._target()
            name = target.removeprefix('file:') if self._file else shown_url(target)
            begun = time.monotonic()
            complaint, killed = self._once(target)
            if not self._file:
                complaint = without_secrets(complaint, target)
            if self._stop.is_set() and not complaint:
                return
            delay = policy.failed(time.monotonic() - begun)
            if self._file and (not killed or delay is None):
                self._report(f'recording to {name} has stopped: {complaint}. What was recorded '
                             'until then can be played. Fix the cause and start again.')
                return
            if delay is None:
                self._report(f'gave up pushing to {name} after {policy.failures} attempts: '
                             f'{complaint}. Check the address and that its server listens.')
                return
            log.warning('%s %s failed: %s; retrying in %.1f s',
                        'recording to' if self._file else 'pushing to', name, complaint, delay)
            if self._stop.wait(delay):
                return
            self._subscription = self._subscribed()

    def _subscribed(self) -> Subscription:
        return self._broadcast.subscribe(self._limit, viewer=False, whole=self._file is not None)

    def _once(self, target: str) -> tuple[str, bool]:
        """Run ffmpeg once; return what went wrong, and whether it was killed."""
        complaint, killed = '', False
        try:
            marks = [] if self._file is None else marks_of(
                Path(target.removeprefix('file:')), self._file)
            remuxer = FfmpegProcess(remuxed(target, self._options, marks), 'remuxer',
                                    stdout=subprocess.DEVNULL)
            taken = remuxer.feed_all(self._subscription)
            status = remuxer.end(END_SECONDS)
            # SIGXFSZ means that the file may not grow: that would recur.
            killed = status < 0 and status != -signal.SIGXFSZ
            if not taken or status != 0:
                complaint = remuxer.complaint()
        except UserError as error:
            complaint = str(error)
        finally:
            self._broadcast.unsubscribe(self._subscription)
        if not complaint and self._subscription.overrun:
            complaint = 'it takes the stream too slowly'
        return complaint or ('' if self._stop.is_set() else 'the stream ended'), killed
