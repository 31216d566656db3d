"""What befalls any link: time, loss, outages and replays, as rules for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, RuleBasedStateMachine
from link_simulation import Simulation


class LinkHistory(RuleBasedStateMachine):
    """A simulated link and its network; whoever derives from it has its ends speak and restart."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self.simulation = simulation
        self.perhaps_lost: set[str] = set()

    @rule(seconds=st.sampled_from([0.02, 0.1, 0.5, 2.0, 6.0]))
    def pass_time(self, seconds: float) -> None:
        self.simulation.run(seconds)

    @rule(loss=st.sampled_from([0.0, 0.0, 0.2, 0.5, 1.0]),
          duplication=st.sampled_from([0.0, 0.5]), jitter=st.sampled_from([0.0, 0.05, 1.0]))
    def weather(self, loss: float, duplication: float, jitter: float) -> None:
        network = self.simulation.network
        network.loss, network.duplication, network.jitter = loss, duplication, jitter

    @precondition(lambda self: self.simulation.sent_log)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        log = self.simulation.sent_log
        to_receiver, datagram = log[data.draw(st.integers(0, len(log) - 1))]
        self.simulation.inject(datagram, to_receiver)
