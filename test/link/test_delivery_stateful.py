"""Any sequence of speech, loss, outages, replays and restarts: hypothesis looks for a bad one."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from link_history import LinkHistory
from link_simulation import SimulatedNetwork, Simulation
from memory_store import MemoryStore
from txt2vid_ros.link.messages import Dropped


class Link(LinkHistory):
    """What a link may live through."""

    def __init__(self) -> None:
        super().__init__(Simulation(SimulatedNetwork(delay=0.05, jitter=0.05),
                                    store=MemoryStore()))
        self.said: list[str] = []

    @rule(words=st.integers(1, 6), speaker=st.sampled_from(['ann', 'bob']))
    def say(self, words: int, speaker: str) -> None:
        text = f'Utterance {len(self.said)}' + ' goes on and on' * words + '.'
        self.said.append(text)
        self.simulation.say(text, speaker)

    @rule()
    def restart_receiver(self) -> None:
        self.simulation.start_receiver()

    @rule()
    def restart_sender(self) -> None:
        """Lose what the sender holds; what the receiver has got must not be lost."""
        unconfirmed = self.simulation.sender.backlog
        self.perhaps_lost |= set(self.said[len(self.said) - unconfirmed:])
        self.simulation.start_sender()

    @invariant()
    def in_order_and_once(self) -> None:
        places = [self.said.index(text) for text in self.simulation.heard]
        assert places == sorted(set(places))

    def teardown(self) -> None:
        simulation = self.simulation
        self.weather(0.0, 0.0, 0.0)
        simulation.run(120)
        self.in_order_and_once()
        dropped = sum(e.count for e in simulation.sender_events if isinstance(e, Dropped))
        missing = [text for text in self.said if text not in simulation.heard]
        assert len([text for text in missing if text not in self.perhaps_lost]) <= dropped
        assert simulation.sender.backlog == 0


Link.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyHistory = Link.TestCase
