"""Sender and receiver on two machines: what is said while the link is down is not lost."""

from __future__ import annotations

import json
from pathlib import Path
import time

from graph_harness import eventually
from hearing import words
from machine_process import MachineProcess
import numpy as np
import pytest
from speech_clips import clip, RATE, write
from txt2vid_ros.bench.rig.machines import ADDRESSES, Machines
from txt2vid_ros.link import keys

OUTAGE = 10.0
"""Seconds without a link."""
SENTENCES = ('goforward', '0930', '003', 'something')
NAMESPACE = '/apart'


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
        options = ['--link', 'udp', '--link-address', f'{ADDRESSES[1]}:5710',
                   '--link-key', str(key)]
    live = ['-m', 'txt2vid_ros.cli.main', 'live', '--namespace', NAMESPACE, *options]
    printer = str(Path(__file__).with_name('speech_printer.py'))
    running: list[MachineProcess] = []
    try:
        far = MachineProcess(receiver, tmp_path, domains[1], printer, NAMESPACE)
        running.append(far)
        far.wait_line('ready')
        head = MachineProcess(
            receiver, tmp_path, domains[1], *live, '--graph', 'receiver', '--http', '127.0.0.1:0',
            '--engine', 'flash', '--width', '160', '--height', '120', '--web', 'false')
        running.append(head)
        head.wait_line('ready to speak')
        near = MachineProcess(sender, tmp_path, domains[0], *live, '--graph', 'sender', '--input',
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
    running: list[MachineProcess] = []

    def start(machine: str, *words: str) -> MachineProcess:
        running.append(MachineProcess(machine, tmp_path, 33, *words))
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
