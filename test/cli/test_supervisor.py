"""The supervisor of processes, with small ones that do what nodes may do."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import threading
import time

from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.supervisor import Supervisor

ENVIRONMENT = dict(os.environ)


def python(code: str) -> list[str]:
    return [sys.executable, '-c', code]


def test_output_is_prefixed_and_a_user_error_ends_all() -> None:
    output = io.StringIO()
    supervisor = Supervisor({
        'first': python('import sys; print("hello"); print("there", file=sys.stderr); '
                        'sys.exit(2)'),
        'second': python('import time; time.sleep(600)')}, ENVIRONMENT, output)
    assert supervisor.run() == 2
    lines = output.getvalue().split('\n')
    assert '   first | hello' in lines
    assert '   first | there' in lines


def test_why_a_node_cannot_work_is_said_last(tmp_path: Path) -> None:
    said = tmp_path / 'said'
    output = io.StringIO()
    supervisor = Supervisor({
        'first': python('import pathlib, sys, time\n'
                        'print("INFO: loading")\n'
                        'print("FATAL: x.port: 1 is in use. Choose another.", flush=True)\n'
                        f'while not pathlib.Path({str(said)!r}).exists(): time.sleep(0.01)\n'
                        'sys.exit(2)'),
        'second': python('import pathlib, sys, time\n'
                         'print("INFO: ready", flush=True)\n'
                         f'pathlib.Path({str(said)!r}).touch()\n'
                         'time.sleep(600)')}, ENVIRONMENT, output, delays={'second': 0.5})
    assert supervisor.run() == 2
    *before, last, empty = output.getvalue().split('\n')
    assert (last, empty) == ('   first | FATAL: x.port: 1 is in use. Choose another.', '')
    assert '  second | INFO: ready' in before


def test_why_a_node_failed_is_said_where_others_go_on() -> None:
    """Also in the order in which it was said, before what the supervisor does about it."""
    output = io.StringIO()
    supervisor = Supervisor({'node': python(
        'print("FATAL: internal error:\\nTraceback"); print("FATAL: no memory"); exit(1)')},
        ENVIRONMENT, output, restarts=lambda: RestartPolicy(1))
    assert supervisor.run() == 1
    lines = output.getvalue().split('\n')
    assert lines[:3] == ['    node | FATAL: internal error:', '    node | Traceback',
                         '    node | FATAL: no memory']
    assert 'giving up' in lines[3]


def test_who_may_start_later_does() -> None:
    output = io.StringIO()
    begun = time.monotonic()
    supervisor = Supervisor({
        'first': python('print("here")'),
        'second': python('import time; print(time.monotonic())')}, ENVIRONMENT, output,
        delays={'second': 1.0})
    assert supervisor.run() == 0
    started = re.search(r'second \| ([\d.]+)', output.getvalue())
    assert started is not None
    assert float(started[1]) >= begun + 1.0


def test_who_ends_as_it_was_asked_to_is_not_started_again_and_the_last_one_ends_all() -> None:
    output = io.StringIO()
    supervisor = Supervisor({'window': python('print("closed")'),
                             'voice': python('import time; time.sleep(1.0)')}, ENVIRONMENT, output)
    assert supervisor.run() == 0
    said = output.getvalue()
    assert said.count('closed') == 1
    assert 'window has ended; the others go on' in said
    assert 'starting it again' not in said


def test_a_reader_that_has_left_does_not_end_the_graph() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, 'w') as output:
        supervisor = Supervisor({'talker': python('print("x" * 100000); import sys; sys.exit(2)')},
                                ENVIRONMENT, output)
        assert supervisor.run() == 2


def test_a_full_disk_does_not_end_the_graph() -> None:
    with Path('/dev/full').open('w') as output:
        supervisor = Supervisor({'talker': python('print("x" * 1000000); raise SystemExit(2)')},
                                ENVIRONMENT, output)
        assert supervisor.run() == 2
        output.buffer.raw.close()


def test_the_last_words_are_printed_and_the_status_counts() -> None:
    output = io.StringIO()
    supervisor = Supervisor({
        'lossy': python('import signal, sys, time\n'
                        'def end(*_): print("some was lost"); sys.exit(1)\n'
                        'signal.signal(signal.SIGTERM, end); print("ready")\n'
                        'time.sleep(600)')}, {**ENVIRONMENT, 'PYTHONUNBUFFERED': '1'}, output)
    assert supervisor.run(lambda: 'ready' in output.getvalue() and supervisor.stop()) == 1
    assert 'some was lost' in output.getvalue()


def test_who_ignores_the_signal_is_killed(monkeypatch: object) -> None:
    monkeypatch.setattr('txt2vid_ros.supervisor.GRACE_SECONDS', 0.5)
    output = io.StringIO()
    supervisor = Supervisor(
        {'deaf': python('import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); '
                        'print("deaf"); time.sleep(600)')},
        {**ENVIRONMENT, 'PYTHONUNBUFFERED': '1'}, output)

    def stop_when_deaf() -> None:
        if 'deaf\n' in output.getvalue():
            supervisor.stop()

    ended = threading.Event()
    thread = threading.Thread(target=lambda: (supervisor.run(stop_when_deaf), ended.set()))
    thread.start()
    assert ended.wait(60)
    thread.join()
    assert 'deaf was ended by SIGKILL, 0.5 s after it was asked to end' in output.getvalue()


def test_who_crashes_while_it_ends_is_named() -> None:
    output = io.StringIO()
    supervisor = Supervisor({
        'shaky': python('import os, signal, time\n'
                        'signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), 11))\n'
                        'print("ready"); time.sleep(600)')},
        {**ENVIRONMENT, 'PYTHONUNBUFFERED': '1'}, output)
    supervisor.run(lambda: 'ready' in output.getvalue() and supervisor.stop())
    assert 'shaky was ended by SIGSEGV\n' in output.getvalue()


def test_who_shows_the_picture_is_replaced_where_a_signal_has_stopped_it() -> None:
    output = io.StringIO()
    tell = python('import os, time; print("I am", os.getpid()); time.sleep(600)')
    supervisor = Supervisor({'stream': tell, 'voice': tell}, {
        **ENVIRONMENT, 'PYTHONUNBUFFERED': '1'}, output, replaced_when_stopped=['stream'])
    stopped: list[int] = []

    def stop_each() -> None:
        pids = [int(pid) for pid in re.findall(r'I am (\d+)', output.getvalue())]
        if len(pids) >= 2 and not stopped:
            stopped.extend(pids)
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
        if len(pids) >= 3:
            supervisor.stop()

    thread = threading.Thread(target=lambda: supervisor.run(stop_each))
    thread.start()
    thread.join(60)
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    thread.join(60)
    said = output.getvalue()
    assert 'stream was stopped by a signal; it is replaced' in said
    assert len(re.findall(r'stream \| I am', said)) == 2
    assert len(re.findall(r'voice \| I am', said)) == 1


FORKING = """
import os, sys
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.supervisor import Supervisor
commands = {name: [sys.executable, '-m', 'node', name] for name in ('killer', 'other')}
sys.exit(Supervisor(commands, {**os.environ, 'PYTHONUNBUFFERED': '1'}, fork=True).run())
"""
NODE = """
import os, pathlib, signal, sys, time

