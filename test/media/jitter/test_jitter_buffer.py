"""What a listener hears of sound that a network delays, reorders, loses and repeats."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from network_simulation import BEGIN, BLOCK, Listener, Packet, roughness, Samples, Sender, sine
import numpy as np
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE

HERTZ = SPEECH_RATE / 32
SMOOTH = 2e-4
"""Of `roughness` at a level of 0.3: the steps of 16 bits are 3e-5, a lost sample is 6e-2."""


def steady(seconds: float) -> Callable[[np.random.Generator], float]:
    return lambda random: seconds


def jitter(least: float, most: float) -> Callable[[np.random.Generator], float]:
    return lambda random: float(random.uniform(least, most))


def in_order(packets: list[Packet]) -> list[Packet]:
    """Return packets in the order of their arrival."""
    return sorted(packets, key=lambda packet: packet.arrival)


def test_sound_comes_out_whole_on_time_and_as_one_utterance() -> None:
    listener = Listener()
    listener.run(Sender(sine(HERTZ)).packets(5, steady(0.03)))
    assert len({name for name, *_ in listener.chunks}) == 1
    assert [name for name, _ in listener.ends] == [listener.chunks[0][0]]
    stamps = np.array([start for _, start, _, _ in listener.chunks])
    assert set(np.diff(stamps)) == {320 * SECOND // SPEECH_RATE}
    # Each chunk is handed out as long before it is heard as was asked for.
    ahead = np.array([start - given for _, start, _, given in listener.chunks]) / SECOND
    assert ahead.min() >= 0.199
    assert listener.ends[0][1] >= stamps[-1]
    # Behind its first and before its last moments (fades) the sine goes on as a sine.
    assert roughness(listener.sound()[200:4 * SPEECH_RATE], HERTZ) < SMOOTH
    # Block, wanted delay of the start, its preparation and the lead: nothing else is added.
    captured = int(listener.chunks[0][0].partition('#')[2])
    latency = (stamps[0] - captured) / SECOND
    assert latency == pytest.approx(0.03 + 0.032 + 0.06 + 0.04 + 0.2, abs=0.01)
    assert captured == pytest.approx(BEGIN, abs=SECOND // 10)


class Continuity:
    """Notes the greatest roughness of a long sound without keeping it."""

    def __init__(self) -> None:
        self.chunks = 0
        self.worst = 0.0
        self._last: Samples = np.zeros(0, np.float32)

    def __call__(self, samples: Samples) -> None:
        self.chunks += 1
        if self.chunks > 2:
            joined = np.concatenate([self._last, samples])
            self.worst = max(self.worst, roughness(joined, HERTZ))
        self._last = samples[-2:]


@pytest.mark.parametrize('ppm', [100.0, -100.0])
def test_an_hour_of_drifting_clocks_is_heard_without_a_glitch(ppm: float) -> None:
    """Without following, 100 ppm would add up to 360 ms: over- or underrun in any case."""
    hour, chunk, continuity = 3600.0, 0.08, Continuity()
    listener = Listener(chunk=chunk, keep=False, inspect=continuity)
    block = sine(HERTZ)(np.arange(2 * BLOCK))  # of whole periods, so all are alike
    sender = Sender(lambda positions: block, ppm=ppm, offset=-7200.0)
    listener.run(sender.packets(hour, jitter(0.02, 0.05), block=len(block)), rest=0.0)
    figures = listener.figures
    assert continuity.chunks == pytest.approx(hour / chunk, rel=1e-3)
    assert continuity.worst < SMOOTH
    assert (figures['late'], figures['lost'], figures['concealed']) == (0, 0, 0)
    assert listener.playout.utterances == 1 and not listener.ends
    assert figures['drift_ppm'] == pytest.approx(ppm, abs=15)
    assert 64 < figures['delay_ms'] < 140


def test_the_delay_follows_the_jitter_and_keeps_its_bounds() -> None:
    sender = Sender(sine(HERTZ))
    listener = Listener(delay_max=0.2)
    calm = list(sender.packets(30, jitter(0.02, 0.03)))
    listener.run(calm, rest=0.0)
    assert listener.figures['delay_ms'] < 90
    before = listener.figures['concealed']
    rough = in_order(list(sender.packets(30, jitter(0.02, 0.17), begin=30)))
    listener.run(rough, rest=0.0)
    # It grew at once: what was concealed was so at the beginning.
    grown = listener.figures
    assert 150 < grown['delay_ms'] < 232
    # As many as were needed to see what was going on, of about a thousand.
    assert grown['concealed'] - before < 12
    late = grown['late']
    listener.run(in_order(list(sender.packets(30, jitter(0.02, 0.17), begin=60))), rest=0.0)
    assert listener.figures['late'] - late <= 2
    # And it shrinks when all is calm again, unheard.
    concealed = listener.figures['concealed']
    listener.run(list(sender.packets(150, jitter(0.02, 0.03), begin=90)), rest=0.0)
    assert listener.figures['delay_ms'] < 100
    assert listener.figures['concealed'] == concealed
    wild = in_order(list(sender.packets(20, jitter(0.02, 1.5), begin=240)))
    listener.run(wild, rest=0.0)
    assert listener.figures['delay_ms'] <= 1000 * (0.2 + 0.032) + 21


def test_lost_late_repeated_and_disordered_blocks_are_told_apart() -> None:
    def network(random: np.random.Generator) -> float | None:
        return None if random.random() < 0.05 else float(random.uniform(0.02, 0.1))

    sender = Sender(sine(HERTZ))
    sent = list(sender.packets(40, network))
    twice = [Packet(packet.arrival + SECOND // 50, packet.stamp, packet.samples)
             for packet in sent[::3]]
    listener = Listener().run(in_order(sent + twice), rest=0.0)
    figures = listener.figures
    lost = 40 * SPEECH_RATE // BLOCK - len(sent)
    assert lost > 30
    # The last few are not known to be lost as nothing has come after them.
    assert figures['lost'] == pytest.approx(lost, abs=2)
    # Until the jitter was known.
    assert figures['late'] < 15
    assert 0.7 * lost < figures['concealed'] <= lost + figures['late'] + 2
    assert figures['concealed_ms'] < 1.5 * 32 * (lost + figures['late'])
    # All the rest is the sine as it was sent, and it is one utterance.
    heard = listener.sound()
    heard = heard[:len(heard) // 160 * 160].reshape(-1, 160)
    rough = sum(roughness(block, HERTZ) > SMOOTH for block in heard[20:])
    assert rough * 0.01 < 1.5 * (0.032 + 0.01) * (lost + figures['late'])
    assert len(listener.ends) == 0


def test_what_is_made_up_in_place_of_a_lost_block_does_not_click() -> None:
    dropped = set(range(20, 200, 15))

    def voice(positions: np.ndarray) -> Samples:
        pitch = 2 * np.pi * 117 / SPEECH_RATE * positions
        return (0.2 * np.sin(pitch) + 0.1 * np.sin(3 * pitch + 1)).astype(np.float32)

    sender = Sender(voice)
    sent = [packet for number, packet in enumerate(sender.packets(8, steady(0.02)))
            if number not in dropped]
    listener = Listener().run(sent, rest=0.0)
    assert listener.figures['concealed'] == len(dropped)
    heard = listener.sound()[SPEECH_RATE // 10:]
    whole = voice(np.arange(8 * SPEECH_RATE))
    # No sample jumps further than the voice itself ever does, give or take a little.
    assert np.abs(np.diff(heard)).max() < 1.5 * np.abs(np.diff(whole)).max()
    # A hole of 32 ms is filled: its loudness falls, but not to nothing.
    levels = np.sqrt(np.square(heard[:len(heard) // 160 * 160].reshape(-1, 160)).mean(axis=1))
    assert levels.min() > 0.25 * np.median(levels)


def test_a_break_of_ten_seconds_ends_the_utterance_and_the_next_one_is_on_time() -> None:
    sender = Sender(sine(HERTZ))
    listener = Listener()
    listener.run(sender.packets(10, jitter(0.02, 0.04)), rest=0.0)
    delay = listener.figures['delay_ms']
    # What the middleware had kept for the receiver comes first, a second late, in one go.
    back = BEGIN + 20 * SECOND
    backlog = [Packet(back + number, packet.stamp, packet.samples) for number, packet
               in enumerate(sender.packets(1, steady(0), begin=19))]
    after = list(sender.packets(10, jitter(0.02, 0.04), begin=20))
    listener.run(backlog + after, rest=0.0)
    first, second = list(dict.fromkeys(name for name, *_ in listener.chunks))
    assert [name for name, _ in listener.ends] == [first]
    end = listener.ends[0][1]
    assert (end - BEGIN) / SECOND == pytest.approx(10, abs=0.8)
    began = next(start for name, start, _, _ in listener.chunks if name == second)
    assert 19 < (began - BEGIN) / SECOND < 21
    # What was stuck has not taught it to wait for as long.
    assert listener.figures['delay_ms'] < delay + 250
    assert listener.figures['lost'] == pytest.approx(9 * SPEECH_RATE / BLOCK, abs=2)
    # The second one is all there.
    heard = np.concatenate([samples for name, _, samples, _ in listener.chunks
                            if name == second])
    assert roughness(heard[2 * SPEECH_RATE:], HERTZ) < SMOOTH


@pytest.mark.parametrize('step', [-3 * 3600.0, -20.0, 0.5, 20.0, 3 * 3600.0])
def test_a_sender_that_starts_anew_or_sets_its_clock_is_heard_again_soon(step: float) -> None:
    listener = Listener()
    listener.run(Sender(sine(HERTZ), offset=5 * 3600.0).packets(10, steady(0.03)), rest=0.0)
    again = Sender(sine(HERTZ), offset=5 * 3600.0 + step)
    listener.run(again.packets(10, steady(0.03), begin=10.5), rest=0.0)
    names = list(dict.fromkeys(name for name, *_ in listener.chunks))
    assert len(names) == 2
    began = next(start for name, start, _, _ in listener.chunks if name == names[1])
    # The silence between two of its lives, and what it takes to notice, are all that is lost.
    assert (began - BEGIN) / SECOND < 10.5 + 0.3 + 0.3 + 0.3
    heard = np.concatenate([samples for name, _, samples, _ in listener.chunks
                            if name == names[1]])
    assert roughness(heard[SPEECH_RATE:], HERTZ) < SMOOTH
    assert listener.figures['delay_ms'] < 150


def test_what_seems_to_be_late_for_good_is_not_waited_for_for_good() -> None:
    """A clock that is set back by as much as the sender was silent, or a longer way."""
    listener = Listener()
    listener.run(Sender(sine(HERTZ)).packets(10, steady(0.03)), rest=0.0)
    listener.run(Sender(sine(HERTZ)).packets(10, steady(0.53), begin=10), rest=0.0)
    assert listener.figures['delay_ms'] < 150
    last = listener.chunks[-1][0]
    heard = np.concatenate([samples for name, _, samples, _ in listener.chunks if name == last])
    assert len(heard) > 5 * SPEECH_RATE
    assert roughness(heard[SPEECH_RATE:], HERTZ) < SMOOTH


def test_a_local_clock_that_is_set_does_not_silence_the_sender() -> None:
    sender = Sender(sine(HERTZ))
    listener = Listener()
    listener.run(sender.packets(5, steady(0.03)), rest=0.0)
    for hours in (3, -3):
        listener.clock_now += hours * 3600 * SECOND
        late = [Packet(packet.arrival + listener.clock_now - BEGIN - 5 * SECOND, packet.stamp,
                       packet.samples) for packet in sender.packets(5, steady(0.03), begin=5)]
        before = len(listener.chunks)
        listener.run(late, rest=0.0)
        assert len(listener.chunks) - before > 200
        sender = Sender(sine(HERTZ))
        listener.run([], rest=1.0)


def speech(random: np.random.Generator, *parts: tuple[float, float]) -> Samples:
    """Return noise of (seconds, level) after each other: loud for speech, soft for a room."""
    return np.concatenate([level * random.standard_normal(round(seconds * SPEECH_RATE))
                           for seconds, level in parts]).astype(np.float32)


def test_the_noise_of_a_room_is_not_played_and_what_is_said_in_it_is() -> None:
    room = 0.004  # -48 dB
    sound = speech(np.random.default_rng(7), (4, room), (1.5, 0.1), (0.4, room), (1, 0.1),
                   (3, room), (0.5, 0.03), (3, room))
    sender = Sender(lambda positions: sound[int(positions[0]):int(positions[-1]) + 1])
    listener = Listener().run(sender.packets(len(sound) / SPEECH_RATE, steady(0.02)), rest=1.0)
    names = list(dict.fromkeys(name for name, *_ in listener.chunks))
    # The short pause divides nothing, the long one does; before, between and behind is nothing.
    assert len(names) == 2 and len(listener.ends) == 2
    lengths = [sum(len(samples) for name, _, samples, _ in listener.chunks if name == each)
               / SPEECH_RATE for each in names]
    assert lengths[0] == pytest.approx(2.9 + 0.6, abs=0.1)
    assert lengths[1] == pytest.approx(0.5 + 0.6, abs=0.1)
    # The moment before the first sound is there too: no onset is bitten off.
    begun = int(names[0].partition('#')[2])
    assert 0.0 <= 4.0 - (begun - BEGIN) / SECOND < 0.045


@pytest.mark.parametrize('stall', [0.15, 0.3, 0.45])
def test_the_onset_of_what_is_said_in_a_stall_is_heard(stall: float) -> None:
    """A network or a machine that is held up as somebody begins to speak delays all of it."""
    sound = speech(np.random.default_rng(7), (4, 0.001), (1.5, 0.1), (3, 0.001))
    sender = Sender(lambda positions: sound[int(positions[0]):int(positions[-1]) + 1])
    again = BEGIN + round((3.9 + stall) * SECOND)
    packets = [packet if not 0 < again - packet.arrival < stall * SECOND
               else dataclasses.replace(packet, arrival=again)
               for packet in sender.packets(8, steady(0.02))]
    listener = Listener().run(packets)
    assert listener.figures['late'] == 0
    loud = np.sum(np.abs(listener.sound()) > 0.03)
    assert loud == pytest.approx(np.sum(np.abs(sound) > 0.03), rel=0.02)


def test_noise_is_passed_on_where_that_is_asked_for() -> None:
    sound = speech(np.random.default_rng(7), (4, 0.004))
    sender = Sender(lambda positions: sound[int(positions[0]):int(positions[-1]) + 1])
    listener = Listener(pass_noise=True).run(sender.packets(4, steady(0.02)), rest=0.0)
    assert sum(len(samples) for _, _, samples, _ in listener.chunks) > 3.5 * SPEECH_RATE


def test_a_greater_lead_is_given_in_a_pause_unheard() -> None:
    sound = speech(np.random.default_rng(7), (3, 0.1), (0.4, 1e-3), (3, 0.1))
    sender = Sender(lambda positions: sound[int(positions[0]):int(positions[-1]) + 1])
    packets = list(sender.packets(6.3, steady(0.02)))
    listener = Listener()
    listener.run(packets[:80], rest=0.0)
    listener.lead = 0.28
    listener.run(packets[80:], rest=0.0)
    _, start, _, given = listener.chunks[-1]
    assert (start - given) / SECOND == pytest.approx(0.28, abs=0.025)
    assert (listener.figures['concealed'], listener.ends) == (0, [])
    # Both parts are there sample by sample; only the pause has become longer.
    loud = np.flatnonzero(np.abs(listener.sound()) > 0.03)
    pause = np.diff(loud).max() / SPEECH_RATE
    assert pause == pytest.approx(0.4 + 0.08, abs=0.03)


def test_a_much_greater_lead_is_given_at_once() -> None:
    listener = Listener()
    sender = Sender(sine(HERTZ))
    listener.run(sender.packets(3, steady(0.02)), rest=0.0)
    listener.lead = 0.35
    listener.run(sender.packets(3, steady(0.02), begin=3), rest=0.0)
    _, start, _, given = listener.chunks[-1]
    assert (start - given) / SECOND == pytest.approx(0.35, abs=0.03)
    assert listener.figures['concealed'] == 1
    assert len(listener.ends) == 0
