"""Child processes neither stall their parent nor outlive it."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import threading

import pytest
from rig import until

from txt2vid_ros.core import child_process


def test_everything_is_written_in_order() -> None:
    child = child_process.spawn(['cat'])
    assert child.stdin and child.stdout
    feeder = child_process.Feeder(child.stdin, 'test', 4)
    parts = [bytes([number]) * 100_000 for number in range(20)]
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(child.stdout.read()))  # type: ignore
    reader.start()
    for part in parts:
        assert feeder.write(part, patience=30)
    feeder.close()
    reader.join(30)
    assert received[0][:2_000_000] == b''.join(parts)[:len(received[0])]
    assert child_process.end(child) == 0


def test_a_reader_that_stalls_is_noticed_without_waiting() -> None:
    child = child_process.spawn(['sleep', '60'])
    assert child.stdin
    feeder = child_process.Feeder(child.stdin, 'test', 3)
    while feeder.write(b'x' * 100_000):
        pass
    assert feeder.failed.is_set()
    assert not feeder.write(b'x')
    feeder.close(timeout=0.01)
    child.kill()
    child.wait()


def test_who_waits_for_a_reader_that_dies_is_told() -> None:
    child = child_process.spawn(['sleep', '60'])
    assert child.stdin
    feeder = child_process.Feeder(child.stdin, 'test', 2)
    killer = threading.Timer(0.2, child.kill)
    killer.start()
    # Without room made for it the last of these would wait for a thousand seconds.
    while feeder.write(b'x' * 100_000, patience=1000):
        pass
    assert feeder.failed.is_set()
    feeder.close()
    child.wait()


def test_the_last_lines_of_what_a_child_says_are_kept() -> None:
    child = child_process.spawn(['sh', '-c', 'for i in $(seq 100); do echo "line $i" >&2; done; '
                                 'printf "\\377bad" >&2'])
    assert child.stderr
    tail = child_process.Tail(child.stderr, 'test', lines=3)
    child.wait()
    assert tail.text() == 'line 99 | line 100 | \ufffdbad'


@pytest.mark.parametrize(('script', 'status'), [
    ('exit 3', 3), ('exec sleep 60', -signal.SIGTERM),
    ("trap '' TERM; echo; while :; do sleep 0.05; done", -signal.SIGKILL)])
def test_a_child_is_ended_however_unwilling_it_is(script: str, status: int) -> None:
    child = child_process.spawn(['sh', '-c', script])
    assert child.stdin and child.stdout
    child.stdin.close()
    if 'trap' in script:
        child.stdout.readline()
    assert child_process.end(child, grace=0.3) == status


def test_a_child_dies_with_its_parent(tmp_path: pathlib.Path) -> None:
    code = ('import sys, time\nfrom txt2vid_ros.core import child_process\n'
            'print(child_process.spawn(["sleep", "1000"]).pid, flush=True)\ntime.sleep(1000)')
    root = pathlib.Path(__file__).parent.parent.parent
    with subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE,
                          env={**os.environ, 'PYTHONPATH': str(root)}) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()

    def gone() -> bool:
        try:
            return '\nState:\tZ' in pathlib.Path(f'/proc/{child}/status').read_text()
        except OSError:
            return True

    until(gone)


def test_a_child_does_not_get_the_terminals_interrupts() -> None:
    child = child_process.spawn(['sleep', '60'])
    assert os.getpgid(child.pid) != os.getpgid(0)
    child.kill()
    child.wait()