def main():
    print('I am', sys.argv[1], 'child of', os.getppid())
    if sys.argv[1] == 'other':
        time.sleep(600)
    mark = pathlib.Path(__file__).with_name('second')
    if mark.exists():
        sys.exit(2)
    mark.touch()
    # The server of the forks, which is older than what it forks, and then itself.
    for each in pathlib.Path('/proc').glob('[0-9]*'):
        if int(each.name) >= os.getpid():
            continue
        if 'forking.fork_server' in (each / 'cmdline').read_text() and (
                f'PPid:\\t{os.getppid()}\\n' in (each / 'status').read_text()):
            os.kill(int(each.name), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == '__main__':
    main()
"""


def test_who_is_forked_is_started_again_though_its_server_was_killed(tmp_path: Path) -> None:
    (tmp_path / 'node.py').write_text(NODE)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, '-c', FORKING], capture_output=True, text=True, timeout=120, check=False,
        env={**ENVIRONMENT, 'PYTHONPATH': f'{root}{os.pathsep}{tmp_path}'})
    assert done.returncode == 2, done.stderr
    parents = re.findall(r'I am killer child of (\d+)', done.stdout)
    assert len(parents) == 2 and parents[0] == parents[1]
    assert 'killer was ended by SIGKILL; starting it again' in done.stdout
    # It is not the server's, and is asked to end only in the end.
    assert done.stdout.count('I am other') == 1
    assert 'other was' not in done.stdout


def test_a_command_that_does_not_exist_ends_what_was_started() -> None:
    supervisor = Supervisor({'good': python('import time; time.sleep(600)'),
                             'bad': ['/no/such/program']}, ENVIRONMENT, io.StringIO())
    try:
        supervisor.run()
    except FileNotFoundError as error:
        assert '/no/such/program' in str(error)
    else:
        raise AssertionError('it ran')
    assert supervisor._children[0].process.poll() is not None
