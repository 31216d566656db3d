"""The stream node's video over HTTP: true stamps, through restarts, jumps and damage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
import dataclasses
import itertools
import socket
import subprocess
from typing import Any

from aiohttp import web
from face_server import LoopThread
import pytest
from rig import MovableClock, Rig, until
from txt2vid_ros.core.clock import Clock, FrameGrid, SECOND
from txt2vid_ros.media.output.http_address import JOIN_PATH
from txt2vid_ros.web.rtc import feed as feed_module
from txt2vid_ros.web.rtc.feed import StreamFeed
from txt2vid_ros.web.rtc.h264 import Picture


async def made(clock: Clock, shown: Callable[[Picture], None]) -> StreamFeed:
    return StreamFeed(clock, shown)


async def entered(need: AbstractContextManager[None]) -> None:
    need.__enter__()


async def left(need: AbstractContextManager[None]) -> None:
    need.__exit__(None, None, None)


class Followed:
    """A feed in a loop of its own, and what it has shown."""

    def __init__(self, clock: Any) -> None:
        self.pictures: list[Picture] = []
        self.thread = LoopThread()
        self.feed = self.thread.call(made(clock, self.pictures.append))
        self._need: AbstractContextManager[None] | None = None

    def follow(self, url: str) -> None:
        """Follow a stream and need its pictures."""
        self.thread.loop.call_soon_threadsafe(self.feed.follow, url)
        if self._need is None:
            self.need()

    def need(self) -> None:
        self._need = self.feed.needed()
        self.thread.call(entered(self._need))

    def leave(self) -> None:
        """Need no more pictures."""
        assert self._need is not None
        self.thread.call(left(self._need))
        self._need = None

    def more(self, count: int) -> list[Picture]:
        """Wait for so many more pictures and return them."""
        before = len(self.pictures)
        until(lambda: len(self.pictures) >= before + count, 'pictures')
        return self.pictures[before:]

    def close(self) -> None:
        if self._need is not None:
            self.leave()
        self.thread.call(self.feed.close())
        self.thread.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def followed(clock: MovableClock) -> Iterator[Followed]:
    followed = Followed(clock)
    yield followed
    followed.close()


def test_stamps_are_those_of_the_frames(followed: Followed, clock: MovableClock) -> None:
    """Also after the clock has jumped, which moves the stream's zero, and in the next stream."""
    grid = FrameGrid.at(25.0)

    def on_the_grid(each: Picture) -> bool:
        return abs(grid.stamp(grid.index(each.stamp)) - each.stamp) < 20_000

    with Rig(clock=clock) as rig:
        followed.follow(rig.output.url)
        found = followed.more(30)
        assert all(map(on_the_grid, found))
        assert abs(found[-1].stamp - clock.now()) < SECOND
        indices = [grid.index(each.stamp) for each in found]
        assert all(before < after for before, after in itertools.pairwise(indices))
        rig.writer.change(dataclasses.replace(
            rig.form, preset='superfast', profile='high'), grid)
        until(lambda: followed.feed.profile.startswith('64'), 'the other profile')
        assert on_the_grid(followed.more(5)[-1])
        clock.offset = 100 * SECOND
        until(lambda: followed.pictures[-1].stamp > clock.now() - SECOND, 'the new time')
        assert all(map(on_the_grid, followed.more(5)))
    with Rig(clock=clock) as rig:
        followed.follow(rig.output.url)
        assert abs(followed.more(10)[-1].stamp - clock.now()) < SECOND
        assert followed.feed.statistics.damaged == 0
        group = followed.thread.call(kept(followed))
        assert group[0].key_frame and not any(each.key_frame for each in group[1:])


async def kept(followed: Followed) -> list[Picture]:
    return list(followed.feed.group)


