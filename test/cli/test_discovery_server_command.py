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


def free_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(('127.0.0.1', 0))
        return f'127.0.0.1:{free.getsockname()[1]}'


def served_until(sign: str, address: str, folder: Path, **environment: str) -> list[str]:
    """Run a server until a line has `sign` in it, then end it; return its lines."""
    whole = {**os.environ, 'PYTHONPATH': str(ROOT), 'XDG_STATE_HOME': str(folder),
             'ROS_DISCOVERY_SERVER': address, **environment}
    lines = []
    with subprocess.Popen([sys.executable, '-m', MAIN, 'discovery-server', address],
                          env=whole, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        for line in server.stdout:
            lines.append(line)
            if sign in line:
                server.terminate()
    assert server.returncode == 0 and any(sign in line for line in lines), lines
    return lines


def test_it_does_not_join_itself_and_leaves_nothing_when_it_is_ended(tmp_path: Path) -> None:
    address = free_address()
    lines = served_until('Server Addresses', address, tmp_path)
    assert f'export ROS_DISCOVERY_SERVER={address}' in lines[0]
    assert not [file for file in tmp_path.rglob('*') if file.is_file()]


def test_one_that_is_ended_while_it_waits_after_a_crash_waits_on_when_it_is_begun_again(
        tmp_path: Path) -> None:
    crashing = tmp_path / 'fast-discovery-server'
    crashing.write_text('#!/bin/sh\nkill -9 $$\n')
    crashing.chmod(0o755)
    address = free_address()
    for waits in ('starting it again in 22.0 s', 'the last one was killed; starting in'):
        served_until(waits, address, tmp_path, PATH=f'{tmp_path}:{os.environ["PATH"]}')
