"""Child processes neither stall their parent nor outlive it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

import pytest
from rig import until
from txt2vid_ros.core.process import child_process


def test_everything_is_written_in_order() -> None:
    child = child_process.spawn(['cat'])
    assert child.stdin and child.stdout
    writer = child_process.QueuedWriter(child.stdin, 'test', 4)
    parts = [bytes([number]) * 100_000 for number in range(20)]
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(child.stdout.read()))  # type: ignore
    reader.start()
    for part in parts:
        assert writer.write(part, timeout=30)
    writer.close()
    reader.join(30)
    assert received[0][:2_000_000] == b''.join(parts)[:len(received[0])]
    assert child_process.end(child) == 0


def test_a_reader_that_stalls_is_noticed_without_waiting() -> None:
    child = child_process.spawn(['sleep', '60'])
    assert child.stdin
    writer = child_process.QueuedWriter(child.stdin, 'test', 3)
    while writer.write(b'x' * 100_000):
        pass
    assert writer.failed.is_set()
    assert not writer.write(b'x')
    writer.close(timeout=0.01)
    child.kill()
    child.wait()


def test_who_waits_for_a_reader_that_dies_is_told() -> None:
    child = child_process.spawn(['sleep', '60'])
    assert child.stdin
    writer = child_process.QueuedWriter(child.stdin, 'test', 2)
    killer = threading.Timer(0.2, child.kill)
    killer.start()
    # Without room made for it the last of these would wait for a thousand seconds.
    while writer.write(b'x' * 100_000, timeout=1000):
        pass
    assert writer.failed.is_set()
    writer.close()
    child.wait()


def test_the_last_lines_of_what_a_child_says_are_kept() -> None:
    child = child_process.spawn(['sh', '-c', 'for i in $(seq 100); do echo "line $i" >&2; done; '
                                 'printf "\\377bad" >&2'])
    assert child.stderr
    tail = child_process.ErrorTail(child.stderr, 'test', lines=3)
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
    assert child_process.end(child, grace_seconds=0.3) == status


@pytest.fixture(params=['setpriv', 'python'])
def wrapper(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have children started through setpriv, or through Python as where there is no setpriv."""
    real = shutil.which
    if request.param == 'setpriv' and not real('setpriv'):
        pytest.skip('there is no setpriv on this machine')
    if request.param == 'python':
        monkeypatch.setattr(shutil, 'which',
                            lambda name: None if name == 'setpriv' else real(name))
    child_process._death_signal_wrapper.cache_clear()
    yield request.param
    child_process._death_signal_wrapper.cache_clear()


PARENT = """
import shutil, sys, time
from txt2vid_ros.core.process import child_process
if sys.argv[1] == 'python':
    which = shutil.which
    shutil.which = lambda name: None if name == 'setpriv' else which(name)
child = child_process.spawn(['sh', '-c', 'echo started; exec sleep 1000'])
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(1000)
"""


def test_a_child_dies_with_its_parent(wrapper: str) -> None:
    root = pathlib.Path(__file__).parent.parent.parent
    with subprocess.Popen([sys.executable, '-c', PARENT, wrapper], stdout=subprocess.PIPE,
                          env={**os.environ, 'PYTHONPATH': str(root)}) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    until(lambda: ended(child))


def ended(pid: int) -> bool:
    """Return whether a process has gone, or waits only for somebody to ask for its status."""
    try:
        return '\nState:\tZ' in pathlib.Path(f'/proc/{pid}/status').read_text()
    except OSError:
        return True


NO_LIMITS = child_process.ResourceLimits().words()


def test_a_child_keeps_to_its_limits(wrapper: str) -> None:
    limits = child_process.ResourceLimits(memory_bytes=64_000_000, file_bytes=0)
    child = child_process.spawn(['sh', '-c', 'ulimit -v; ulimit -f'], limits=limits)
    assert child.stdout
    assert child.stdout.read().split() == [b'62500', b'0']
    assert child_process.end(child) == 0


def test_a_child_whose_parent_has_gone_before_it_began_does_not_begin(wrapper: str) -> None:
    begin = child_process._death_signal_wrapper()
    done = subprocess.run([*begin, str(os.getppid()), *NO_LIMITS, '/bin/echo', 'on'],
                          capture_output=True, check=False)
    assert done.stdout == b''
    done = subprocess.run([*begin, str(os.getpid()), *NO_LIMITS, '/bin/echo', 'two words', ''],
                          capture_output=True, check=False)
    assert done.stdout == b'two words \n'


def test_the_child_has_the_process_id_the_pipes_and_the_environment_it_was_started_with(
        wrapper: str) -> None:
    reading, writing = os.pipe()
    child = child_process.spawn(
        ['sh', '-c', 'read line; echo "$$ $line $WORD"; echo oops >&2; '
         f'echo beside >/dev/fd/{writing}'],
        environment={'PATH': os.environ['PATH'], 'WORD': 'spoken'}, pass_fds=[writing])
    os.close(writing)
    assert child.stdin and child.stdout and child.stderr
    child.stdin.write(b'asked\n')
    assert child.stdout.read() == f'{child.pid} asked spoken\n'.encode()
    assert child.stderr.read() == b'oops\n'
    assert os.read(reading, 100) == b'beside\n'
    os.close(reading)
    assert child_process.end(child) == 0


def test_a_program_that_does_not_exist_is_named(wrapper: str) -> None:
    with pytest.raises(FileNotFoundError, match='/no/such/program'):
        child_process.spawn(['/no/such/program'])


INTERRUPTED = """
import os, signal, sys
from txt2vid_ros.core.process import child_process
signal.signal(signal.SIGINT, lambda *_: print('parent', flush=True))
child = child_process.spawn(['sh', '-c', 'echo ready; read line; echo child'])
child.stdout.readline()
os.killpg(0, signal.SIGINT)
child.stdin.write(b'\\n')
print(child.stdout.read().decode(), end='')
"""


def test_an_interrupt_at_the_terminal_does_not_reach_a_child() -> None:
    # The terminal sends it to the whole group of the program in front.
    root = pathlib.Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, '-c', INTERRUPTED], capture_output=True, text=True,
                          env={**os.environ, 'PYTHONPATH': str(root)}, start_new_session=True,
                          timeout=60, check=False)
    assert done.stdout == 'parent\nchild\n', done.stderr


def test_how_a_process_ended_is_said() -> None:
    assert child_process.how_it_ended(3) == 'ended with status 3'
    assert child_process.how_it_ended(-9) == 'was ended by SIGKILL'


def test_no_python_code_runs_between_fork_and_exec() -> None:
    package = pathlib.Path(child_process.__file__).parent.parent
    for path in package.rglob('*.py'):
        tree = ast.parse(path.read_text('utf-8'))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not [call.lineno for call in calls
                    if any(word.arg == 'preexec_fn' for word in call.keywords)], path