class Stream:
    """Serves bytes as a stream node does, again and again."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.status: Any = {'pts_zero_ns': 5}
        self.requests = 0

    async def start(self) -> str:
        app = web.Application()
        app.add_routes([web.get(JOIN_PATH, self._live), web.get('/status.json', self._status)])
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, '127.0.0.1', 0).start()
        return f'http://127.0.0.1:{self.runner.addresses[0][1]}'

    async def _live(self, request: web.Request) -> web.Response:
        self.requests += 1
        return web.Response(body=self.data, status=200 if self.requests % 3 else 503)

    async def _status(self, request: web.Request) -> web.Response:
        status = self.status
        if isinstance(status, dict) and isinstance(status.get('pts_zero_ns'), int):
            # Each time it is another stream.
            status = {'pts_zero_ns': status['pts_zero_ns'] + self.requests}
        return web.json_response(status)


def made_by_ffmpeg(*options: str) -> bytes:
    """Return a transport stream of nine pictures."""
    return subprocess.run(
        ['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=25', '-frames:v',
         '9', '-vcodec', 'libx264', '-preset', 'ultrafast', *options, '-f', 'mpegts', 'pipe:1'],
        capture_output=True, check=True).stdout


@pytest.fixture
def stream(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stream]:
    monkeypatch.setattr(feed_module, 'BACKOFF', feed_module.Backoff(first=0.02, largest=0.05))
    stream = Stream(made_by_ffmpeg())
    followed.follow(followed.thread.call(stream.start()))
    yield stream
    followed.thread.call(stream.runner.cleanup())


def test_it_comes_back_to_a_stream_that_ends_and_refuses(
        followed: Followed, stream: Stream) -> None:
    followed.more(40)
    assert stream.requests > 5
    assert followed.feed.statistics.connections > 4


@pytest.mark.parametrize('status', [[], {}, {'pts_zero_ns': 'x'}])
def test_a_status_that_cannot_be_read_is_asked_for_again(
        followed: Followed, stream: Stream, status: Any) -> None:
    stream.status = status
    requests = stream.requests
    until(lambda: stream.requests > requests + 4, 'further tries')
    stream.status = {'pts_zero_ns': 7}
    followed.more(5)


def test_what_is_no_stream_is_survived(followed: Followed, stream: Stream) -> None:
    whole, stream.data = stream.data, b'<html>' * 10_000
    requests = stream.requests
    until(lambda: stream.requests > requests + 4, 'further tries')
    stream.data = whole
    followed.more(5)


def is_of_now(followed: Followed, clock: MovableClock) -> bool:
    return any(abs(each.stamp - clock.now()) < 60 * SECOND for each in followed.pictures[-1:])


@pytest.mark.parametrize('laps', [0, 1, 5])
def test_stamps_are_right_on_each_lap_of_the_presentation_times(
        followed: Followed, stream: Stream, clock: MovableClock, laps: int) -> None:
    """They have 33 bits, which wrap round every 26.5 hours; who follows them comes at any time."""
    lap = (1 << 33) * SECOND // 90_000
    stream.status = {'pts_zero_ns': clock.now() - laps * lap}
    until(lambda: is_of_now(followed, clock), 'true stamps')


def test_pictures_follow_one_another_past_the_wrap(
        followed: Followed, stream: Stream, clock: MovableClock) -> None:
    wrap = (1 << 33) / 90_000
    stream.data = made_by_ffmpeg('-muxdelay', '0', '-output_ts_offset', f'{wrap - 0.2:.3f}')
    stream.status = {'pts_zero_ns': clock.now() - round(wrap * SECOND)}
    until(lambda: is_of_now(followed, clock), 'true stamps')
    steps = [after.stamp - before.stamp
             for before, after in itertools.pairwise(followed.more(20)[-9:])]
    assert sum(abs(step - SECOND // 25) < 20_000 for step in steps) >= 7


def test_nothing_is_followed_any_more(followed: Followed, stream: Stream) -> None:
    followed.more(5)
    followed.follow('')

    async def idle() -> int:
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())
    until(lambda: followed.thread.call(idle()) == 1, 'the feed to stop')
    assert stream.requests


def test_it_reads_while_somebody_needs_it(followed: Followed, clock: MovableClock,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """And begins with the last key frame, which whoever comes then need not wait for."""
    monkeypatch.setattr(feed_module, 'LINGER_SECONDS', 0.05)
    with Rig(clock=clock) as rig:
        rig.writer.change(dataclasses.replace(rig.form, key_frame_every=75), rig.grid)
        followed.follow(rig.output.url)
        followed.more(30)
        followed.leave()
        until(lambda: rig.output.viewers == 0, 'the feed to rest')
        assert followed.thread.call(kept(followed)) == []
        rig.wait_frames(5)
        before = clock.now()
        followed.need()
        joined = followed.more(1)[0]
        group = followed.thread.call(kept(followed))
        assert group[0].key_frame and group[0].stamp < before
        assert joined.stamp in [each.stamp for each in group]


def test_nobody_waits_for_a_stream_that_is_away(followed: Followed, clock: MovableClock,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, 'JOIN_SECONDS', 3600.0)
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        followed.follow(f'http://127.0.0.1:{taken.getsockname()[1]}')
        followed.thread.call(followed.feed.joined())
    with Rig(clock=clock) as rig:
        followed.follow(rig.output.url)
        followed.thread.call(followed.feed.joined())
        assert followed.thread.call(kept(followed))
