"""
A real Ray cluster of three nodes on this machine: replicas and nodes are killed under load.

`make test-ray` installs Ray and runs it; `make test` skips it where Ray is not installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from command_line import MAIN, ROOT
from painted_engine import BOX, face, is_here, PaintedEngine, speech
import pytest
from rig import playable

ray = pytest.importorskip('ray', reason='needs the package ray: make test-ray')
pytestmark = pytest.mark.timeout(600)
# Those of a running cluster are set before Ray is loaded.
ENVIRONMENT = {'RAY_USAGE_STATS_ENABLED': '0', 'RAY_worker_niceness': '0',
               'RAY_raylet_start_wait_time_s': '200',
               'PYTHONPATH': f'{ROOT}:{Path(__file__).parent}',
               'RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S': '120',
               'RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S': '60'}


class Picture:
    """A face shown 25 times a second, and what became of its pictures."""

    def __init__(self, engine: Any) -> None:
        self.made = {'here': 0, 'there': 0}
        self.longest_gap = 0.0
        """Seconds between two pictures."""
        self.longest_stall = 0.0
        """Seconds for which this machine let a thread wait that does nothing."""
        self._stop = threading.Event()
        session = engine.open(face())

        def show() -> None:
            heard, last = speech(), time.monotonic()
            while not self._stop.wait(0.04):
                here = is_here(session.render(1.0, 0, heard))
                self.made['here' if here else 'there'] += 1
                now = time.monotonic()
                self.longest_gap, last = max(self.longest_gap, now - last), now

        def idle() -> None:
            last = time.monotonic()
            while not self._stop.wait(0.04):
                now = time.monotonic()
                self.longest_stall, last = max(self.longest_stall, now - last), now

        self._threads = [threading.Thread(target=each) for each in (show, idle)]
        for thread in self._threads:
            thread.start()

    def until(self, kind: str) -> None:
        """Wait until five more pictures were made here or there."""
        wanted = self.made[kind] + 5
        until(lambda: self.made[kind] >= wanted)

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def until(true: Callable[[], bool], seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope='module')
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    from ray.cluster_utils import Cluster
    # A node's ports are of its own; a socket's name has at most 107 bytes.
    made = Cluster(initialize_head=True, head_node_args={
        'num_cpus': 0, 'include_dashboard': False, 'object_store_memory': 100_000_000})
    for _ in range(2):
        made.add_node(num_cpus=1, object_store_memory=100_000_000)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()
    os.environ.clear()
    os.environ.update(before)


def test_clips_of_a_process_that_is_killed_are_made_again(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / 'list.csv').write_text('text,output\nHi.,a.mp4\nBye.,b.mp4\n')
    running = subprocess.Popen(
        [sys.executable, '-m', MAIN, 'render', '--jobs', str(tmp_path / 'list.csv'), '--ray',
         cluster.address, '--fps', '2', '--width', '160', '--height', '120'],
        env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)
    victims: list[int] = []

    def begun() -> bool:
        victims[:] = [
            int(folder.name) for folder in Path('/proc').glob('[0-9]*')
            if (folder / 'cmdline').exists()
            and (folder / 'cmdline').read_bytes().startswith(b'ray::_clips')]
        return bool(victims) or running.poll() is not None

    until(begun)
    for victim in victims[:1]:
        os.kill(victim, signal.SIGKILL)
    out, told = running.communicate(timeout=280)
    assert victims
    assert running.returncode == 0, told
    assert '2 made (' in out        # Ray tells there of the process, too
    for name in ('a.mp4', 'b.mp4'):
        playable(tmp_path / name)


def test_a_killed_replica_and_a_killed_node_cost_no_picture(cluster: Any, tmp_path: Path) -> None:
    from grey_network import Loader
    from ray import serve
    from txt2vid_ros.cluster.lipsync import deployment
    from txt2vid_ros.core.address import HostPort
    from txt2vid_ros.lipsync.remote.engine import RayEngine, RayOptions
    from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    serve.start(proxy_location='HeadOnly', http_options={'host': '127.0.0.1', 'port': port})
    serve.run(deployment(
        Loader(tmp_path), 1_000_000, autoscaling_config=None, num_replicas=2,
        max_replicas_per_node=1, ray_actor_options={'num_cpus': 0.1}, health_check_period_s=1.0),
        route_prefix='/lipsync')

    def replicas() -> dict[int, str]:
        return {int(file.name): file.read_text() for file in tmp_path.glob('[0-9]*')}

    until(lambda: len(replicas()) >= 2)
    engine = RayEngine(HostPort('127.0.0.1', port), RayOptions(deadline_ms=500.0),
                       Wav2LipOptions(box=BOX), PaintedEngine())
    engine.load()
    picture = Picture(engine)
    try:
        picture.until('there')
        first = replicas()
        os.kill(next(iter(first)), signal.SIGKILL)
        until(lambda: len(replicas()) > len(first))     # Serve has started another
        picture.until('there')
        # All replicas at once: nobody is left to answer for a while.
        second = replicas()
        for pid in set(second) - {next(iter(first))}:
            os.kill(pid, signal.SIGKILL)
        picture.until('here')
        until(lambda: len(replicas()) > len(second))
        picture.until('there')
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
        picture.until('there')
    finally:
        picture.close()
        engine.close()
        serve.shutdown()
    print(picture.made, f'gap {picture.longest_gap:.2f} s, stall {picture.longest_stall:.2f} s')
    assert picture.longest_gap < 1.0 + picture.longest_stall
