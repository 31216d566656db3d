"""Sender and receiver on two machines: what is said while the link is down is not lost."""

from __future__ import annotations

from collections.abc import Iterator
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import threading
import time

from graph_harness import eventually, node_environment
from hearing import words
import numpy as np
import pytest
from speech_clips import clip, RATE, write
from txt2vid_ros.link import keys

OUTAGE = 10.0
"""Seconds without a link."""
SENTENCES = ('goforward', '0930', '003', 'something')
NAMESPACE = '/apart'


class Machines:
    """Two network namespaces, connected by a cable that can be unplugged."""

    def __init__(self) -> None:
        self.names = [f't2v{os.getpid()}{end}' for end in ('send', 'recv')]
        for name in self.names:
            _ip('ip', 'netns', 'add', name)
        _ip('ip', 'link', 'add', 'cable', 'netns', self.names[0], 'type', 'veth', 'peer', 'name',
            'cable', 'netns', self.names[1])
        for number, name in enumerate(self.names, 1):
            self.run(name, 'ip', 'address', 'add', f'10.78.0.{number}/24', 'dev', 'cable')
            self.run(name, 'ip', 'link', 'set', 'cable', 'up')
            self.run(name, 'ip', 'link', 'set', 'lo', 'up')
            # What a machine's default route does: discovery goes to all that is there.
            self.run(name, 'ip', 'route', 'add', 'default', 'dev', 'cable')

    def run(self, name: str, *words: str) -> None:
        """Run a command on a machine."""
        _ip('ip', 'netns', 'exec', name, *words)

    def plug(self, there: bool) -> None:
        """Unplug the cable, or plug it in again."""
        self.run(self.names[0], 'ip', 'link', 'set', 'cable', 'up' if there else 'down')
        if there:
            # A link that goes down takes its routes with it; what manages a machine's network
            # puts them back.
            self.run(self.names[0], 'ip', 'route', 'replace', 'default', 'dev', 'cable')

    def close(self) -> None:
        """Remove them."""
        for name in self.names:
            subprocess.run(['ip', 'netns', 'delete', name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)


@pytest.fixture
def machines() -> Iterator[Machines]:
    if os.geteuid() != 0 or not shutil.which('ip'):
        pytest.skip('network namespaces need root and iproute2')
    try:
        made = Machines()
    except subprocess.CalledProcessError as error:
        pytest.skip(f'no network namespaces here: {error.stderr.strip()}')
    yield made
    made.close()


class Process:
    """A Python module or script on one of the machines; its lines are collected."""

    def __init__(self, machine: str, folder: Path, domain: int, *words: str) -> None:
        # Over the network only: in truth the machines share no memory.
        environment = {**node_environment(folder, domain), 'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4',
                       'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}
        self.process = subprocess.Popen(
            ['ip', 'netns', 'exec', machine, sys.executable, *words], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_line(self, part: str) -> None:
        """Wait for a line that contains `part`."""
        eventually(lambda: any(part in line for line in self.lines) or self._ended(),
                   f'{part!r} in {self.lines}')
        assert any(part in line for line in self.lines), self.lines

    def _ended(self) -> bool:
        return self.process.poll() is not None and not self._reader.is_alive()

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)


@pytest.mark.parametrize('link', ['topic', 'udp'])
def test_nothing_said_is_lost_or_doubled_by_ten_seconds_without_a_link(
        machines: Machines, tmp_path: Path, link: str) -> None:
    said = [clip(stem) for stem in SENTENCES]
    file = write(tmp_path / 'speech.wav', np.concatenate(
        [part for each in said for part in (each.sound(), np.zeros(RATE, np.float32))]))
    sender, receiver = machines.names
    options, domains = [], (30, 30)
    if link == 'udp':
        key = tmp_path / 'link.key'
        keys.generate(key)
        # The text link needs no common ROS network: the domains differ.
        domains = (31, 32)
        options = ['--link', 'udp', '--link-address', '10.78.0.2:5710', '--link-key', str(key)]
    live = ['-m', 'txt2vid_ros.cli.main', 'live', '--namespace', NAMESPACE, *options]
    printer = str(Path(__file__).with_name('speech_printer.py'))
    running: list[Process] = []
    try:
        far = Process(receiver, tmp_path, domains[1], printer, NAMESPACE)
        running.append(far)
        far.wait_line('ready')
        head = Process(receiver, tmp_path, domains[1], *live, '--graph', 'receiver', '--http',
                       '127.0.0.1:0', '--engine', 'flash', '--width', '160',
                       '--height', '120', '--web', 'false')
        running.append(head)
        head.wait_line('ready to speak')
        near = Process(sender, tmp_path, domains[0], *live, '--graph', 'sender', '--input',
                       str(file))
        running.append(near)

        def told(kind: str) -> list[str]:
            lines = [json.loads(line) for line in list(far.lines) if line.startswith('{')]
            return [line[kind] for line in lines if kind in line]

        eventually(lambda: told('heard'), 'the first sentence')
        machines.plug(False)
        pulled = time.monotonic()
        near.wait_line('played to its end')
        time.sleep(max(0.0, OUTAGE - (time.monotonic() - pulled)))
        assert len(told('heard')) < len(said)
        machines.plug(True)
        eventually(lambda: len(told('spoken')) >= len(said),
                   'the rest')
        assert [words(text) for text in told('heard')] == [words(each.text) for each in said]
        assert len(set(told('spoken'))) == len(told('spoken')) == len(said)
    finally:
        for process in reversed(running):
            process.close()
            print('\n'.join(process.lines))


def test_in_audio_mode_the_sound_goes_on_after_ten_seconds_without_a_link(
        machines: Machines, tmp_path: Path) -> None:
    sender, receiver = machines.names
    live = ['-m', 'txt2vid_ros.cli.main', 'live', '--namespace', NAMESPACE, '--mode', 'audio']
    printer = str(Path(__file__).with_name('speech_printer.py'))
    running: list[Process] = []

    def start(machine: str, *words: str) -> Process:
        running.append(Process(machine, tmp_path, 33, *words))
        return running[-1]

    try:
        far = start(receiver, printer, NAMESPACE)
        far.wait_line('ready')
        head = start(receiver, *live, '--graph', 'receiver', '--http', '127.0.0.1:0', '--engine',
                     'flash', '--width', '160', '--height', '120', '--web', 'false')
        head.wait_line('ready to play')

        def told(kind: str) -> list[str]:
            lines = [json.loads(line) for line in list(far.lines) if line.startswith('{')]
            return [line[kind] for line in lines if kind in line]

        # A tone never ends: each end of an utterance is one of the way here.
        near = start(sender, *live, '--graph', 'sender', '--param', 'mic.source=tone')
        eventually(lambda: len(told('begun')) == 1, 'the tone')
        machines.plug(False)
        pulled = time.monotonic()
        eventually(lambda: len(told('spoken')) == 1, 'its end')
        time.sleep(max(0.0, OUTAGE - (time.monotonic() - pulled)))
        assert len(told('begun')) == 1
        machines.plug(True)
        eventually(lambda: len(told('begun')) == 2, 'the tone again')
        assert len(told('spoken')) == 1
        near.close()
        eventually(lambda: len(told('spoken')) == 2, 'its end')
        assert told('begun') == told('spoken')
    finally:
        for process in reversed(running):
            process.close()
            print('\n'.join(process.lines))
