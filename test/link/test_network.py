"""The link between two machines, over a bad path."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys

from bad_path import BadPath
import pytest
from txt2vid_ros.bench.rig.machines import ADDRESSES, CABLE, ip, Machines
from txt2vid_ros.link import keys

TEXTS = [f'Sentence number {number} goes through the tunnel.' for number in range(20)]

END = Path(__file__).with_name('link_end.py')
PORT = 5710


def converse(machines: Machines, transport: str, port: int, key: Path,
             clock_ahead: float = 0.0) -> tuple[dict[str, float], list[dict[str, str]]]:
    """Say TEXTS from one machine to the other; return the sender's figures and what came."""
    common = [sys.executable, str(END), '--transport', transport, '--key', str(key)]
    with subprocess.Popen(
            [*machines.within(machines.names[0]), *common, '--role', 'receiver',
             '--address', f'{ADDRESSES[0]}:{PORT}', '--ahead', str(clock_ahead)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as far:
        try:
            assert far.stdin is not None and far.stdout is not None
            assert far.stdout.readline() == 'ready\n'
            near = subprocess.run(
                [*machines.within(machines.names[1]), *common, '--role', 'sender',
                 '--address', f'{ADDRESSES[0]}:{port}'],
                input='\n'.join(TEXTS), capture_output=True, text=True, timeout=120, check=True)
            far.stdin.close()
            heard = [json.loads(line) for line in far.stdout]
            assert far.wait(30) == 0
        finally:
            far.kill()
    return json.loads(near.stdout), heard


@pytest.mark.parametrize(('transport', 'path'), [
    ('udp', BadPath(loss=0.2, duplication=0.1, delay=0.1, jitter=0.4)),
    ('tcp', BadPath(loss=0.05, delay=0.1)),
], ids=['udp', 'tcp'])
def test_every_utterance_once_and_in_order(machines: Machines, transport: str,
                                           path: BadPath, tmp_path: Path) -> None:
    key = tmp_path / 'link.key'
    keys.generate(key)
    with path.between(machines, machines.names[0], PORT, transport) as port:
        figures, heard = converse(machines, transport, port, key)
    assert [line['text'] for line in heard] == TEXTS
    assert {line['speaker'] for line in heard} == {'ann'}
    assert figures['dropped'] == 0


def test_over_tcp_between_machines(machines: Machines, tmp_path: Path) -> None:
    key = tmp_path / 'link.key'
    keys.generate(key)
    _, heard = converse(machines, 'tcp', PORT, key)
    assert [line['text'] for line in heard] == TEXTS


def test_a_dead_tcp_path_is_noticed_and_made_again(machines: Machines,
                                                   tmp_path: Path) -> None:
    """The cable is pulled at the far end, so only silence shows that the connection is dead."""
    key = tmp_path / 'link.key'
    keys.generate(key)
    common = [sys.executable, str(END), '--transport', 'tcp', '--key', str(key), '--address',
              f'{ADDRESSES[0]}:{PORT}']
    pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'text': True}
    with (subprocess.Popen([*machines.within(machines.names[0]), *common, '--role', 'receiver'],
                           **pipes) as far,
          subprocess.Popen([*machines.within(machines.names[1]), *common, '--role', 'typist'],
                           **pipes) as near):
        try:
            assert far.stdout and near.stdin and near.stdout
            assert far.stdout.readline() == 'ready\n'
            print('Before.', file=near.stdin, flush=True)
            assert json.loads(far.stdout.readline())['text'] == 'Before.'
            # It may have been refused while the other end was not there yet.
            assert 'problem: \n' in near.stdout
            machines.plug(False)
            print('Meanwhile.', file=near.stdin, flush=True)
            said = near.stdout.readline()
            assert 'not connected' in said or 'does not answer' in said
            machines.plug(True)
            assert json.loads(far.stdout.readline())['text'] == 'Meanwhile.'
        finally:
            near.kill()
            far.kill()


def test_the_clock_offset_over_a_jittering_path(machines: Machines, tmp_path: Path) -> None:
    key = tmp_path / 'link.key'
    keys.generate(key)
    path = BadPath(delay=0.03, jitter=0.02)
    with path.between(machines, machines.names[0], PORT) as port:
        figures, heard = converse(machines, 'udp', port, key, clock_ahead=5.0)
    assert [line['text'] for line in heard] == TEXTS
    assert figures['offset'] == pytest.approx(5.0, abs=path.jitter)


def test_who_moves_to_another_network_goes_on(machines: Machines, tmp_path: Path) -> None:
    """As a laptop does, from one Wi-Fi to the next."""
    key = tmp_path / 'link.key'
    keys.generate(key)
    far_machine, near_machine = machines.names
    common = [sys.executable, str(END), '--transport', 'udp', '--key', str(key), '--address',
              f'{ADDRESSES[0]}:{PORT}']
    pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'text': True}
    with (subprocess.Popen([*machines.within(far_machine), *common, '--role', 'receiver'],
                           **pipes) as far,
          subprocess.Popen([*machines.within(near_machine), *common, '--role', 'typist'],
                           **pipes) as near):
        try:
            assert far.stdout and near.stdin
            assert far.stdout.readline() == 'ready\n'
            print('Before.', file=near.stdin, flush=True)
            assert json.loads(far.stdout.readline())['text'] == 'Before.'
            ip('-n', near_machine, 'address', 'delete', f'{ADDRESSES[1]}/24', 'dev', CABLE)
            ip('-n', near_machine, 'address', 'add', '10.78.0.77/24', 'dev', CABLE)
            print('Meanwhile.', file=near.stdin, flush=True)
            assert json.loads(far.stdout.readline())['text'] == 'Meanwhile.'
        finally:
            near.kill()
            far.kill()
