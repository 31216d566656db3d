"""Percentiles, rates, limits and ways of utterances: what diagnostics and traces are made of."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.monitoring import thresholds
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.core.monitoring.rate import RollingRate
from txt2vid_ros.core.monitoring.sound_latency import SoundLatency
from txt2vid_ros.core.monitoring.utterance_starts import UtteranceStarts
from txt2vid_ros.core.monitoring.utterance_trace import as_object, told, TraceBook


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60))
def test_percentiles_are_values_that_came_in_order(values: list[float]) -> None:
    held = RollingPercentiles(50)
    for value in values:
        held.observe(value)
    last = [value for value in values if math.isfinite(value)][-50:]
    figures = held.figures('x_ms', 1.0)
    assert set(figures) == ({'x_ms_p50', 'x_ms_p95', 'x_ms_p99'} if last else set())
    assert all(value in last for value in figures.values())
    assert list(figures.values()) == sorted(figures.values())
    assert held.at(1.0) == max(last, default=0.0)


def test_percentiles_forget_what_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr('time.monotonic', lambda: now)
    held = RollingPercentiles(horizon=60.0)
    held.observe(5.0)
    now = 159.0
    held.observe(0.1)
    assert held.figures('x')['x_p99'] == pytest.approx(100.0)
    assert held.at(1.0) == 5.0
    now = 161.0
    assert held.at(1.0) == 0.1
    now = 300.0
    assert held.figures('x') == {}


def test_a_rate_begins_anew_with_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr('time.monotonic', lambda: now)
    rate = RollingRate()
    seen = []
    for count in (0, 25, 50, 10, 20):
        rate.observe(count)
        seen.append(rate.per_second)
        now += 1.0
    assert seen == [None, 25.0, 25.0, None, 10.0]


def test_limits_tell_what_is_beyond_them() -> None:
    limits = thresholds.parsed('tts.warn_if', ('memory_mb>500', ' rate_hz < 24 ', 'none>1'))
    assert thresholds.crossed(limits, {'memory_mb': 500, 'rate_hz': 25.0}) == ''
    assert thresholds.crossed(limits, {'memory_mb': 512.3, 'rate_hz': 23.5}) == (
        'memory_mb is 512.3, above 500; rate_hz is 23.5, below 24')
    # A figure may be a text, or absent as nothing was measured yet.
    assert thresholds.crossed(limits, {'memory_mb': 'much', 'rate_hz': True}) == ''


@pytest.mark.parametrize('text', ['', 'memory_mb', 'memory_mb>', '>5', 'memory_mb>nan',
                                  'memory_mb=5', 'memory_mb>5 MB', 'a b>1', 'memory_mb>1e999'])
def test_a_limit_that_cannot_be_understood_is_named(text: str) -> None:
    with pytest.raises(UserError, match=r'tts\.warn_if has .*Write FIGURE>NUMBER'):
        thresholds.parsed('tts.warn_if', (text,))


def test_an_utterance_begins_once_and_not_after_its_end() -> None:
    starts = UtteranceStarts()
    starts.add('a', 100)
    starts.add('b', 200)
    assert starts.reached(99) == []
    assert starts.reached(150) == [('a', 100)]
    # Interrupted before any of it was due.
    starts.end('b', 180)
    assert starts.reached(1000) == []
    # The end of one that is being spoken is told ahead of it.
    starts.add('c', 2000)
    starts.end('c', 2500)
    assert starts.reached(2000) == [('c', 2000)]
    for number in range(1000):
        starts.add(str(number), 1)
    assert len(starts.reached(1)) == 64


def test_the_time_to_the_sound_ends_where_it_is_due_and_sent() -> None:
    latency = SoundLatency()
    latency.accepted('early', 0)
    latency.sent('early', start=3 * SECOND // 10, at=SECOND // 10)
    assert latency.text_to_sound.at(1.0) == 0.3
    latency.accepted('late', 0)
    latency.sent('late', start=3 * SECOND // 10, at=SECOND // 2)
    # One that waited behind others was never given.
    latency.sent('queued', start=9 * SECOND, at=9 * SECOND)
    assert latency.text_to_sound.at(1.0) == 0.5


def test_a_way_is_told_in_order_with_times_from_its_begin() -> None:
    book, begin = TraceBook(), 1_700_000_000 * SECOND
    name = f'anna#{begin}'
    for node, stage, after in (('tts', 'sound', 200), ('tts', 'text', 5), ('tts', 'heard', 450),
                               ('stream', 'packet', 430), ('odd', 'odd', 440),
                               ('tts', 'sound', 999)):
        book.mark(name, node, stage, begin + after * SECOND // 1000,
                  'Hello.' if stage == 'text' else '')
    trace, = book.traces()
    assert told(trace) == [
        f'{name}  Hello.',
        '       5.0 ms      +5.0  tts      text accepted',
        '     200.0 ms    +195.0  tts      first sound made',
        '     430.0 ms    +230.0  stream   first packet of its sound sent',
        '     440.0 ms     +10.0  odd      odd',
        '     450.0 ms     +10.0  tts      first sample is heard']
    assert as_object(trace)['ms'] == {
        'tts.text': 5.0, 'tts.sound': 200.0, 'stream.packet': 430.0, 'odd.odd': 440.0,
        'tts.heard': 450.0}
    assert trace.known and not trace.over(begin + 100 * SECOND)
    book.mark(name, 'link', 'sent', begin, link_id='anna#17')
    assert told(book.traces()[0])[0] == f'{name}  Hello.  (over the link: anna#17)'
    assert as_object(book.traces()[0])['link_id'] == 'anna#17'


@given(st.text(max_size=30), st.integers(0, 2**62))
def test_ids_from_strangers_are_no_times(name: str, at: int) -> None:
    book = TraceBook()
    book.mark(name, 'tts', 'text', at)
    trace, = book.traces()
    assert 0 <= at - trace.begun <= 60 * SECOND
    assert told(trace)


def test_strangers_cannot_fill_the_memory() -> None:
    book = TraceBook()
    for number in range(1000):
        book.mark(f'a#{number}', 'tts', 'text', number)
        book.mark('a#999', 'tts', str(number), number)
    assert len(book.traces()) <= 200
    assert max(len(trace.marks) for trace in book.traces()) < 40


def test_what_strangers_say_cannot_control_a_terminal() -> None:
    book = TraceBook()
    book.mark('a#1', 'tt\x1b[2Js', 'te\nxt', 1, 'red \x1b[31m\r[/bold]')
    trace, = book.traces()
    assert all(line.isprintable() for line in told(trace))
    assert trace.shown == 'red  [31m [/bold]'
