"""Sound waits for a voice on the same topics, and catches up in the speaker's pauses."""

from __future__ import annotations

import itertools
import threading

import numpy as np
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.jitter.after_voice import LONGEST_WAIT, SoundAfterVoice

RATE = 16000
CHUNK = SECOND // 50
LEAD = SECOND // 5
"""Nanoseconds before it is heard at which sound comes."""


class Heard:
    """A clock, and what is handed out, each with when."""

    def __init__(self) -> None:
        self.time = 100 * SECOND
        self.chunks: list[tuple[str, int, int]] = []
        self.ends: list[tuple[str, int]] = []
        self.after = SoundAfterVoice(self, self)

    def now(self) -> int:
        return self.time

    def audio(self, utterance: str, start: int, samples: np.ndarray, rate: int) -> None:
        self.chunks.append((utterance, start, self.time))

    def ended(self, utterance: str, end: int) -> None:
        self.ends.append((utterance, end))

    def sound(self, utterance: str, seconds: float) -> None:
        """Take sound for so long, and its end."""
        for _ in range(round(seconds * 50)):
            self.after.audio(utterance, self.time + LEAD, np.zeros(RATE // 50, np.float32), RATE)
            self.pass_time(1)
        self.after.ended(utterance, self.time + LEAD)

    def pass_time(self, chunks: int) -> None:
        for _ in range(chunks):
            self.time += CHUNK
            self.after.step()

    def begin(self, utterance: str) -> int:
        return next(start for name, start, _ in self.chunks if name == utterance)


def test_without_a_voice_sound_passes_at_once() -> None:
    heard = Heard()
    began = heard.time + LEAD
    heard.sound('peer#1', 0.2)
    assert heard.chunks == [('peer#1', began + at * CHUNK, began + at * CHUNK - LEAD)
                            for at in range(10)]
    assert heard.ends == [('peer#1', began + 10 * CHUNK)]


def test_sound_waits_for_the_voice_and_catches_up_in_pauses() -> None:
    heard = Heard()
    voice_began, spoken = heard.time, 0

    def speak_on(until: int) -> None:
        """Say something of three seconds, as far as a second ahead of its time."""
        nonlocal spoken
        while spoken < 75 and voice_began + spoken * 2 * CHUNK < until + SECOND:
            heard.after.voice('voice#1', voice_began + spoken * 2 * CHUNK, 2 * CHUNK)
            spoken += 1
            if spoken == 75:
                heard.after.voice('voice#1', voice_began + 3 * SECOND, 0)

    for number in range(5):
        name = f'peer#{number}'
        for _ in range(50):
            speak_on(heard.time)
            heard.after.audio(name, heard.time + LEAD, np.zeros(RATE // 50, np.float32), RATE)
            heard.pass_time(1)
        heard.after.ended(name, heard.time + LEAD)
        heard.pass_time(40)
    heard.pass_time(200)
    assert len(heard.chunks) == 5 * 50 and len(heard.ends) == 5
    # The first begins where the voice ends; none is heard over another, or out of order.
    assert heard.begin('peer#0') == voice_began + 3 * SECOND
    starts = [start for _, start, _ in heard.chunks]
    assert all(then - at >= CHUNK for at, then in itertools.pairwise(starts))
    # Each second is followed by 0.8 s without any: by the fifth, what was late is on time.
    assert heard.begin('peer#4') == voice_began + LEAD + 4 * 90 * CHUNK
    # Nothing is handed out earlier than it would have been, before its time.
    assert all(start - at <= LEAD for _, start, at in heard.chunks)


def test_an_interrupted_or_vanished_voice_is_not_waited_for() -> None:
    heard = Heard()
    heard.after.voice('voice#1', heard.time, SECOND)
    heard.sound('peer#1', 0.1)
    assert not heard.chunks
    # It is interrupted: its end comes before what was handed out of it is over.
    heard.after.voice('voice#1', heard.time, 0)
    heard.pass_time(50)
    assert len(heard.chunks) == 5
    heard.after.voice('voice#2', heard.time, SECOND)
    heard.sound('peer#2', 0.1)
    heard.pass_time(50 * 4)
    assert len(heard.chunks) == 10


def test_a_voice_that_never_ends_is_spoken_over_and_stopping_hands_out_the_rest() -> None:
    heard = Heard()
    heard.after.audio('peer#1', heard.time + LEAD, np.zeros(320, np.float32), RATE)
    heard.after.ended('peer#1', heard.time + LEAD + CHUNK)
    began = heard.time
    heard.after.voice('voice#1', heard.time, SECOND)
    heard.after.audio('peer#2', heard.time + LEAD, np.zeros(320, np.float32), RATE)
    while len(heard.chunks) < 2:
        heard.after.voice('voice#1', heard.time, SECOND)
        heard.pass_time(10)
        assert heard.time - began < 2 * LONGEST_WAIT
    heard.after.voice('voice#1', heard.time, SECOND)
    heard.after.audio('peer#3', heard.time + LEAD, np.zeros(320, np.float32), RATE)
    stop = threading.Event()
    stop.set()
    heard.after.run(stop)
    assert [name for name, *_ in heard.chunks] == ['peer#1', 'peer#2', 'peer#3']
