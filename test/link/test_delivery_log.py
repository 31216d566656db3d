"""What is acknowledged has been delivered: stopping or killing the receiver loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import json
from pathlib import Path
import signal
import subprocess
import sys
import threading

from link_running import EventLog, say, sender
from link_simulation import CODEC, KEY, SimulatedNetwork, Simulation
from memory_store import MemoryStore
import pytest
from txt2vid_ros.link import keys
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery import delivery_log
from txt2vid_ros.link.messages import OutgoingText, ReceivedText
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.receiver import Receiver
from txt2vid_ros.link.runner import instant, LinkRunner
from txt2vid_ros.link.sender import Sender
from txt2vid_ros.link.transport.base import ReceivedDatagram
from txt2vid_ros.link.transport.udp import UdpClient, UdpServer

END = Path(__file__).with_name('link_end.py')
SPEECH = (wire.FrameType.SINGLE, wire.FrameType.BATCH)


class LastStep(UdpServer):
    """Has its runner closed at the very moment at which speech comes in."""

    def __init__(self) -> None:
        super().__init__('127.0.0.1:0')
        self.runner: LinkRunner[Receiver] | None = None
        self.closer: threading.Thread | None = None

    def receive(self) -> list[ReceivedDatagram]:
        arrivals = super().receive()
        if (self.runner is not None and self.closer is None
                and any(wire.parse_header(a.datagram)[0] in SPEECH for a in arrivals)):
            self.closer = threading.Thread(target=self.runner.close)
            self.closer.start()
            while not self.runner._closing:
                self.closer.join(0.001)
        return arrivals


def test_what_comes_in_the_last_step_is_delivered() -> None:
    listener, log = LastStep(), EventLog()
    port = listener.port
    runner = LinkRunner(Receiver(LinkConfig(), KEY, CODEC, instant()), listener, log)
    listener.runner = runner
    with sender(UdpClient(f'127.0.0.1:{port}')) as (near, _):
        say(near, 'The last words.')
        log.wait(lambda log: log.texts == ['The last words.'])
        assert listener.closer is not None
        listener.closer.join()


def test_nothing_is_acknowledged_before_the_consumer_has_it() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.01), store=MemoryStore())
    simulation.say('First.')
    simulation.run(5)
    receiver = simulation.receiver
    simulation.sender.submit(utterance(simulation, 'Second.'), simulation.sender_time)
    simulation.sender.prepare(simulation.sender_time)
    for outgoing in simulation.sender.poll(simulation.sender_time):
        receiver.receive(outgoing.datagram, simulation.receiver_time)
    taken = list(iter(receiver.take_event, None))
    assert [e.text for e in taken if isinstance(e, ReceivedText)] == ['Second.']
    simulation.now += 60
    assert receiver.poll(simulation.receiver_time) == []
    simulation.now -= 60
    # Killed here, it has not been acknowledged, and comes again.
    simulation.start_receiver()
    simulation.run(30)
    assert simulation.heard == ['First.', 'Second.']
    assert simulation.sender.backlog == 0


def test_a_handshake_acknowledges_no_more_than_an_acknowledgement() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.01), store=MemoryStore())
    simulation.say('First.')
    simulation.run(5)
    receiver = simulation.receiver
    simulation.sender.submit(utterance(simulation, 'Second.'), simulation.sender_time)
    simulation.sender.prepare(simulation.sender_time)
    for outgoing in simulation.sender.poll(simulation.sender_time):
        receiver.receive(outgoing.datagram, simulation.receiver_time)
    # The sender asks for a new session before anybody has taken it; then comes the kill.
    simulation.sender._greeting.start(simulation.sender_time)
    for outgoing in simulation.sender.poll(simulation.sender_time):
        receiver.receive(outgoing.datagram, simulation.receiver_time)
    for outgoing in receiver.poll(simulation.receiver_time):
        simulation.sender.receive(outgoing.datagram, simulation.sender_time)
    simulation.start_receiver()
    simulation.run(60)
    assert simulation.heard == ['First.', 'Second.']


def test_a_consumer_that_takes_nothing_gets_everything_later(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_log, '_MAX_EVENTS', 10)
    simulation = Simulation(SimulatedNetwork(delay=0.01), LinkConfig(mtu=64))
    texts = [f'Number {number}.' for number in range(100)]
    for text in texts:
        simulation.sender.submit(utterance(simulation, text), simulation.sender_time)
    simulation.run(0.02)  # The handshake.
    for _ in range(50):
        simulation.sender.prepare(simulation.sender_time)
        for outgoing in simulation.sender.poll(simulation.sender_time):
            simulation.receiver.receive(outgoing.datagram, simulation.receiver_time)
    assert simulation.receiver.counters.utterances < 30
    simulation.run(25)
    assert simulation.heard == texts


def test_an_event_that_cannot_be_used_keeps_no_other_waiting() -> None:
    listener, heard = UdpServer('127.0.0.1:0'), EventLog()

    def picky(event: object) -> None:
        if isinstance(event, ReceivedText) and event.text == 'Bad.':
            raise RuntimeError('no such thing')
        heard(event)

    runner = LinkRunner(Receiver(LinkConfig(), KEY, CODEC, instant()), listener, picky)
    try:
        with sender(UdpClient(f'127.0.0.1:{listener.port}')) as (near, _):
            for text in ('Good.', 'Bad.', 'Better.'):
                say(near, text)
            heard.wait_for_texts(['Good.', 'Better.'])
    finally:
        runner.close()


def utterance(simulation: Simulation, text: str) -> OutgoingText:
    return OutgoingText(text, 'ann', 'en', simulation.sender_time.wall)


class FarEnd:
    """A receiver in a process that can be killed and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self._words = [sys.executable, str(END), '--role', 'receiver', '--transport', 'udp',
                       '--address', f'127.0.0.1:{port}', '--key', str(folder / 'link.key'),
                       '--store', str(folder / 'state')]
        self.texts: list[str] = []

    @contextlib.contextmanager
    def run(self, *more: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen([*self._words, *more], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == 'ready\n'
                yield process
            finally:
                process.kill()
                self.texts += [json.loads(line)['text'] for line in process.stdout]


@pytest.mark.parametrize(('die', 'times'), [('before', 1), ('after', 2)])
def test_a_kill_around_the_delivery_loses_nothing(tmp_path: Path, die: str,
                                                  times: int) -> None:
    """Killed between publishing and remembering, it says that text twice rather than never."""
    keys.generate(tmp_path / 'link.key')
    probe = UdpServer('127.0.0.1:0')
    port = probe.port
    probe.close()
    far = FarEnd(tmp_path, port)
    key = keys.read(tmp_path / 'link.key')
    near = LinkRunner(Sender(LinkConfig(), key, CODEC, instant()),
                      UdpClient(f'127.0.0.1:{port}'), lambda event: None)
    try:
        with far.run('--die-at', 'Two.', '--die', die) as process:
            for text in ('One.', 'Two.', 'Three.'):
                say(near, text)
            assert process.wait(30) == -signal.SIGKILL
        with far.run() as process:
            say(near, 'Four.')
            assert process.stdout is not None
            for line in process.stdout:
                far.texts.append(json.loads(line)['text'])
                if far.texts[-1] == 'Four.':
                    break
            EventLog().wait_until(lambda: near.end.backlog == 0)
        with far.run() as process:  # What is acknowledged is not said again.
            say(near, 'Five.')
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())['text'] == 'Five.'
    finally:
        near.close()
    assert far.texts == ['One.', *['Two.'] * times, 'Three.', 'Four.']
