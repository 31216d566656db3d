"""A read that blocks is aborted once it is cancelled, and a request that is over is left alone."""

from __future__ import annotations

import threading

import pytest
from rig import until
from txt2vid_ros.providers.cloud.abort_on_cancel import AbortOnCancel

WAIT = 30.0


class Read:
    """Blocks until it is aborted, and then raises, as a socket does."""

    def __init__(self) -> None:
        self.aborted = threading.Event()
        self.aborts = 0

    def abort(self) -> None:
        self.aborts += 1
        self.aborted.set()

    def block(self) -> None:
        assert self.aborted.wait(WAIT), 'it was not aborted'
        raise ConnectionAbortedError


def watching() -> bool:
    return any(thread.name == 'abort-on-cancel' for thread in threading.enumerate())


def test_a_read_that_blocks_is_aborted_and_what_it_raises_goes_no_further() -> None:
    read, cancelled = Read(), threading.Event()
    threading.Timer(0.05, cancelled.set).start()
    with AbortOnCancel(cancelled.is_set, read.abort):
        read.block()
    assert read.aborts == 1


def test_what_is_cancelled_before_it_begins_is_aborted_too() -> None:
    read = Read()
    with AbortOnCancel(lambda: True, read.abort):
        read.block()
    assert read.aborts == 1


def test_a_block_that_ends_is_left_alone() -> None:
    read, cancelled = Read(), threading.Event()
    with AbortOnCancel(cancelled.is_set, read.abort):
        pass
    cancelled.set()
    until(lambda: not watching(), 'the end of the watching thread')
    assert read.aborts == 0


def test_what_was_released_is_left_alone_even_where_the_block_is_left_early() -> None:
    read, cancelled = Read(), threading.Event()
    with pytest.raises(ValueError, match='left'), AbortOnCancel(
            cancelled.is_set, read.abort) as guard:
        guard.release()
        cancelled.set()
        raise ValueError('left')
    until(lambda: not watching(), 'the end of the watching thread')
    assert read.aborts == 0


def test_an_error_of_its_own_ends_the_request_and_is_raised() -> None:
    read = Read()
    with pytest.raises(ValueError, match='no sound'), AbortOnCancel(lambda: False, read.abort):
        raise ValueError('no sound')
    assert read.aborts == 1


def test_a_generator_that_is_closed_ends_the_request() -> None:
    read = Read()

    def chunks():
        with AbortOnCancel(lambda: False, read.abort):
            yield 1
            yield 2

    speech = chunks()
    assert next(speech) == 1
    speech.close()
    assert read.aborts == 1
