"""A provider of a replica that hangs is given up, though nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
import contextlib
import threading

import pytest
from txt2vid_ros.cluster.provider_threads import ProviderThreads
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.resilience.job_thread import CancelCheck

ANNA = ('anna',)


class Voice:
    def load(self) -> None:
        """Load nothing."""

    def close(self) -> None:
        """Release nothing."""


def well(voice: Voice, cancelled: CancelCheck) -> Generator[bytes, None, None]:
    yield b'well'


async def heard(parts: AsyncIterator[bytes]) -> list[bytes]:
    async with contextlib.aclosing(parts):     # type: ignore[type-var]
        return [part async for part in parts]


def test_one_that_is_busy_or_loads_for_long_does_not_hang() -> None:
    """Though those who waited behind it, or for it to be loaded, have left long ago."""
    loading, busy = threading.Event(), threading.Semaphore(0)
    loaded, go = threading.Event(), threading.Event()

    made: list[Voice] = []

    class Slow(Voice):
        def load(self) -> None:
            made.append(self)
            loading.set()
            assert loaded.wait(60)

    def work(voice: Voice, cancelled: CancelCheck) -> Generator[bytes, None, None]:
        if not cancelled():
            busy.release()
            assert go.wait(60)
            yield b'well'

    threads = ProviderThreads(lambda name: Slow(), 8, 8,
                              TimeLimits(first=60, gap=0.01, whole=60, load=60))

    async def left(after: Callable[[], bool]) -> None:
        caller = asyncio.create_task(heard(threads.run(ANNA, work)))
        await asyncio.to_thread(after)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        for _ in range(3):
            await asyncio.sleep(0.02)   # longer than a call may go on
            threads.check()

    async def served() -> None:
        await left(lambda: loading.wait(60))
        loaded.set()
        patient = asyncio.create_task(heard(threads.run(ANNA, work)))
        assert await asyncio.to_thread(busy.acquire, timeout=60)
        await left(lambda: True)
        go.set()
        assert await patient == [b'well']
        assert len(made) == 1

    try:
        asyncio.run(asyncio.wait_for(served(), 60))
    finally:
        loaded.set()
        go.set()
        threads.close()


def test_a_call_that_hangs_after_its_caller_has_left_is_given_up() -> None:
    made: list[Voice] = []
    begun, go = threading.Semaphore(0), threading.Event()

    def make(name: str) -> Voice:
        made.append(Voice())
        return made[-1]

    def hang(voice: Voice, cancelled: CancelCheck) -> Generator[bytes, None, None]:
        begun.release()
        assert go.wait(60)
        yield b'late'

    threads = ProviderThreads(make, 8, 8, TimeLimits(first=60, gap=0.01, whole=60, load=60))

    async def hung_and_left() -> None:
        first = asyncio.create_task(heard(threads.run(ANNA, hang)))
        assert await asyncio.to_thread(begun.acquire, timeout=60)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first

    async def checked() -> None:
        for _ in range(2):
            await hung_and_left()
            behind = asyncio.create_task(heard(threads.run(ANNA, well)))
            await asyncio.sleep(0)      # until it waits
            while not behind.done():
                threads.check()
                await asyncio.sleep(0.01)
            with pytest.raises(ProviderError, match='hangs') as error:
                await behind
            assert error.value.retriable
            assert await heard(threads.run(ANNA, well)) == [b'well']
        assert len(made) == 3
        await hung_and_left()
        with pytest.raises(RuntimeError, match='hangs'):
            while True:
                threads.check()
                await asyncio.sleep(0.01)

    try:
        asyncio.run(asyncio.wait_for(checked(), 60))
    finally:
        go.set()
        threads.close()
