"""Whatever a network does to captured sound, what is handed out is unbroken, ahead and bounded."""

from __future__ import annotations

import dataclasses
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from network_simulation import Listener, Packet, Sender, sine
import numpy as np
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE

HERTZ = SPEECH_RATE / 32
LEAD, MOST_DELAY = 0.2, 0.3


@dataclasses.dataclass(frozen=True)
class Stretch:
    """How the network and the clocks behave for a while."""

    seconds: float
    jitter: float
    loss: float
    twice: float
    silent: float
    """Seconds before it in which nothing is sent."""
    sender_step: float
    """Seconds by which the sender's clock is set before it."""


STRETCHES = st.lists(st.builds(
    Stretch, st.floats(0.2, 2.0), st.sampled_from([0.0, 0.02, 0.1, 0.6]),
    st.sampled_from([0.0, 0.05, 0.5, 1.0]), st.sampled_from([0.0, 0.3]),
    st.sampled_from([0.0, 0.0, 0.2, 1.5]),
    st.sampled_from([0.0, 0.0, 0.4, -0.4, 3600.0, -3600.0])),
    min_size=1, max_size=4)


def sent(stretches: list[Stretch], seed: int) -> list[Packet]:
    """Return what arrives, in the order of arrival."""
    random = np.random.default_rng(seed)
    packets: list[Packet] = []
    begin = step = 0.0
    for stretch in stretches:
        begin, step = begin + stretch.silent, step + stretch.sender_step
        network = Sender(sine(HERTZ), offset=step, seed=seed)
        for packet in network.packets(stretch.seconds, lambda _, s=stretch: (
                None if random.random() < s.loss else 0.02 + random.uniform(0, 1) * s.jitter),
                begin=begin):
            packets.append(packet)
            if random.random() < stretch.twice:
                packets.append(dataclasses.replace(packet, arrival=packet.arrival + SECOND // 40))
        begin += stretch.seconds
    return sorted(packets, key=lambda packet: packet.arrival)


@settings(max_examples=40)
@given(stretches=STRETCHES, seed=st.integers(0, 1000))
def test_sound_is_handed_out_unbroken_in_time_and_with_a_bound(
        stretches: list[Stretch], seed: int) -> None:
    listener = Listener(lead=LEAD, delay_max=MOST_DELAY)
    packets = sent(stretches, seed)
    delays = []
    for packet in packets:
        listener.run([packet], rest=0.0)
        delays.append(listener.figures['delay_ms'])
    listener.run([], rest=2.0)
    utterances = {name: list(chunks) for name, chunks in itertools.groupby(
        listener.chunks, key=lambda chunk: chunk[0])}
    # Each comes in one go, is whole, and has ended; none begins before the one before it.
    assert sum(map(len, utterances.values())) == len(listener.chunks)
    assert [name for name, _ in listener.ends] == list(utterances)
    starts = np.array([start for _, start, _, _ in listener.chunks])
    assert np.all(np.diff(starts) > 0)
    for chunks, (_, end) in zip(utterances.values(), listener.ends, strict=True):
        for (_, one, samples, _), (_, other, _, _) in itertools.pairwise(chunks):
            assert other - one == len(samples) * SECOND // SPEECH_RATE
        _, last, samples, _ = chunks[-1]
        assert end <= last + len(samples) * SECOND // SPEECH_RATE + 1
    for _, start, samples, given_out in listener.chunks:
        assert start - given_out > (LEAD - 0.045) * SECOND
        assert start - given_out < (LEAD + 0.1) * SECOND
        assert np.isfinite(samples).all() and np.abs(samples).max() <= 0.45
    assert max(delays, default=0.0) <= 1000 * (MOST_DELAY + 0.032 + 0.5)
