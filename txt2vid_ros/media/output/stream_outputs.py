"""Everything that happens to the stream once its pictures and sound are in step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from txt2vid_ros.core.process.descriptors import allow_files, DescriptorBudget
from txt2vid_ros.core.storage.last_port import LastPort
from txt2vid_ros.media import ffmpeg
from txt2vid_ros.media.output.broadcast import Broadcast
from txt2vid_ros.media.output.encoder import StreamEncoder
from txt2vid_ros.media.output.fragments import FragmentedView
from txt2vid_ros.media.output.http_address import JOIN_PATH, ways_to_watch
from txt2vid_ros.media.output.http_server import StreamServer
from txt2vid_ros.media.output.mpegts import (
    AUDIO_PID,
    StreamChunk,
    TransportStreamParser,
    VIDEO_PID,
)
from txt2vid_ros.media.output.sinks import Sink
from txt2vid_ros.media.output.stream_format import Opening

FILES = 512
"""Descriptors that all connections, each with an ffmpeg or none, and the node itself may need."""


class StreamOutputs:
    """One encoder, and what its stream goes to: HTTP viewers, a file, URLs."""

    def __init__(self, *, http: str, record: str, push: str,
                 report: Callable[[str], None], status: Callable[[], Mapping[str, Any]],
                 sent: Callable[[int, int], None] = lambda picture, sound: None,
                 last_port: LastPort | None = None) -> None:
        """
        Open all outputs that are not empty. Raises UserError where one cannot be opened.

        `sent` gets the presentation times of the newest picture and the newest sound on their way;
        `last_port` is the one to serve on where `http` has port 0.
        """
        self._sent = sent
        ffmpeg.executable()
        allow_files(FILES)
        self.budget = DescriptorBudget()
        """Of the connections."""
        self._parser = TransportStreamParser()
        self._broadcast = Broadcast(lambda: self._parser.tables)
        self._encoder: StreamEncoder | None = None
        self._server: StreamServer | None = None
        self._fragments = FragmentedView(self._broadcast)
        self._sinks: list[Sink] = []
        try:
            if http:
                self._server = StreamServer(http, {
                    '/live.ts': ('video/mp2t', self._broadcast.subscribe,
                                 self._broadcast.unsubscribe),
                    JOIN_PATH: ('video/mp2t', lambda: self._broadcast.subscribe(at_once=True),
                                self._broadcast.unsubscribe),
                    '/live.mp4': ('video/mp4', self._fragments.subscribe,
                                  self._fragments.unsubscribe)}, status, self.budget,
                    last_port)
            if record:
                self._sinks.append(Sink.record(self._broadcast, record, report))
            for url in push.split():
                self._sinks.append(Sink.push(self._broadcast, url, report))
        except BaseException:
            self.close()
            raise

    def encoder(self, opening: Opening) -> StreamEncoder:
        """Start an encoder that continues the stream."""
        self._encoder = StreamEncoder(opening, self._publish, self._parser)
        return self._encoder

    def _publish(self, chunk: StreamChunk) -> None:
        self._broadcast.publish(chunk)
        times = self._parser.times
        if VIDEO_PID in times and AUDIO_PID in times and not chunk.missed:
            self._sent(times[VIDEO_PID], times[AUDIO_PID])

    @property
    def encoder_pid(self) -> int:
        """Return the process id of the encoder, 0 before it runs."""
        return self._encoder.pid if self._encoder is not None else 0

    @property
    def viewers(self) -> int:
        """Return the number of viewers over HTTP."""
        return self._broadcast.viewers + self._fragments.viewers

    @property
    def dropped(self) -> int:
        """Return how many viewers were too slow and were dropped."""
        return self._broadcast.dropped + self._fragments.dropped

    @property
    def url(self) -> str:
        """Return where it serves, such as http://127.0.0.1:8080; empty where it does not."""
        return self._server.url if self._server is not None else ''

    def describe(self) -> list[str]:
        """Return a line for each way to watch."""
        return ways_to_watch(self.url) if self.url else []

    def close(self) -> None:
        """Finish files and URLs, then stop serving."""
        for sink in self._sinks:
            sink.end()              # all of them finish at the same time
        for sink in self._sinks:
            sink.close()
        self._sinks = []
        self._fragments.close()
        self._broadcast.close()
        if self._server is not None:
            self._server.close()
            self._server = None
