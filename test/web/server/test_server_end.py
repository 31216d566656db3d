"""The server ends in bounded time, also where its loop does not come to an end."""

from __future__ import annotations

import threading

from txt2vid_ros.ros import running, spinning
from txt2vid_ros.web.server import server
from web_rig import Web


def test_a_loop_that_hangs_does_not_keep_the_node() -> None:
    web = Web()
    hanging, released = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        released.wait(60.0)

    web.server._loop.call_soon_threadsafe(hang)
    assert hanging.wait(60.0)
    web.server.close()
    assert not released.is_set()
    assert web.server._thread.is_alive()
    released.set()
    web.server._thread.join(60.0)
    web.server.close()
    assert web.server._loop.is_closed()


def test_all_that_is_awaited_ends_before_the_process_is_ended() -> None:
    # The node web has no threads of its own besides.
    assert (spinning.CLOSE_SECONDS + server.END_SECONDS + server.JOIN_SECONDS
            < running.LATEST_END - 1.0)
