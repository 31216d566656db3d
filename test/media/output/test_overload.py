"""Where the machine is too busy, less is done, and the sound stays whole."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from rig import MovableClock, Rig, until
from txt2vid_ros.bench.rig.viewer import decode, Viewer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.process.activity import Activity, activity
from txt2vid_ros.media.output.overload.lateness import Lateness
from txt2vid_ros.media.output.overload.load_control import ladder, LoadControl
from txt2vid_ros.media.output.overload.stall_watch import StallWatch
from txt2vid_ros.media.output.stream_format import StreamFormat

FPS = 25.0
WANTED = StreamFormat(width=640, height=480, preset='superfast')


class Encoder:
    """Takes so many frames a second, as far as there are any."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.waiting = 0.0

    def run(self, control: LoadControl, seconds: float) -> tuple[list[bool], list[int]]:
        """Return which pictures of a stream were sent, and the steps that were taken."""
        sent, steps = [], []
        for _ in range(int(seconds * FPS)):
            admitted = control.admits(int(self.waiting), 0.0, FPS)
            sent.append(admitted)
            self.waiting = max(0.0, self.waiting + admitted - self.rate / FPS)
            if step := control.judged(WANTED):
                steps.append(step)
        return sent, steps


def test_who_keeps_up_is_left_alone() -> None:
    control = LoadControl()
    sent, steps = Encoder(26.0).run(control, 120.0)
    assert all(sent) and not steps
    assert control.status(WANTED) == ''


def test_pictures_are_left_out_evenly() -> None:
    control = LoadControl()
    sent, _ = Encoder(13.0).run(control, 120.0)
    apart = np.diff(np.flatnonzero(sent[1500:]))
    assert np.mean(np.diff(apart) == 0) > 0.9
    assert apart.max() <= 4
    assert 'of 25 pictures a second are sent' in control.status(WANTED)


def test_the_first_picture_of_an_encoder_is_sent_whatever_waits() -> None:
    control = LoadControl()
    for _ in range(2):
        control.restarted()
        assert control.admits(99, 99.0, FPS)
        assert not control.admits(99, 99.0, FPS)


def test_steps_down_come_soon_and_steps_up_late() -> None:
    control = LoadControl()
    encoder = Encoder(10.0)
    assert encoder.run(control, 30.0)[1] == [-1, -1, -1]
    assert control.lowered(WANTED) == dataclasses.replace(
        WANTED, preset='ultrafast', width=320, height=240)
    encoder.rate = 100.0
    _, steps = encoder.run(control, 15.0)
    assert not steps
    sent, steps = encoder.run(control, 90.0)
    assert steps == [1, 1, 1] and all(sent[-1000:])
    assert control.lowered(WANTED) == WANTED


def test_a_step_up_that_was_too_early_is_tried_ever_later() -> None:
    control = LoadControl()
    encoder = Encoder(10.0)
    times: list[float] = []
    for second in range(600):
        # It keeps up only at the lowest step.
        encoder.rate = 100.0 if control.step == 3 else 10.0
        times += [second for step in encoder.run(control, 1.0)[1] if step > 0]
    pauses = np.diff(times)
    assert len(times) >= 3
    assert (np.diff(pauses) > 0).all(), times


def test_the_ladder_has_no_step_that_changes_nothing() -> None:
    assert [each.preset for each in ladder(WANTED)] == [
        'superfast', 'ultrafast', 'ultrafast', 'ultrafast']
    small = StreamFormat(width=160, height=120, preset='ultrafast')
    assert list(ladder(small)) == [small]
    assert all(each.width % 2 == each.height % 2 == 0 for each in ladder(
        StreamFormat(width=854, height=482)))


