"""`txt2vid discovery-server` listens where it is told to, and says what is wrong with that."""

from __future__ import annotations

import os
from pathlib import Path
import socket
import subprocess
import sys

from command_line import MAIN, ROOT, txt2vid
import pytest


@pytest.mark.parametrize(('address', 'expected'), [
    ('face', "'face' is not HOST:PORT"),
    ('no.such.host.invalid:11811', 'cannot listen on no.such.host.invalid:11811'),
])
def test_a_wrong_address_is_one_line(address: str, expected: str) -> None:
    done = txt2vid('discovery-server', address)
    assert done.returncode == 2
    assert expected in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(('127.0.0.1', 0))
        done = txt2vid('discovery-server', f'127.0.0.1:{taken.getsockname()[1]}')
    assert done.returncode == 2
    assert 'the port is in use' in done.stderr and len(done.stderr.splitlines()) == 1


def test_it_does_not_join_itself_and_leaves_nothing_when_it_is_ended(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(('127.0.0.1', 0))
        address = f'127.0.0.1:{free.getsockname()[1]}'
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'XDG_STATE_HOME': str(tmp_path),
                   'ROS_DISCOVERY_SERVER': address}
    with subprocess.Popen([sys.executable, '-m', MAIN, 'discovery-server', address],
                          env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = []
        for line in server.stdout:
            lines.append(line)
            if 'Server Addresses' in line:
                server.terminate()
    assert server.returncode == 0, lines
    assert f'export ROS_DISCOVERY_SERVER={address}' in lines[0]
    assert not [file for file in tmp_path.rglob('*') if file.is_file()]


def test_one_that_is_ended_while_it_waits_after_a_crash_waits_on_when_it_is_begun_again(
        tmp_path: Path) -> None:
    crashing = tmp_path / 'fast-discovery-server'
    crashing.write_text('#!/bin/sh\nkill -9 $$\n')
    crashing.chmod(0o755)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(('127.0.0.1', 0))
        address = f'127.0.0.1:{free.getsockname()[1]}'
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'XDG_STATE_HOME': str(tmp_path),
                   'PATH': f'{tmp_path}:{os.environ["PATH"]}'}
    for waits in ('starting it again in 22.0 s', 'the last one was killed; starting in'):
        with subprocess.Popen([sys.executable, '-m', MAIN, 'discovery-server', address],
                              env=environment, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            lines = []
            for line in server.stdout:
                lines.append(line)
                if waits in line:
                    server.terminate()
        assert server.returncode == 0 and any(waits in line for line in lines), lines
