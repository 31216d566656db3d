"""A call between two machines whose network loses, delays and is cut."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import json
from pathlib import Path
import time
from typing import Any

from bad_path import BadPath
from graph_harness import eventually
from machine_process import MachineProcess
import pytest
from txt2vid_ros.bench.rig.machines import ADDRESSES, Machines
from txt2vid_ros.link import keys

OUTAGE = 10.0
"""Seconds without a link."""
# The voice of claps takes a second for each letter.
HERS, HIS = ('do', 're', 'mi', 'fa', 'so', 'la', 'ti', 'oh'), ('we', 'ye', 'be', 'me', 'he', 'go',
                                                               'my', 'by')
BAD = BadPath(loss=0.2, duplication=0.05, delay=0.15, jitter=0.05)
PORT = 5710
TALKER = str(Path(__file__).with_name('call_talker.py'))
PORTRAIT = Path(__file__).parents[1] / 'portraits' / 'turned.jpg'
CALL = ('-m', 'txt2vid_ros.cli.main', 'call', '--http', '127.0.0.1:0', '--web', 'false', '--tts',
        'clap', '--engine', 'flash', '--width', '160', '--height', '120')


class Person:
    """Somebody at one end: the call, and a keyboard and ears beside it."""

    def __init__(self, running: contextlib.ExitStack, machine: str, folder: Path, domain: int,
                 *words: str) -> None:
        folder.mkdir()
        namespace = f'/end{domain}'

        def start(*command: str, **options: Any) -> MachineProcess:
            process = MachineProcess(machine, folder, domain, *command, **options)
            running.callback(lambda: print('\n'.join(process.lines)))
            running.callback(process.close)
            return process

        self.call = start(*CALL, '--namespace', namespace, *words,
                          environment={'XDG_STATE_HOME': str(folder / 'state')})
        self._talker = start(TALKER, namespace, keyboard=True)

    def ready(self) -> None:
        """Wait until the end speaks and the keyboard is connected."""
        self.call.wait_line('ready to speak')
        self._talker.wait_line('"ready"')

    def type(self, text: str) -> None:  # noqa: A003
        """Type a line."""
        self._talker.type(text)

    def told(self, kind: str) -> list[Any]:
        """Return what the talker has printed of a kind."""
        lines = [json.loads(line) for line in [*self._talker.lines] if line.startswith('{')]
        return [line[kind] for line in lines if kind in line]


@pytest.fixture
def people(machines: Machines, tmp_path: Path) -> Iterator[tuple[Person, Person]]:
    """Return who waits, behind a bad network, and who calls and has a face."""
    key = tmp_path / 'call.key'
    keys.generate(key)
    there, here = machines.names
    with contextlib.ExitStack() as running:
        port = running.enter_context(BAD.between(machines, there, PORT))
        waits = Person(running, there, tmp_path / 'waits', 41, '--listen',
                       f'{ADDRESSES[0]}:{PORT}', '--key', str(key), '--name', 'Anna')
        calls = Person(running, here, tmp_path / 'calls', 42, '--peer', f'{ADDRESSES[0]}:{port}',
                       '--key', str(key), '--name', 'Bert', '--me', str(PORTRAIT),
                       '--share-face')
        waits.ready()
        calls.ready()
        yield waits, calls


def test_nothing_is_lost_doubled_or_out_of_order_by_losses_and_a_cut(
        machines: Machines, people: tuple[Person, Person]) -> None:
    waits, calls = people

    def turns(first: int, last: int) -> None:
        for number in range(first, last):
            waits.type(HERS[number])
            calls.type(HIS[number])

    turns(0, 3)
    eventually(lambda: waits.told('heard') and calls.told('heard'), 'the first sentences')
    machines.plug(False)
    pulled = time.monotonic()
    turns(3, 6)
    time.sleep(max(0.0, OUTAGE - (time.monotonic() - pulled)))
    machines.plug(True)
    turns(6, len(HIS))
    for person, said in ((waits, [*HIS]), (calls, [*HERS])):
        eventually(lambda person=person, said=said: len(person.told('spoken')) >= len(said),
                   'the rest')
        assert person.told('heard') == said
        assert person.told('spoken') == said
    # The card, which the cut has interrupted or not, is there as well.
    eventually(lambda: [peer for peer in waits.told('peer') if peer['face'] == 'picture'],
               'the face')
    assert waits.told('peer')[-1]['name'] == 'Bert'
