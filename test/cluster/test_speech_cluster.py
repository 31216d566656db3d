"""A graph whose mouths and voice come from a real Ray cluster, and what is lost if that dies."""

from __future__ import annotations

import importlib.util
from pathlib import Path
import threading
import time
from typing import Any

import numpy as np
import pytest
from rig import until as within_a_minute
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.cloud.ray.cluster_server import ClusterOptions
from txt2vid_ros.providers.cloud.ray.recognizer import RayRecognizer
from txt2vid_ros.providers.resilience.fallback_recognizer import FallbackRecognizer
from txt2vid_ros.providers.resilience.health import ProviderHealth
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot

if importlib.util.find_spec('ray') is None:     # not loaded: the cluster's settings come first
    pytest.skip('needs the package ray: make test-ray', allow_module_level=True)
pytestmark = pytest.mark.timeout(600)

SENTENCES = ('The train leaves at half past seven. We have to hurry a little now. '
             'I will carry the heavy bag. You can take the tickets.')
SLOW = 200.0
"""Seconds in which a cluster on a busy machine starts a replica."""
FEW = {'autoscaling_config': None, 'num_replicas': 2, 'ray_actor_options': {'num_cpus': 0.1},
       'health_check_period_s': 1.0}


class Stall:
    """The longest time for which this machine let a thread wait that does nothing."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        last = time.monotonic()
        while not self._over.wait(0.04):
            now = time.monotonic()
            self.seconds, last = max(self.seconds, now - last), now


def parameters(*each: str) -> list[str]:
    return [word for one in each for word in ('--param', one)]


def test_a_graph_speaks_and_shows_its_face_while_all_replicas_die(
        port: int, tmp_path: Path) -> None:
    from audio_common_msgs.msg import AudioDataStamped
    from graph_harness import eventually, TalkingHead
    from hri_msgs.msg import LiveSpeech
    from ray import serve
    from replicas import grey, hibari, Replicas
    from ros_observer import end_of, Observer
    from sensor_msgs.msg import Image
    from txt2vid_ros.cluster import lipsync, speech
    from txt2vid_ros.ros import messages, qos
    (tmp_path / 'graph').mkdir()
    (mouths_folder := tmp_path / 'mouths').mkdir()
    (voices_folder := tmp_path / 'voices').mkdir()
    mouths, voices = Replicas(mouths_folder), Replicas(voices_folder)
    serve.run(lipsync.deployment(grey(mouths_folder), 1_000_000, **FEW), name='lipsync',
              route_prefix='/lipsync')
    serve.run(speech.deployment('voice', hibari(voices_folder), ('', 1.0), **FEW), name='voice',
              route_prefix='/voice')
    stall = Stall()
    try:
        with TalkingHead(
                tmp_path / 'graph', '--engine', f'ray://127.0.0.1:{port}', '--tts', 'ray,hibari',
                '--tts-options', f'ray.address=127.0.0.1:{port}', '--width', '160', '--height',
                '120', *parameters(
                    'lipsync.ray.deadline_ms=500', 'lipsync.ray.fallback=viseme',
                    # None is to be lost on its way to this process, which has other work to do.
                    'lipsync.qos_overrides.{ns}/face/image_raw.publisher.depth=200')
                ) as head, Observer(head.ready()) as observer:
            audio = observer.record(AudioDataStamped, 'voice/audio', qos.VOICE)
            captions = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
            pictures = observer.record(
                Image, 'face/image_raw', 500, lambda image: messages.from_time(
                    image.header.stamp))
            pictures.wait()
            observer.text(SENTENCES)
            audio.wait(lambda chunk: len(chunk.audio.data) > 0)
            killed = time.time_ns()
            mouths.kill()
            voices.kill()
            end_of(audio)
            assert 'voice hibari takes over' in head.text
            assert 'the mouths are made here for now' in head.text
            assert captions.wait(lambda heard: bool(heard.final)).final == SENTENCES

            def taken_back() -> bool:
                known = len(audio.messages)
                observer.text('Are you back?')
                end_of(audio, known)
                return ('voice ray is in use again' in head.text
                        and 'the mouths come from' in head.text)

            eventually(taken_back, 'voice and mouths of the cluster', SLOW)
            stamps = sorted(set(pictures.messages))
            gaps = np.diff(stamps) / SECOND
            long = [f'{gap:.2f} s at {(stamps[place] - killed) / SECOND:.1f} s'
                    for place, gap in enumerate(gaps) if gap > 0.3]
            said = head.text
            assert head.stop() == 0
    finally:
        stall.close()
        serve.delete('lipsync')
        serve.delete('voice')
    print(f'{len(stamps)} pictures, {long} after the replicas died, stall {stall.seconds:.2f} s')
    assert max(gaps) < 1.0 + stall.seconds, said


def test_what_somebody_says_while_replicas_die_is_understood(port: int, tmp_path: Path) -> None:
    from ray import serve
    from replicas import Counter, counter, Replicas
    from txt2vid_ros.cluster import speech
    replicas = Replicas(tmp_path)
    serve.run(speech.deployment('recognizer', counter(tmp_path), ('en',), **FEW),
              name='recognizer', route_prefix='/recognizer')
    limits = TimeLimits(2.0, 2.0, 10.0, 60.0)
    chain = FallbackRecognizer([
        ProviderSlot[Any]('ray', lambda: RayRecognizer(
            options=ClusterOptions(f'127.0.0.1:{port}')), limits, ProviderHealth()),
        ProviderSlot[Any]('here', lambda: Counter('here'), TimeLimits(60.0), ProviderHealth())])
    try:
        chain.load()

        def heard() -> str:
            speaking = chain.open()
            for _ in range(3):
                speaking.push(np.ones(16000, np.float32))
                assert speaking.draft().text[0] in '123'
            found = speaking.finish().text
            within_a_minute(lambda: not chain.probing)
            return found

        end = time.monotonic() + SLOW
        while heard() != '3 there':
            assert time.monotonic() < end
        replicas.kill()
        assert heard() == '3 here'
        while heard() != '3 there':
            assert time.monotonic() < end
    finally:
        chain.close()
        serve.delete('recognizer')
