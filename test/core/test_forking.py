"""Processes forked from one that has imported their modules: as those started by a command."""

from __future__ import annotations

import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
IMPORTED, ROLE = 'heavy_thing', 'role_to_play'
HEAVY = """
import pathlib
with pathlib.Path(__file__).with_name('imported').open('a') as file:
    file.write('x')
"""
PLAY = f"""
import {IMPORTED}, json, os, signal, sys, time
if __name__ == '__main__':
    print(json.dumps({{
        'pid': os.getpid(), 'parent': os.getppid(), 'words': sys.argv[1:],
        'session': os.getsid(0), 'own': os.environ['OWN'],
        'line': open('/proc/self/cmdline').read().split('\\0')}}), flush=True)
    if sys.argv[1] == 'end':
        sys.exit(int(sys.argv[2]))
    if sys.argv[1] == 'fail':
        raise ValueError('of its own')
    signal.pause()
"""
OWNER = """
import json, os, sys, time
from txt2vid_ros.core.process.forking.forked_processes import ForkServer
commands = [[sys.executable, '-m', 'role_to_play', *words] for words in json.loads(sys.argv[1])]
server = ForkServer(commands, {**os.environ, 'OWN': 'here'})
children = [server.start(command) for command in commands]
print(json.dumps([server.process.pid, *(json.loads(child.stdout.readline()) for child in children)
                  ]), flush=True)
for line in sys.stdin:
    done = line.strip()
    if done == 'rest':
        print(json.dumps([[child.wait(30), child.stdout.read().decode()] for child in children]),
              flush=True)
    elif done == 'close':
        server.close()
        print(json.dumps([child.poll() for child in children]), flush=True)
    elif done == 'again':
        late = server.start(commands[0]) if server.alive else None
        print(json.dumps([late is not None and late.wait(30), late is not None and late.unborn]))
        sys.stdout.flush()
"""


class Owner:
    """A program that has a fork server."""

    def __init__(self, folder: Path, *roles: list[str]) -> None:
        (folder / f'{IMPORTED}.py').write_text(HEAVY)
        (folder / f'{ROLE}.py').write_text(PLAY)
        self.process = subprocess.Popen(
            [sys.executable, '-c', OWNER, json.dumps(roles)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, 'PYTHONPATH': f'{ROOT}{os.pathsep}{folder}'})
        self.server, *self.children = self.read()

    def read(self) -> list[Any]:
        assert self.process.stdout
        found: list[Any] = json.loads(self.process.stdout.readline())
        return found

    def ask(self, what: str) -> list[Any]:
        assert self.process.stdin
        self.process.stdin.write(f'{what}\n')
        self.process.stdin.flush()
        return self.read()


@pytest.fixture
def owner(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    made = Owner(tmp_path, *request.param)
    with made.process:
        yield made
        made.process.kill()


def gone(pid: int) -> bool:
    """Return whether a process has ended, waited for or not."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] == 'Z'
    except OSError:
        return True


def until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 60
    while not all(map(gone, pids)):
        assert time.monotonic() < deadline, pids
        time.sleep(0.02)


@pytest.mark.parametrize('owner', [[['end', '0'], ['end', '3', 'x y'], ['fail'], ['wait']]],
                         indirect=True)
def test_it_is_as_one_that_a_command_starts(owner: Owner, tmp_path: Path) -> None:
    for told, words in zip(owner.children, (['end', '0'], ['end', '3', 'x y'], ['fail'],
                                            ['wait']), strict=True):
        assert told['words'] == words
        assert told['parent'] == owner.process.pid
        assert told['session'] == told['pid']
        assert told['own'] == 'here'
        line = [word for word in told['line'] if word]
        assert line == [sys.executable, '-m', ROLE, *words]
    assert (tmp_path / 'imported').read_text() == 'x'
    os.kill(owner.children[3]['pid'], signal.SIGTERM)
    statuses = owner.ask('rest')
    assert [status for status, _ in statuses] == [0, 3, 1, -signal.SIGTERM]
    assert 'ValueError: of its own' in statuses[2][1]


@pytest.mark.parametrize('owner', [[['wait'], ['wait']]], indirect=True)
def test_nobody_outlives_who_asked_for_it(owner: Owner) -> None:
    owner.process.kill()
    until_gone(owner.server, *(child['pid'] for child in owner.children))


@pytest.mark.parametrize('owner', [[['wait']]], indirect=True)
def test_the_end_of_the_server_ends_nobody_and_is_noticed(owner: Owner) -> None:
    os.kill(owner.server, signal.SIGSTOP)
    assert owner.process.stdin
    owner.process.stdin.write('again\n')
    owner.process.stdin.flush()
    os.kill(owner.server, signal.SIGKILL)
    status, unborn = owner.read()
    assert unborn or status is False
    assert owner.ask('close') == [None]
    assert not gone(owner.children[0]['pid'])
