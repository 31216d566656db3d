"""
The link between two network namespaces, over a bad path.

Netem makes it bad where the kernel has it; else a relay in user space does: for UDP with loss,
duplication, delay and reordering, for TCP with delay and connections that are cut.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest
from txt2vid_ros.link import keys

TEXTS = [f'Sentence number {number} goes through the tunnel.' for number in range(20)]


END = Path(__file__).with_name('link_end.py')
RELAYS = {'udp': Path(__file__).with_name('link_relay.py'),
          'tcp': Path(__file__).with_name('link_tcp_relay.py')}
PORT = 5710


def _ip(*words: str, namespace: str = '') -> subprocess.CompletedProcess[str]:
    command = ['ip', 'netns', 'exec', namespace] if namespace else []
    return subprocess.run([*command, *words], check=True, capture_output=True, text=True)


@dataclasses.dataclass(frozen=True)
class BadPath:
    """What happens each way. Seconds and shares."""

    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0

    def netem(self) -> list[str]:
        words = ['loss', f'{self.loss:.0%}', 'duplicate', f'{self.duplication:.0%}']
        return [*words, 'delay', f'{self.delay + self.jitter / 2:.3f}s', f'{self.jitter / 2:.3f}s']


class Namespaces:
    """Two namespaces and a cable between them."""

    def __init__(self) -> None:
        self.left, self.right = f't2v{os.getpid()}a', f't2v{os.getpid()}b'
        _ip('ip', 'netns', 'add', self.left)
        _ip('ip', 'netns', 'add', self.right)
        _ip('ip', 'link', 'add', 'cable', 'netns', self.left, 'type', 'veth', 'peer', 'name',
            'cable', 'netns', self.right)
        for number, name in enumerate((self.left, self.right), 1):
            _ip('ip', 'address', 'add', f'10.77.0.{number}/24', 'dev', 'cable', namespace=name)
            _ip('ip', 'link', 'set', 'cable', 'up', namespace=name)
            _ip('ip', 'link', 'set', 'lo', 'up', namespace=name)
        self._relay: subprocess.Popen[str] | None = None

    def impair(self, path: BadPath, transport: str) -> int:
        """Make the path bad: by netem, else by a relay. Return the port to call."""
        try:
            for name in (self.left, self.right):
                _ip('tc', 'qdisc', 'add', 'dev', 'cable', 'root', 'netem', *path.netem(),
                    namespace=name)
            return PORT
        except subprocess.CalledProcessError:
            # This kernel has no netem.
            values = dataclasses.asdict(path) if transport == 'udp' else {
                'delay': path.delay, 'cut': 1.5}
        self._relay = subprocess.Popen(
            ['ip', 'netns', 'exec', self.right, sys.executable, str(RELAYS[transport]),
             '--listen', str(PORT + 1), '--target', f'10.77.0.2:{PORT}',
             *(word for name, value in values.items() for word in (f'--{name}', str(value)))],
            stdout=subprocess.PIPE, text=True)
        assert self._relay.stdout is not None
        assert self._relay.stdout.readline() == 'ready\n'
        return PORT + 1

    def close(self) -> None:
        if self._relay is not None:
            self._relay.kill()
            self._relay.communicate()
        for name in (self.left, self.right):
            subprocess.run(['ip', 'netns', 'delete', name], check=False, capture_output=True)


@pytest.fixture
def namespaces() -> Iterator[Namespaces]:
    if os.geteuid() != 0 or not shutil.which('ip') or not shutil.which('tc'):
        pytest.skip('network namespaces need root and iproute2')
    try:
        made = Namespaces()
    except subprocess.CalledProcessError as error:
        pytest.skip(f'no network namespaces here: {error.stderr.strip()}')
    yield made
    made.close()


def converse(namespaces: Namespaces, transport: str, port: int, key: Path,
             clock_ahead: float = 0.0) -> tuple[dict[str, float], list[dict[str, str]]]:
    """Say TEXTS from one namespace to the other; return the sender's figures and what came."""
    common = [sys.executable, str(END), '--transport', transport, '--key', str(key)]
    with subprocess.Popen(
            ['ip', 'netns', 'exec', namespaces.right, *common, '--role', 'receiver',
             '--address', f'10.77.0.2:{PORT}', '--ahead', str(clock_ahead)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as far:
        try:
            assert far.stdin is not None and far.stdout is not None
            assert far.stdout.readline() == 'ready\n'
            near = subprocess.run(
                ['ip', 'netns', 'exec', namespaces.left, *common, '--role', 'sender',
                 '--address', f'10.77.0.2:{port}'],
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
def test_every_utterance_once_and_in_order(namespaces: Namespaces, transport: str,
                                           path: BadPath, tmp_path: Path) -> None:
    key = tmp_path / 'link.key'
    keys.generate(key)
    port = namespaces.impair(path, transport)
    figures, heard = converse(namespaces, transport, port, key)
    assert [line['text'] for line in heard] == TEXTS
    assert {line['speaker'] for line in heard} == {'ann'}
    assert figures['dropped'] == 0


def test_over_tcp_between_machines(namespaces: Namespaces, tmp_path: Path) -> None:
    key = tmp_path / 'link.key'
    keys.generate(key)
    _, heard = converse(namespaces, 'tcp', PORT, key)
    assert [line['text'] for line in heard] == TEXTS


def test_a_dead_tcp_path_is_noticed_and_made_again(namespaces: Namespaces,
                                                   tmp_path: Path) -> None:
    """The cable is pulled, so only the silence shows that the connection is dead."""
    key = tmp_path / 'link.key'
    keys.generate(key)
    common = [sys.executable, str(END), '--transport', 'tcp', '--key', str(key), '--address',
              f'10.77.0.2:{PORT}']
    with (subprocess.Popen(['ip', 'netns', 'exec', namespaces.right, *common, '--role',
                            'receiver'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           text=True) as far,
          subprocess.Popen(['ip', 'netns', 'exec', namespaces.left, *common, '--role', 'typist'],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as near):
        try:
            assert far.stdout and near.stdin and near.stdout
            assert far.stdout.readline() == 'ready\n'
            print('Before.', file=near.stdin, flush=True)
            assert json.loads(far.stdout.readline())['text'] == 'Before.'
            # It may have been refused while the other end was not there yet.
            assert 'problem: \n' in near.stdout
            _ip('ip', 'link', 'set', 'cable', 'down', namespace=namespaces.right)
            print('Meanwhile.', file=near.stdin, flush=True)
            said = near.stdout.readline()
            assert 'not connected' in said or 'does not answer' in said
            _ip('ip', 'link', 'set', 'cable', 'up', namespace=namespaces.right)
            assert json.loads(far.stdout.readline())['text'] == 'Meanwhile.'
        finally:
            near.kill()
            far.kill()


def test_the_clock_offset_over_a_jittering_path(namespaces: Namespaces, tmp_path: Path) -> None:
    key = tmp_path / 'link.key'
    keys.generate(key)
    port = namespaces.impair(BadPath(delay=0.03, jitter=0.02), 'udp')
    figures, heard = converse(namespaces, 'udp', port, key, clock_ahead=5.0)
    assert [line['text'] for line in heard] == TEXTS
    assert figures['offset'] == pytest.approx(5.0, abs=0.010)
