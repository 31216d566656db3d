"""Two people who take turns: over one link of both directions, and over two of one each."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from typing import Any

from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.bench.link.simulation import LinkSimulation, SimulatedNetwork
from txt2vid_ros.bench.link.wire_shares import wire_shares
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.keys import NO_KEY

TURNS = (1, 2, 3)
"""Utterances of a turn, in turn."""
SETTLING_SECONDS = 60.0


def played(conversation: Conversation, network: SimulatedNetwork) -> dict[str, Any]:
    """Return what the dialogue costs in each way, headers and acknowledgements counted."""
    one = _simulation(network, two_way=True)
    pair = [_simulation(network), _simulation(network)]
    start = one.now
    for second_speaks, text, seconds in _turns(conversation):
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
    return {'dialogue_bps': bits / spoken, 'two_links_bps': pair_bits / spoken,
            'delivered': len(one.heard) + len(one.answers),
            'in_order': (one.heard, one.answers) == (pair[0].heard, pair[1].heard),
            'shares_bps': shares}


def _simulation(network: SimulatedNetwork, two_way: bool = False) -> LinkSimulation:
    return LinkSimulation(TextCodec(), (NO_KEY, NO_KEY), network, LinkConfig(), two_way=two_way)


def _turns(conversation: Conversation) -> Iterator[tuple[bool, str, float]]:
    """Yield each utterance after whether the second one speaks, and with its seconds."""
    utterances = iter(zip(conversation.texts, conversation.durations, strict=True))
    for number, length in enumerate(itertools.cycle(TURNS)):
        turn = list(itertools.islice(utterances, length))
        if not turn:
            return
        for text, seconds in turn:
            yield bool(number % 2), text, seconds
