"""Follows the stream node over HTTP: its video as pictures with the stamps they are seen at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import logging

import aiohttp
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.media.jitter.wrapping import nearest
from txt2vid_ros.media.output.http_address import JOIN_PATH
from txt2vid_ros.media.output.mpegts import PTS_BITS, PTS_RATE
from txt2vid_ros.web.rtc.h264 import Picture, picture
from txt2vid_ros.web.rtc.transport_stream import PictureParser, TimedPicture
from txt2vid_ros.web.tasks import cancelled, watched

log = logging.getLogger(__name__)

BACKOFF = Backoff(first=0.1, largest=2.0, factor=1.3)
"""A stream that was killed is there again within a second, and viewers wait for it."""
CONNECT_SECONDS = 5.0
SILENT_SECONDS = 5.0
"""Seconds without a byte after which the stream counts as gone; it has a picture every second."""
STEADY_SECONDS = 10.0
"""Seconds of pictures after which earlier failures no longer count."""
FAR_SECONDS = 0.5
"""Seconds off the clock at which a stamp shows that the stream's zero has moved: it moves by two
seconds or more, after a jump of the clock."""
LINGER_SECONDS = 10.0
"""Seconds for which the stream is still read when nobody needs it any more."""
JOIN_SECONDS = 0.5
"""Seconds that whoever comes first waits for a picture to begin with; a stream that is there sends
what has come since its last key frame at once."""
GROUP_BYTES = 1_000_000
GROUP_PICTURES = 60
"""Bounds of what is kept for who joins; a longer group of pictures is not kept."""


@dataclasses.dataclass
class FeedStatistics:
    """Counts since the start."""

    pictures: int = 0
    connections: int = 0
    damaged: int = 0


class StreamFeed:
    """
    Hands on each picture as it is complete, and keeps those since the last key frame.

    Lives in one event loop. The stream is read while somebody needs it, as that takes 0.02 of a
    core. It may come, go and move; it is tried again with a growing pause.
    """

    def __init__(self, clock: Clock, shown: Callable[[Picture], None]) -> None:
        """`clock` is the stream's; `shown` takes each picture."""
        self.statistics = FeedStatistics()
        self.profile = ''
        """profile-level-id of the newest key frame; empty before the first."""
        self._clock = clock
        self._shown = shown
        self._url = ''
        self._task: asyncio.Task[None] | None = None
        self._needs = 0
        """How many need pictures."""
        self._linger: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()
        """Whether it is known what to begin with: pictures, or nothing where the stream is
        away."""
        self._group: list[Picture] = []
        self._group_bytes = 0
        self._zero = 0
        """The stamp of presentation time 0."""
        self._newest = 0
        """The latest stamp that was shown of a picture of this zero."""
        self._zero_asked = 0.0

    @property
    def group(self) -> list[Picture]:
        """Return the pictures from the last key frame on; none where they are too many."""
        return self._group

    def follow(self, url: str) -> None:
        """Follow the stream that is served at a URL such as http://127.0.0.1:8080; '' for none."""
        if url != self._url:
            self._rest()
            self._url = url
        if self._needs:
            self._read_on()

    @contextlib.contextmanager
    def needed(self) -> Iterator[None]:
        """Have the stream read meanwhile."""
        self._needs += 1
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self._read_on()
        try:
            yield
        finally:
            self._needs -= 1
            if not self._needs and self._task is not None:
                self._linger = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._rest)

    async def joined(self) -> None:
        """
        Wait until there are pictures to begin with, while needed().

        At most JOIN_SECONDS, and not where the stream turns out to be away.
        """
        if self._task is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._settled.wait(), JOIN_SECONDS)

    async def close(self) -> None:
        """Stop following."""
        if self._linger is not None:
            self._linger.cancel()
        task, self._task, self._url = self._task, None, ''
        await cancelled(task)

    def _read_on(self) -> None:
        if self._url and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run(self._url))
            watched(self._task, f'reading of the stream at {self._url}')

    def _rest(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._forget()
        self._settled.clear()

    async def _run(self, url: str) -> None:
        loop = asyncio.get_running_loop()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS,
                                        sock_read=SILENT_SECONDS)
        failures = 0
        async with aiohttp.ClientSession(timeout=timeout) as client:
            while True:
                begun = loop.time()
                try:
                    await self._read(client, url)
                    fault = 'it has ended'
                except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError) as error:
                    fault = str(error) or type(error).__name__
                self._forget()
                self._settled.set()
                failures = 1 if loop.time() - begun > STEADY_SECONDS else failures + 1
                log.log(logging.INFO if failures == 1 else logging.DEBUG,
                        'the stream at %s is away (%s); trying again', url, fault)
                await asyncio.sleep(BACKOFF.after(failures))

    async def _read(self, client: aiohttp.ClientSession, url: str) -> None:
        """Read one connection to its end. Raises ValueError where the status is not readable."""
        parser = PictureParser()
        damaged = self.statistics.damaged
        async with client.get(f'{url}{JOIN_PATH}') as answer:
            answer.raise_for_status()
            self._settled.clear()
            await self._ask_zero(client, url)
            self.statistics.connections += 1
            async for data in answer.content.iter_any():
                for each in parser.feed(data):
                    await self._take(client, url, each)
                self.statistics.damaged = damaged + parser.damaged

    async def _take(self, client: aiohttp.ClientSession, url: str, each: TimedPicture) -> None:
        stamp = self._stamp(each)
        if abs(stamp - self._clock.now()) > FAR_SECONDS * SECOND:
            await self._ask_zero(client, url, FAR_SECONDS)
            stamp = self._stamp(each)
        made = picture(stamp, each.data)
        if made is None:
            return
        self.statistics.pictures += 1
        self._keep(made)
        if stamp > self._newest:
            # Who joins a stream again is sent what it had.
            self._newest = stamp
            self._shown(made)

    def _stamp(self, each: TimedPicture) -> int:
        """Return when a picture is seen: of the laps of its presentation time, the present one."""
        elapsed = (self._clock.now() - self._zero) * PTS_RATE // SECOND
        return self._zero + nearest(each.pts, elapsed, PTS_BITS) * SECOND // PTS_RATE

    async def _ask_zero(self, client: aiohttp.ClientSession, url: str, pause: float = 0.0) -> None:
        """Learn the stamp of presentation time 0, unless that was asked within `pause` seconds."""
        now = asyncio.get_running_loop().time()
        if now - self._zero_asked < pause:
            return
        self._zero_asked = now
        async with client.get(f'{url}/status.json') as answer:
            answer.raise_for_status()
            status = await answer.json()
        if not isinstance(status, dict) or not isinstance(status.get('pts_zero_ns'), int):
            raise ValueError('its status has no pts_zero_ns')
        if status['pts_zero_ns'] != self._zero:
            self._zero, self._newest = status['pts_zero_ns'], 0

    def _keep(self, made: Picture) -> None:
        if made.key_frame:
            self.profile = made.profile or self.profile
            self._forget()
        elif not self._group:
            return
        self._group.append(made)
        self._settled.set()
        self._group_bytes += made.size
        if len(self._group) > GROUP_PICTURES or self._group_bytes > GROUP_BYTES:
            self._forget()

    def _forget(self) -> None:
        # A new list: a viewer may be sending the old one.
        self._group, self._group_bytes = [], 0
