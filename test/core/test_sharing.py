"""What several use is made once and closed with the last of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import threading

import pytest
from txt2vid_ros.core.process.sharing import SharedResources


class Thing:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_thing_is_made_once_and_closed_by_its_last_user() -> None:
    things = SharedResources()
    first, second = things.lease('a', Thing), things.lease('a', Thing)
    other = things.lease('b', Thing)
    assert first.resource is second.resource is not other.resource
    assert (first.users, second.users, other.users) == (1, 2, 1)
    first.close()
    first.close()
    assert second.resource.closed == 0
    second.close()
    assert second.resource.closed == 1
    again = things.lease('a', Thing)
    assert again.resource is not second.resource and again.users == 1


def test_who_asks_while_it_is_made_gets_the_same_and_nobody_else_waits() -> None:
    things, making, go_on = SharedResources(), threading.Event(), threading.Event()

    def slow() -> Thing:
        making.set()
        assert go_on.wait(30)
        return Thing()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(things.lease, 'a', slow)
        assert making.wait(30)
        second = pool.submit(things.lease, 'a', slow)
        assert things.lease('b', Thing).users == 1
        go_on.set()
        assert first.result(30).resource is second.result(30).resource


def test_what_cannot_be_made_is_tried_again() -> None:
    things = SharedResources()

    def fails() -> Thing:
        raise OSError('no room')

    with pytest.raises(OSError, match='no room'):
        things.lease('a', fails)
    lease = things.lease('a', Thing)
    assert lease.users == 1
    lease.close()
    assert lease.resource.closed == 1
