"""Where descriptors run out, connections are refused, and the stream goes on."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

STREAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from rig import Rig
with Rig(record=sys.argv[1]) as rig:
    rig.wait_frames(10)
    print(rig.port, flush=True)
    sys.stdin.readline()
    said = rig.output.budget.shortage()
    print(rig.output.encoder_pid, said, flush=True)
    sys.stdin.readline()
    rig.wait_frames(50)
    print(rig.writer.statistics.restarts, rig.reports, flush=True)
    sys.stdin.readline()
"""


def view(port: int) -> socket.socket:
    """Return the connection of a viewer that has got its first bytes."""
    made = socket.create_connection(('127.0.0.1', port), 60.0)
    made.sendall(b'GET /live.ts HTTP/1.1\r\nHost: localhost\r\n\r\n')
    assert made.recv(12) == b'HTTP/1.1 200'
    return made


def test_idle_connections_take_none_that_the_stream_needs(tmp_path: pathlib.Path) -> None:
    here = pathlib.Path(__file__).parents[2]
    with subprocess.Popen(
            [sys.executable, '-c', STREAM, str(tmp_path / 'a.ts')], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, 'PYTHONPATH': f'{here}:{here.parent}'}) as process:
        assert process.stdin and process.stdout
        port = int(process.stdout.readline())
        first = view(port)
        idle = [socket.create_connection(('127.0.0.1', port), 60.0) for _ in range(200)]
        last = view(port)
        used = len(list(pathlib.Path(f'/proc/{process.pid}/fd').iterdir()))
        assert used <= 64 - 20
        process.stdin.write('\n')
        pid, _, said = process.stdout.readline().partition(' ')
        assert 'may open 64 files' in said
        os.kill(int(pid), signal.SIGKILL)
        process.stdin.write('\n')
        assert process.stdout.readline() == '1 []\n'
        for viewer in (first, last):
            assert sum(len(viewer.recv(5000)) for _ in range(20)) > 1000
        asked = socket.create_connection(('127.0.0.1', port), 60.0)
        asked.sendall(b'GET /status.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        answer = b''.join(iter(lambda: asked.recv(1 << 16), b''))
        assert json.loads(answer.partition(b'\r\n\r\n')[2])['synthetic']
        process.stdin.write('\n')
        for each in (first, last, asked, *idle):
            each.close()
    assert process.returncode == 0
