"""A sound card with a rate of its own lets each sample be heard at its stamp, without a seam."""

from __future__ import annotations

import numpy as np
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.playback.pace import Pace
from txt2vid_ros.media.playback.player import SpeechPlayer
from txt2vid_ros.media.speech_timeline import SpeechTimeline

BEGIN = 1_700_000_000 * SECOND + 123_456_789
VOICE = 24000
HERTZ = 440.0
LEVEL = 0.5


class SetClock:
    """Says what it was set to, nanoseconds."""

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> int:
        return self.time


class Card:
    """A sound card that is `ppm` fast and asks for blocks a little late, at random."""

    def __init__(self, rate: int = 48000, ppm: float = 0.0, delay: float = 0.05,
                 jitter: float = 0.0005) -> None:
        self.gain = 1.0
        self.clock = SetClock()
        self.speech = SpeechTimeline()
        self.pace = 1.0
        """Seconds of the clock in a second."""
        self.player = SpeechPlayer(self.speech, self.clock, lambda: self.gain, Pace(
            lambda: (self.clock.time - BEGIN) / SECOND / self.pace))
        self.player.begin(rate)
        self.rate, self.delay = rate, delay
        self.true_rate = rate * (1 + ppm * 1e-6)
        self.count = rate // 100
        self.heard_at = 0.0
        """When the next sample is heard, seconds since BEGIN."""
        self._jitter = jitter
        self._random = np.random.default_rng(1)

    def play(self, seconds: float) -> tuple[np.ndarray, np.ndarray]:
        """Return what is heard, and when: seconds since BEGIN."""
        times, sound = [], []
        end = self.heard_at + seconds
        while self.heard_at < end:
            late = self._random.exponential(self._jitter) if self._jitter else 0.0
            self.clock.time = BEGIN + round((self.heard_at - self.delay + late) * SECOND)
            sound.append(self.player.block(self.delay, self.count))
            times.append(self.heard_at + np.arange(self.count) / self.true_rate)
            self.heard_at += self.count / self.true_rate
        return np.concatenate(times), np.concatenate(sound)

    def say(self, begin: float, seconds: float, utterance: str = 'a#1') -> np.ndarray:
        """Put a tone on the timeline; return its samples."""
        samples = LEVEL * np.sin(2 * np.pi * HERTZ * np.arange(int(seconds * VOICE)) / VOICE)
        self.speech.push(utterance, BEGIN + round(begin * SECOND), samples.astype(np.float32),
                         VOICE)
        return samples


def lateness(times: np.ndarray, sound: np.ndarray, begin: float) -> float:
    """Return by how many seconds a tone that began at `begin` is late, up to half a period."""
    turned = np.mean(sound * np.exp(-2j * np.pi * HERTZ * (times - begin)))
    return float(-(np.angle(turned) + np.pi / 2) / (2 * np.pi * HERTZ))


def steepest(sound: np.ndarray) -> float:
    return float(np.abs(np.diff(sound)).max())


@pytest.mark.parametrize(('rate', 'ppm'), [
    (48000, 300), (44100, -300), (8000, 100)])
def test_every_sample_is_heard_at_its_stamp_whatever_the_rate_of_the_card(
        rate: int, ppm: float) -> None:
    card = Card(rate, ppm)
    card.play(12.0)
    card.say(12.5, 20.0)
    times, sound = card.play(20.0)
    assert np.abs(sound[times < 12.49]).max() < 1e-3
    inside = (times > 12.6) & (times < 32.0)
    # Of the jitter only its mean, 0.5 ms, is left: a lateness that nobody can know of.
    late = [lateness(times[part], sound[part], 12.5)
            for part in np.array_split(np.flatnonzero(inside), 20)]
    assert max(map(abs, late)) < 0.001, late
    assert np.abs(sound[inside]).max() == pytest.approx(LEVEL, abs=0.01)
    # One continuous sound: nothing repeated, nothing left out, no click.
    assert steepest(sound[inside]) < 1.02 * LEVEL * 2 * np.pi * HERTZ / rate
    assert card.player.moved == 0
    assert card.player.card_rate == pytest.approx(card.true_rate, rel=2e-4)


