"""Clips and mouths of a real Ray cluster: replicas and nodes are killed under load."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import importlib.util
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from command_line import MAIN
import numpy as np
from painted_engine import BOX, face, is_here, PaintedEngine, speech
import pytest
from rig import playable
from txt2vid_ros.core.address import HostPort
from txt2vid_ros.lipsync.remote.client import MouthClient, ReplicaAway
from txt2vid_ros.lipsync.remote.engine import RayEngine, RayOptions
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions

if importlib.util.find_spec('ray') is None:     # not loaded: the cluster's settings come first
    pytest.skip('needs the package ray: make test-ray', allow_module_level=True)
pytestmark = pytest.mark.timeout(600)


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


def test_clips_of_a_process_that_is_killed_are_made_again(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / 'list.csv').write_text('text,output\nHi.,a.mp4\nBye.,b.mp4\n')
    running = subprocess.Popen(
        [sys.executable, '-m', MAIN, 'render', '--jobs', str(tmp_path / 'list.csv'), '--ray',
         cluster.address, '--fps', '2', '--width', '160', '--height', '120'],
        env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
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


def test_a_killed_replica_and_a_killed_node_cost_no_picture(
        cluster: Any, port: int, tmp_path: Path) -> None:
    from ray import serve
    from replicas import grey, Replicas
    from txt2vid_ros.cluster.lipsync import deployment
    serve.run(deployment(
        grey(tmp_path), 1_000_000, autoscaling_config=None, num_replicas=2,
        max_replicas_per_node=1, ray_actor_options={'num_cpus': 0.1}, health_check_period_s=1.0),
        name='lipsync', route_prefix='/lipsync')
    replicas = Replicas(tmp_path)
    until(lambda: len(replicas()) == 2)
    engine = RayEngine(HostPort('127.0.0.1', port), RayOptions(deadline_ms=500.0),
                       Wav2LipOptions(box=BOX), PaintedEngine())
    engine.load()
    picture = Picture(engine)
    try:
        picture.until('there')
        replicas.kill(1)
        until(lambda: len(replicas()) == 2)     # Serve has started another
        picture.until('there')
        # All replicas at once: nobody is left to answer for a while.
        replicas.kill()
        picture.until('here')
        until(lambda: bool(replicas()))
        picture.until('there')
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
        picture.until('there')
    finally:
        picture.close()
        engine.close()
        serve.delete('lipsync')
        cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
    print(picture.made, f'gap {picture.longest_gap:.2f} s, stall {picture.longest_stall:.2f} s')
    assert picture.longest_gap < 1.0 + picture.longest_stall


def test_a_second_replica_comes_under_load(port: int, tmp_path: Path) -> None:
    from ray import serve
    from replicas import grey, Replicas
    from txt2vid_ros.cluster.lipsync import DEPLOYMENT, deployment
    serve.run(deployment(
        grey(tmp_path, 0.1), 1_000_000, ray_actor_options={'num_cpus': 0.1}, autoscaling_config={
            **DEPLOYMENT['autoscaling_config'], 'max_replicas': 2, 'target_ongoing_requests': 2,
            'upscale_delay_s': 0.5, 'metrics_interval_s': 0.5, 'look_back_period_s': 1.0}),
        name='lipsync', route_prefix='/lipsync')
    replicas = Replicas(tmp_path)
    until(lambda: bool(replicas()))
    assert len(replicas()) == 1
    over = threading.Event()

    def ask() -> None:
        client = MouthClient(HostPort('127.0.0.1', port), 60.0)
        client.start()
        while not over.is_set():
            with contextlib.suppress(ReplicaAway):
                client.mouths(np.zeros((1, 80, 16), np.float32),
                              [np.zeros((96, 96, 3), np.uint8)])
        client.close()

    faces = [threading.Thread(target=ask) for _ in range(8)]
    for each in faces:
        each.start()
    try:
        until(lambda: len(replicas()) == 2)
    finally:
        over.set()
        for each in faces:
            each.join()
        serve.delete('lipsync')
