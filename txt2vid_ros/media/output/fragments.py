"""The stream as fragmented MP4 (ISO 14496-12), which browsers play without a plug-in."""

from __future__ import annotations

from collections.abc import Iterator
import logging
import struct
import threading

import ffmpeg
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.ffmpeg import FfmpegProcess, pipe_input, SYNTHETIC_LABEL
from txt2vid_ros.media.output.broadcast import Broadcast, Subscription
from txt2vid_ros.media.output.mpegts import StreamChunk

log = logging.getLogger(__name__)

INPUT_LIMIT_BYTES = 8_000_000
VIDEO_TRACK = 1
"""The number that ffmpeg gives the first of the two tracks."""
NON_SYNC = 0x10000
"""The flag of a sample that is no key frame (sample_is_non_sync_sample)."""


def boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of each whole box at the start of `data`."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from('>I4s', data, at)
        if size == 1 and at + 16 <= len(data):
            size, = struct.unpack_from('>Q', data, at + 8)
        if size < 8 or at + size > len(data):
            return
        yield kind, at, at + size
        at += size


def begins_with_key_frame(moof: bytes) -> bool:
    """Return whether a movie fragment begins with a key frame of the video track."""
    return any(_key_run(moof[8 + start + 8:8 + end])
               for kind, start, end in boxes(moof[8:]) if kind == b'traf')


def _key_run(traf: bytes) -> bool:
    """
    Return whether the first sample of a video track's run can be decoded by itself.

    Its flags are in the run; otherwise the track fragment's default applies.
    """
    default = NON_SYNC
    for kind, start, end in boxes(traf):
        body = traf[start + 8:end]
        flags = int.from_bytes(body[1:4], 'big')
        if kind == b'tfhd' and int.from_bytes(body[4:8], 'big') != VIDEO_TRACK:
            return False
        if kind == b'tfhd' and flags & 0x20:
            # track id, then the fields whose flags precede default_sample_flags (0x20)
            skip = 8 + sum(size for bit, size in ((1, 8), (2, 4), (8, 4), (16, 4)) if flags & bit)
            default, = struct.unpack_from('>I', body, skip)
        elif kind == b'trun':
            at = 8 + (4 if flags & 1 else 0)
            if flags & 4:
                default, = struct.unpack_from('>I', body, at)
            elif flags & 0x400:
                at += sum(4 for bit in (0x100, 0x200) if flags & bit)
                default, = struct.unpack_from('>I', body, at)
            return not default & NON_SYNC
    return False


class _Remuxer:
    """One run of ffmpeg from the transport stream to fragments, and its viewers."""

    def __init__(self, source: Broadcast) -> None:
        """Start ffmpeg on a thread."""
        packets = pipe_input(0, 'mpegts', probesize=1_000_000, analyzeduration=300_000)
        self._output = ffmpeg.output(
            packets, 'pipe:1', format='mp4', codec='copy', flush_packets=1,
            metadata=f'comment={SYNTHETIC_LABEL}',
            # Fragments keep the presentation times of the stream, from which captions are timed:
            # without copyts and +frag_discont they count from the first that a viewer is sent.
            # +skip_trailer: no list of all fragments is kept for an end that nobody reads, 10 MB
            # an hour.
            copyts=None,
            movflags='+empty_moov+default_base_moof+delay_moov+frag_discont+skip_trailer',
            # As short as fragments get; +frag_every_frame stamps pairs of audio frames alike.
            frag_duration=1,
            muxdelay=0, muxpreload=0, **{'bsf:a': 'aac_adtstoasc'})
        self._header = b''
        self.broadcast = Broadcast(lambda: self._header)
        self.ended = False
        """Whether ffmpeg has ended, and with it all subscriptions."""
        self._source = source
        self._feed = source.subscribe(INPUT_LIMIT_BYTES, viewer=False)
        # Started by the thread that feeds it: the kernel ends a child with the thread that made
        # it, and a viewer's thread ends with that viewer.
        threading.Thread(target=self._run, daemon=True, name='fragments in').start()

    def close(self) -> None:
        """Give ffmpeg no more, so that it ends."""
        self._source.unsubscribe(self._feed)

    def _run(self) -> None:
        try:
            remuxer = FfmpegProcess(self._output, 'fragments')
        except UserError as error:
            log.warning('the stream for browsers cannot start: %s', error)
            self._end()
            return
        threading.Thread(target=self._read, args=(remuxer,), daemon=True,
                         name='fragments out').start()
        taken = remuxer.feed_all(self._feed)
        remuxer.end()
        if not taken:
            self.close()
            log.warning('the stream for browsers was interrupted; they reconnect: %s',
                        remuxer.complaint())

    def _read(self, remuxer: FfmpegProcess) -> None:
        held, fragment, header = b'', b'', b''
        while data := remuxer.read():
            held += data
            done = 0
            for kind, start, end in boxes(held):
                box = held[start:end]
                done = end
                if kind in (b'ftyp', b'moov'):
                    header += box
                    self._header = header
                elif kind == b'moof':
                    fragment = box
                elif kind == b'mdat':
                    self.broadcast.publish(
                        StreamChunk(fragment + box, begins_with_key_frame(fragment)))
            held = held[done:]
        self._end()

    def _end(self) -> None:
        self.ended = True
        self.close()
        self.broadcast.close()


class FragmentedView:
    """A second broadcast, of fragmented MP4, that runs only while somebody watches it."""

    def __init__(self, source: Broadcast) -> None:
        """Take the transport stream that is remuxed."""
        self._source = source
        self._remuxer: _Remuxer | None = None
        self._dropped = 0
        self._lock = threading.Lock()
        self._closed = False

    @property
    def viewers(self) -> int:
        """Return the number of viewers."""
        with self._lock:
            return self._remuxer.broadcast.viewers if self._remuxer is not None else 0

    @property
    def dropped(self) -> int:
        """Return how many viewers were too slow."""
        with self._lock:
            return self._dropped + (self._remuxer.broadcast.dropped if self._remuxer else 0)

    def subscribe(self) -> Subscription:
        """Return a subscription; the first starts the remuxer."""
        with self._lock:
            if self._remuxer is not None and self._remuxer.ended:
                self._stop()
            if self._closed:
                nothing = Subscription(bytes, 0, True)
                nothing.close()
                return nothing
            if self._remuxer is None:
                self._remuxer = _Remuxer(self._source)
            return self._remuxer.broadcast.subscribe()

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; the last stops the remuxer."""
        subscription.close()
        with self._lock:
            if self._remuxer is not None:
                self._remuxer.broadcast.unsubscribe(subscription)
                if self._remuxer.broadcast.viewers == 0:
                    self._stop()

    def close(self) -> None:
        """End everything."""
        with self._lock:
            self._closed = True
            self._stop()

    def _stop(self) -> None:
        if self._remuxer is not None:
            self._dropped += self._remuxer.broadcast.dropped
            self._remuxer.close()
            self._remuxer.broadcast.close()
            self._remuxer = None