def test_the_lead_covers_the_delay_of_the_card_and_one_block() -> None:
    card = Card(delay=0.2, jitter=0.0)
    card.play(1.0)
    assert card.player.lead == pytest.approx(0.22, abs=0.005)
    assert card.player.delay == 0.2


def test_volume_and_mute_change_without_a_click() -> None:
    card = Card(jitter=0.0)
    card.play(1.0)
    card.say(1.0, 4.0)
    _, loud = card.play(1.0)
    card.gain = 0.0
    _, fading = card.play(0.5)
    card.gain = 1.5
    _, back = card.play(0.5)
    quiet = fading[card.count:]
    assert not quiet.any()
    assert np.abs(back).max() == pytest.approx(1.5 * LEVEL, abs=0.02)
    whole = np.concatenate([loud[-4800:], fading, back])
    assert steepest(whole) < 1.7 * LEVEL * 2 * np.pi * HERTZ / card.rate


def test_what_is_louder_than_full_scale_is_clipped() -> None:
    card = Card(jitter=0.0)
    card.gain = 3.0
    card.say(0.2, 1.0)
    _, sound = card.play(1.0)
    assert sound.max() == 1.0
    assert sound.min() == -1.0


def test_an_interruption_is_silence_at_once_after_what_the_card_has() -> None:
    card = Card(jitter=0.0)
    card.say(0.2, 5.0)
    card.play(1.0)
    given = (card.player.heard_until - BEGIN) / SECOND
    assert given == pytest.approx(card.heard_at, abs=1e-3)
    card.speech.end('a#1', card.player.heard_until)
    times, sound = card.play(0.5)
    assert np.abs(sound[times > given + 0.006]).max() < 1e-3
    assert steepest(sound) < 2 * LEVEL * 2 * np.pi * HERTZ / card.rate


def test_what_the_card_loses_does_not_make_the_rest_late() -> None:
    card = Card(jitter=0.0)
    card.say(0.2, 5.0)
    card.play(1.0)
    # It stood still for 80 ms.
    card.heard_at += 0.08
    card.player.interrupted()
    times, sound = card.play(2.0)
    late = lateness(times[4800:], sound[4800:], 0.2)
    assert abs(late) < 0.0005
    assert card.player.moved == 1
    assert steepest(sound) < 2 * LEVEL * 2 * np.pi * HERTZ / card.rate


@pytest.mark.parametrize('step', [2.0, -2.0])
def test_a_clock_that_is_set_is_followed(step: float) -> None:
    card = Card(jitter=0.0)
    card.play(1.0)
    card.heard_at += step
    card.say(card.heard_at + 0.1, 2.0)
    times, sound = card.play(1.5)
    begin = times[np.flatnonzero(np.abs(sound) > 0.01)[0]]
    assert begin == pytest.approx(times[0] + 0.1, abs=0.002)


@pytest.mark.parametrize(('rate', 'real'), [(1.0, True), (0.5, False), (0.0, False), (2.0, False)])
def test_a_clock_that_is_not_as_fast_as_real_time_is_noticed(rate: float, real: bool) -> None:
    at = 0.0
    pace = Pace(lambda: at)
    assert pace.real
    for number in range(300):
        # As a bag player's clock, in steps.
        at = number / 100
        pace.observe(BEGIN + int(rate * (at // 0.025 * 0.025) * SECOND))
    assert pace.real == real
    assert pace.rate == pytest.approx(rate, abs=0.06)


def test_while_the_clock_is_not_real_time_nothing_is_played() -> None:
    card = Card(jitter=0.0)
    card.pace = 0.5
    card.play(1.0)
    card.say(1.2, 5.0)
    _, sound = card.play(2.0)
    assert card.player.silenced
    assert not sound.any()