class Process:
    """Does what it is told to, on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.state = 'S'
        self.share = 0.0
        self._ran = 0.0
        self.watch = StallWatch(self.look, lambda: self.now)

    def look(self) -> Activity:
        return Activity(frozenset(self.state), self._ran)

    def dead_after(self, most: float) -> float:
        """Return the seconds without progress until it is given up."""
        begun = self.now
        while not self.watch.dead(7, waiting=True):
            self.now += 0.04
            self._ran += 0.04 * self.share
            if self.now - begun > most:
                return most
        return self.now - begun


@pytest.mark.parametrize(('state', 'share', 'least', 'most'), [
    ('S', 0.0, 2.0, 3.0),       # it waits for something else than input
    ('R', 1.0, 2.0, 3.0),       # it runs in circles
    ('R', 0.1, 29.0, 31.0),     # the machine is busy
    ('D', 0.0, 29.0, 31.0),
    ('T', 0.0, 0.15, 0.6),
    ('T', 0.01, 29.0, 31.0),    # it is stopped and continued in turn
    ('', 0.0, 2.0, 3.0)])
def test_who_is_kept_from_the_processor_is_not_dead(
        state: str, share: float, least: float, most: float) -> None:
    process = Process()
    process.state, process.share = state, share
    assert least <= process.dead_after(60.0) <= most


def test_a_slow_machine_is_told_from_a_clock_that_was_set() -> None:
    clock = MovableClock()
    lateness = Lateness(clock)
    due = clock.now()
    assert lateness.to_skip(due) == 0.0
    assert lateness.to_skip(due - 5 * SECOND) == 0.0
    assert lateness.to_skip(due - 8 * SECOND) == pytest.approx(8.0, abs=1.0)
    clock.offset = 3 * SECOND
    assert lateness.to_skip(due) == pytest.approx(3.0, abs=1.0)
    assert lateness.to_skip(due) == 0.0
    clock.offset = -3 * SECOND
    assert lateness.to_skip(due) == pytest.approx(-3.0, abs=1.0)


def test_progress_and_nothing_to_do_are_signs_of_life() -> None:
    process = Process()
    for count in range(1000):
        process.now += 0.1
        assert not process.watch.dead(count // 10, waiting=True)
    for _ in range(1000):
        process.now += 0.1
        assert not process.watch.dead(99, waiting=False)


def test_what_a_process_does_is_seen() -> None:
    with subprocess.Popen(['sh', '-c', 'while :; do :; done']) as process:
        until(lambda: activity(process.pid).seconds > 0.1)
        assert activity(process.pid).wants_to_run
        process.send_signal(signal.SIGSTOP)
        until(lambda: activity(process.pid).stopped)
        process.kill()
    assert activity(process.pid) == Activity(frozenset(), 0.0)


SLOWER = 0.996
"""By what an encoder is slowed down more, each tenth of a second: by a third in ten seconds."""


@contextlib.contextmanager
def slowed(rig: Rig, share: float) -> Iterator[None]:
    """Let the encoder, and each that follows it, run for a share of the time, less by and by."""
    stop = threading.Event()

    def work() -> None:
        nonlocal share
        while not stop.is_set():
            # What is too little for it depends on the machine.
            share *= SLOWER
            pid = rig.output.encoder_pid
            with contextlib.suppress(ProcessLookupError):
                ran = activity(pid).seconds
                os.kill(pid, signal.SIGSTOP)
                stop.wait(0.1 * (1 - share))
                os.kill(pid, signal.SIGCONT)
                stop.wait(0.1 * share)
                for _ in range(100):
                    # A busy machine does not let it run as soon as it may.
                    if activity(pid).seconds > ran:
                        break
                    stop.wait(0.001)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_an_encoder_that_is_too_slow_gets_less_to_do_and_every_sample_is_heard(
        tmp_path: pathlib.Path) -> None:
    file = tmp_path / 'view.ts'
    with Rig(noise=True, width=480, height=360, record=str(tmp_path / 'a.mp4')) as rig:
        viewer = Viewer(rig.port, file)
        tone = np.sin(np.arange(90 * 48000) * 2 * np.pi * 500 / 48000).astype(np.float32) / 2
        rig.speech.push('tone', rig.clock.now() + SECOND // 2, tone, 48000)
        with slowed(rig, 0.06):
            until(lambda: '360 x 270' in rig.writer.overload, 'for a smaller stream')
        said = rig.writer.overload
        rig.wait_frames(25)
        statistics = rig.writer.statistics
    viewer.close()
    assert said.startswith('the machine is too busy: ')
    assert statistics.restarts == 0 and statistics.left_out > 10
    assert rig.reports == []
    for seen in (file, tmp_path / 'a.mp4'):
        stream = decode(seen)
        assert np.diff(stream.frame_times).min() > 0
        steps = np.diff(stream.sample_times)
        assert steps.max() < 1.5 / 48000 and steps.min() > 0.5 / 48000
        loud = np.sqrt((stream.samples[:len(stream.samples) // 480 * 480].reshape(-1, 480) ** 2
                        ).mean(1)) > 0.2
        begin = int(loud.argmax())
        assert loud[begin:-30].all()


def test_an_encoder_that_is_stopped_is_replaced_at_once(tmp_path: pathlib.Path) -> None:
    file = tmp_path / 'view.ts'
    with Rig() as rig:
        viewer = Viewer(rig.port, file)
        rig.wait_frames(50)
        pid = rig.output.encoder_pid
        os.kill(pid, signal.SIGSTOP)
        begun = time.monotonic()
        until(lambda: rig.output.encoder_pid != pid)
        took = time.monotonic() - begun
        rig.wait_frames(50)
        assert rig.writer.statistics.restarts == 1
    viewer.close()
    print(f'replaced after {took:.2f} s')
    assert np.diff(decode(file).frame_times).min() > 0
