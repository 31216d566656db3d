"""The supervisor of processes, with small ones that do what nodes may do."""

from __future__ import annotations

import io
import os
from pathlib import Path
import re
import sys
import threading
import time

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
