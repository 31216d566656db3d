"""A conversation played over a simulated link, once or, where chance matters, several times."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.bench.link.simulation import LinkSimulation, SimulatedNetwork
from txt2vid_ros.bench.link.wire_shares import wire_shares
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.keys import NO_KEY

LOSSY_RUNS = 8
SETTLING_SECONDS = 60.0


@dataclasses.dataclass(frozen=True)
class Played:
    """What one run has cost, both ways together, while the conversation lasted."""

    wire_bits: int
    wire_bps: float
    shares_bps: dict[str, float]
    text_bits: int
    delays: list[float]
    """Seconds of each utterance from its end to its arrival, those of the path included."""
    in_order: bool
    retries: int
    dropped: int


def runs_on(network: SimulatedNetwork) -> int:
    """Return how often a conversation is played over a network."""
    return LOSSY_RUNS if network.loss else 1


def play(conversation: Conversation, network: SimulatedNetwork, config: LinkConfig,
         seed: int) -> Played:
    """Play the conversation at its pace to both ends."""
    simulation = LinkSimulation(TextCodec(), (NO_KEY, NO_KEY), network, config, seed)
    submitted: dict[str, list[float]] = {}
    start = simulation.now
    for text, seconds in zip(conversation.texts, conversation.durations, strict=True):
        submitted.setdefault(text, []).append(simulation.now)
        simulation.say(text)
        simulation.run(seconds)
    bits, spoken = simulation.wire_bits, simulation.now - start
    shares = {name: share / spoken for name, share in wire_shares(simulation).items()}
    simulation.run(SETTLING_SECONDS)
    counters = simulation.sender.counters
    delays = [at - submitted[heard.text].pop(0) for at, heard in simulation.heard_at]
    return Played(bits, bits / spoken, shares, 8 * counters.text_bytes, delays,
                  simulation.heard == list(conversation.texts), counters.retries,
                  counters.dropped)


def mean_shares(shares: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each share."""
    return {name: sum(each[name] for each in shares) / len(shares) for name in shares[0]}
