"""One stream, many viewers: each begins right, none can hold up another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st
from txt2vid_ros.media.output.broadcast import Broadcast, GROUP_BYTES
from txt2vid_ros.media.output.mpegts import StreamChunk


def test_a_viewer_begins_with_the_header_and_a_key_frame() -> None:
    broadcast = Broadcast(lambda: b'[tables]')
    viewer = broadcast.subscribe()
    for chunk in (StreamChunk(b'a'), StreamChunk(b'K', True), StreamChunk(b'b'),
                  StreamChunk(b'K', True)):
        broadcast.publish(chunk)
    broadcast.close()
    assert b''.join(viewer) == b'[tables]KbK'


def test_who_wants_to_begin_at_once_gets_all_since_the_last_key_frame() -> None:
    broadcast = Broadcast(lambda: b'[tables]')
    for chunk in (StreamChunk(b'a'), StreamChunk(b'K', True), StreamChunk(b'b'),
                  StreamChunk(b'L', True), StreamChunk(b'c')):
        broadcast.publish(chunk)
    viewer = broadcast.subscribe(at_once=True)
    broadcast.publish(StreamChunk(b'd'))
    broadcast.close()
    assert b''.join(viewer) == b'[tables]Lcd'


def test_what_is_too_long_since_a_key_frame_is_not_kept() -> None:
    broadcast = Broadcast(lambda: b'')
    for chunk in (StreamChunk(b'K', True), StreamChunk(b'x' * GROUP_BYTES), StreamChunk(b'y')):
        broadcast.publish(chunk)
    viewer = broadcast.subscribe(at_once=True)
    broadcast.publish(StreamChunk(b'K', True))
    broadcast.close()
    assert b''.join(viewer) == b'K'


def test_the_header_is_the_one_of_that_moment() -> None:
    headers = [b'old']
    broadcast = Broadcast(lambda: headers[0])
    viewer = broadcast.subscribe()
    headers[0] = b'new'
    broadcast.publish(StreamChunk(b'K', True))
    broadcast.close()
    assert b''.join(viewer) == b'newK'


def test_a_slow_viewer_is_dropped_and_a_fast_one_gets_everything() -> None:
    broadcast = Broadcast(lambda: b'')
    slow, fast = broadcast.subscribe(limit=1000), broadcast.subscribe(limit=1_000_000)
    for _ in range(200):
        broadcast.publish(StreamChunk(b'x' * 100, True))
    assert slow.overrun
    assert broadcast.dropped == 1
    assert broadcast.viewers == 1
    broadcast.close()
    assert len(b''.join(slow)) <= 1000
    assert len(b''.join(fast)) == 20_000
    assert not fast.overrun


def test_who_leaves_gets_no_more_and_may_leave_twice() -> None:
    broadcast = Broadcast(lambda: b'')
    viewer = broadcast.subscribe()
    broadcast.publish(StreamChunk(b'K', True))
    broadcast.unsubscribe(viewer)
    broadcast.unsubscribe(viewer)
    broadcast.publish(StreamChunk(b'more'))
    assert b''.join(viewer) == b'K'
    assert broadcast.viewers == 0
    assert broadcast.dropped == 0


def test_who_comes_after_the_end_is_told_so() -> None:
    broadcast = Broadcast(lambda: b'')
    broadcast.close()
    assert b''.join(broadcast.subscribe()) == b''


def test_a_file_that_follows_is_no_viewer() -> None:
    broadcast = Broadcast(lambda: b'')
    broadcast.subscribe(viewer=False)
    assert broadcast.viewers == 0
    broadcast.subscribe()
    assert broadcast.viewers == 1


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.booleans()), max_size=60))
def test_readers_on_threads_of_their_own_all_get_the_same(
        chunks: list[tuple[bytes, bool]]) -> None:
    broadcast = Broadcast(lambda: b'H')
    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(b''.join, broadcast.subscribe()) for _ in range(3)]
        for data, key in chunks:
            broadcast.publish(StreamChunk(data, key))
        broadcast.close()
        keys = [at for at, (_, key) in enumerate(chunks) if key]
        expected = b'H' + b''.join(data for data, _ in chunks[keys[0]:]) if keys else b''
        assert [reader.result(20) for reader in readers] == [expected] * 3
