"""With use_sim_time the graph follows /clock, as with a bag that is replayed slowly."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from pathlib import Path
import threading
import time

from attempts import discarded
from audio_common_msgs.msg import AudioDataStamped
from graph_harness import eventually, FAST, TalkingHead
import numpy as np
import pytest
from ros_observer import end_of, Observer
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages, qos

BEGIN = 1000.0
RATE = 0.5
FRAME = 0.04


class SlowClock:
    """Publishes /clock at half the rate of real time."""

    def __init__(self, observer: Observer) -> None:
        self._publisher = observer.node.create_publisher(Clock, '/clock', 10)
        self._begun = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def now(self) -> float:
        return BEGIN + RATE * (time.monotonic() - self._begun)

    def _run(self) -> None:
        while not self._stop.wait(0.005):
            self._publisher.publish(Clock(clock=messages.to_time(round(self.now() * SECOND))))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def head(tmp_path: Path) -> Iterator[TalkingHead]:
    simulated = [word for name in ('tts', 'lipsync', 'stream')
                 for word in ('--param', f'{name}.use_sim_time=true')]
    with TalkingHead(tmp_path, *FAST, *simulated) as head:
        yield head


def brightness(picture: Image) -> tuple[float, float]:
    """Return when a picture is to be seen, in seconds, and how bright it is."""
    light = float(np.frombuffer(picture.data, np.uint8).mean() - 16)
    return messages.from_time(picture.header.stamp) / SECOND, max(light, 0.0)


def flash_near(clap: float, flashes: list[tuple[float, float]]) -> float | None:
    """Return the centre of the flash around `clap`, in seconds, or None where all is dark."""
    near = [(at, light) for at, light in flashes if abs(at - clap) < 0.3]
    total = sum(light for _, light in near)
    return sum(at * light for at, light in near) / total if total else None


def missing_near(clap: float, pictures: list[tuple[float, float]]) -> int:
    """Return how many pictures around `clap` did not arrive: their topic does not repeat any."""
    near = sorted(at for at, _ in pictures if abs(at - clap) < 0.3)
    return sum(round((after - before) / FRAME) - 1 for before, after in itertools.pairwise(near))


def test_the_graph_follows_a_slow_clock(head: TalkingHead) -> None:
    with Observer(head) as observer:
        clock = SlowClock(observer)
        try:
            head.ready()
            audio = observer.record(AudioDataStamped, 'voice/audio')
            pictures = observer.record(Image, 'face/image_raw', qos.IMAGE, keep=brightness)
            eventually(lambda: pictures.messages, 'pictures')
            # A flash lasts two frames, of which a machine that is held up leaves out one or both.
            for attempt in range(3):
                first, before = len(audio.messages), head.late_pictures()
                said = clock.now()
                observer.text('xx')
                stop = messages.from_time(end_of(audio, first).header.stamp) / SECOND
                pictures.wait(lambda picture, end=stop: picture[0] > end)
                start = messages.from_time(audio.messages[first].header.stamp) / SECOND
                # Two claps are two seconds of simulated time, begun soon after.
                assert said < start < stop
                assert stop - start == pytest.approx(2.0, abs=0.01)
                # A clap is heard half a second into each second; its flash is seen with it.
                claps = (start + 0.52, start + 1.52)
                flashes = [flash_near(clap, pictures.messages) for clap in claps]
                status = head.status()
                assert abs(status['now_ns'] / SECOND - clock.now()) < 60
                if flashes == [pytest.approx(clap, abs=0.02) for clap in claps]:
                    break
                left_out = head.late_pictures() - before
                lost = sum(missing_near(clap, pictures.messages) for clap in claps)
                # What is wrong with the clock is wrong each time.
                assert attempt < 2, (flashes, claps, left_out, lost)
                discarded(attempt, 3, f'{left_out} pictures were late or left out, {lost} lost, '
                          f'flashes at {flashes} for claps at {claps}')
        finally:
            clock.close()
        assert head.stop() == 0
