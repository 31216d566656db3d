"""Two people who take turns: over one link of both directions, and over two of one each."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from typing import Any

import numpy as np
from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.bench.link.playing import LOSSY_RUNS, mean_shares, runs_on, SETTLING_SECONDS
from txt2vid_ros.bench.link.simulation import LinkSimulation, SimulatedNetwork
from txt2vid_ros.bench.link.wire_shares import wire_shares
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.keys import NO_KEY

TURNS = (1, 2, 3)
"""Utterances of a turn, in turn."""


def played(conversation: Conversation, network: SimulatedNetwork) -> dict[str, Any]:
    """Return what the dialogue costs in each way, headers and acknowledgements counted."""
    runs = [_played(conversation, network, seed) for seed in range(runs_on(network))]
    delays = [delay for run in runs for delay in run['delays']]
    found: dict[str, Any] = {name: float(np.mean([run[name] for run in runs]))
                             for name in ('dialogue_bps', 'two_links_bps')}
    return {**found, 'runs': len(runs), 'delivered': min(run['delivered'] for run in runs),
            'in_order': all(run['in_order'] for run in runs),
            'delay_with_path_ms_p50': float(np.percentile(delays, 50) * 1000),
            'delay_with_path_ms_p95': float(np.percentile(delays, 95) * 1000),
            'delay_with_path_ms_max': max(delays) * 1000,
            'shares_bps': mean_shares([run['shares_bps'] for run in runs])}


def _played(conversation: Conversation, network: SimulatedNetwork, seed: int) -> dict[str, Any]:
    one = _simulation(network, seed, two_way=True)
    pair = [_simulation(network, LOSSY_RUNS + 2 * seed + end) for end in range(2)]
    start = one.now
    said: tuple[list[float], list[float]] = ([], [])
    for second_speaks, text, seconds in _turns(conversation):
        said[second_speaks].append(one.now)
        (one.answer if second_speaks else one.say)(text)
        pair[second_speaks].say(text)
        for simulation in (one, *pair):
            simulation.run(seconds)
    spoken = one.now - start
    bits = one.wire_bits
    shares = {name: share / spoken for name, share in wire_shares(one).items()}
    pair_bits = sum(simulation.wire_bits for simulation in pair)
    for simulation in (one, *pair):
        simulation.run(SETTLING_SECONDS)
    arrived = ([at for at, _ in one.heard_at], [at for at, _ in one.answered_at])
    return {'dialogue_bps': bits / spoken, 'two_links_bps': pair_bits / spoken,
            'delivered': len(one.heard) + len(one.answers),
            'in_order': (one.heard, one.answers) == (pair[0].heard, pair[1].heard),
            'delays': [at - then for ats, thens in zip(arrived, said, strict=True)
                       for at, then in zip(ats, thens, strict=False)],
            'shares_bps': shares}


def _simulation(network: SimulatedNetwork, seed: int, two_way: bool = False) -> LinkSimulation:
    return LinkSimulation(TextCodec(), (NO_KEY, NO_KEY), network, LinkConfig(), seed,
                          two_way=two_way)


def _turns(conversation: Conversation) -> Iterator[tuple[bool, str, float]]:
    """Yield each utterance after whether the second one speaks, and with its seconds."""
    utterances = iter(zip(conversation.texts, conversation.durations, strict=True))
    for number, length in enumerate(itertools.cycle(TURNS)):
        turn = list(itertools.islice(utterances, length))
        if not turn:
            return
        for text, seconds in turn:
            yield bool(number % 2), text, seconds
