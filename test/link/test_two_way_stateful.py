"""Any history of a two-way link: hypothesis looks for one that loses or repeats something."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from link_history import LinkHistory
from link_simulation import SimulatedNetwork, Simulation
from memory_store import MemoryStore
from txt2vid_ros.link.messages import Dropped


class TwoWayLink(LinkHistory):
    """What a link may live through while both ends speak; end 0 calls, end 1 waits."""

    def __init__(self) -> None:
        super().__init__(Simulation(SimulatedNetwork(delay=0.05, jitter=0.05), two_way=True,
                                    store=MemoryStore(), caller_store=MemoryStore()))
        self.said: list[list[str]] = [[], []]

    @property
    def heard(self) -> list[list[str]]:
        """Return what was heard of each end."""
        return [self.simulation.heard, self.simulation.answers]

    @rule(end=st.integers(0, 1), words=st.integers(1, 6))
    def say(self, end: int, words: int) -> None:
        text = f'Utterance {len(self.said[end])}' + ' goes on and on' * words + '.'
        self.said[end].append(text)
        (self.simulation.answer if end else self.simulation.say)(text)

    @rule(end=st.integers(0, 1))
    def restart(self, end: int) -> None:
        """Lose what the end holds; what the other one has got must not be lost."""
        simulation = self.simulation
        here = simulation.receiver if end else simulation.sender
        said = self.said[end]
        self.perhaps_lost |= {(f'{end} {text}') for text in said[len(said) - here.backlog:]}
        (simulation.start_receiver if end else simulation.start_sender)()

    @invariant()
    def in_order_and_once(self) -> None:
        for said, heard in zip(self.said, self.heard, strict=True):
            places = [said.index(text) for text in heard]
            assert places == sorted(set(places))

    def teardown(self) -> None:
        simulation = self.simulation
        self.weather(0.0, 0.0, 0.0)
        simulation.run(120)
        self.in_order_and_once()
        dropped = [sum(e.count for e in events if isinstance(e, Dropped) and 'old' in e.reason)
                   for events in (simulation.sender_events, simulation.receiver_events)]
        for end, (said, heard) in enumerate(zip(self.said, self.heard, strict=True)):
            missing = [text for text in said if text not in heard
                       and f'{end} {text}' not in self.perhaps_lost]
            assert len(missing) <= dropped[end]
        assert simulation.sender.backlog == simulation.receiver.backlog == 0


TwoWayLink.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestAnyConversation = TwoWayLink.TestCase
