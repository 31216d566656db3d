"""A voice on other machines is the same voice here; while it is away another one speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import threading

from fake_cluster import FakeCluster
from hypothesis import given, strategies
from loading import loading
import numpy as np
import pytest
from rig import until
from stepped_time import SteppedTime
from txt2vid_ros.cluster.speech_service import SpeechService, voices
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.cloud.ray import wire
from txt2vid_ros.providers.cloud.ray.cluster_server import ClusterOptions
from txt2vid_ros.providers.cloud.ray.voice import RayVoice
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

RATE = 8000
WORD = RATE // 10
UNHURRIED = TimeLimits(30.0, 30.0, 60.0, 30.0)


class Choir(TextToSpeech):
    """Says each word as a chunk of one loudness, and waits before a word that is 'wait'."""

    name = 'choir'
    capabilities = VoiceCapabilities(RATE, timings=True, streaming=True, languages=('en', 'de'))

    def __init__(self, voice: str = '', speed: float = 1.0, loudness: float = 0.25) -> None:
        self.voice, self.speed, self.loudness = voice, speed, loudness
        self.go, self.waiting, self.left = (threading.Event() for _ in range(3))

    def load(self) -> None:
        if self.voice == 'nobody':
            raise UserError("there is no voice 'nobody'", 'Use another.')

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        for word in clause.split():
            if word == 'wait':
                self.waiting.set()
                until(lambda: cancelled() or self.go.is_set())
            if cancelled():
                self.left.set()
                return
            if word in ('quota', 'bug'):
                raise ProviderError('the quota is used up', retriable=False
                                    ) if word == 'quota' else KeyError(clause)
            yield SpeechChunk(
                np.full(round(WORD / self.speed), self.loudness, np.float32),
                (Phoneme('h', 0.0, 0.04, 1, begins_word=True), Phoneme('ə', 0.04, 0.06)),
                last=word == 'end', words=(0.0,))
            if word == 'end':
                until(lambda: cancelled() or self.go.is_set())


class Away:
    """The voices that were made on the other machine."""

    def __init__(self) -> None:
        self.made: list[Choir] = []

    def __call__(self, voice: str, speed: float) -> Choir:
        self.made.append(Choir(voice, speed))
        return self.made[-1]


@pytest.fixture
def away() -> Away:
    return Away()


@pytest.fixture
def service(away: Away) -> SpeechService[TextToSpeech]:
    return voices(away)


@pytest.fixture
def cluster(service: SpeechService[TextToSpeech]) -> Iterator[FakeCluster]:
    server = FakeCluster('/voice', service)
    yield server
    server.close()


@pytest.fixture
def voice(cluster: FakeCluster) -> Iterator[Callable[..., RayVoice]]:
    with loading(lambda name='', speed=1.0: RayVoice(
            name, speed, ClusterOptions(cluster.address))) as load:
        yield load


def say(voice: TextToSpeech, clause: str) -> list[SpeechChunk]:
    return list(voice.synthesize(clause, lambda: False))


def test_nothing_is_awaited_after_the_last_sample(
        away: Away, voice: Callable[..., RayVoice]) -> None:
    """However long the voice there takes to notice that it has said all."""
    assert [chunk.last for chunk in say(voice(), 'one end')] == [False, True]
    away.made[0].go.set()


def test_it_is_heard_as_it_is_made_with_the_times_of_its_sounds(
        cluster: FakeCluster, away: Away, voice: Callable[..., RayVoice]) -> None:
    loaded = voice('anna', 1.25)
    assert loaded.capabilities == Choir.capabilities
    assert [(each.voice, each.speed) for each in away.made] == [('anna', 1.25)]
    chunks = loaded.synthesize('one wait two', lambda: False)
    first = next(chunks)        # which comes while the rest is not made yet
    assert (len(first.samples), float(first.samples[0])) == (WORD / 1.25, 0.25)
    assert first.phonemes == (Phoneme('h', 0.0, 0.04, 1, begins_word=True),
                              Phoneme('ə', 0.04, 0.06))
    assert first.words == (0.0,)
    away.made[0].go.set()
    assert len(list(chunks)) == 2
    assert not say(loaded, '')
    assert len(say(loaded, 'three')) == 1
    assert len(cluster.connections) == 1
    assert len(away.made) == 1


def test_an_interruption_ends_the_work_there(
        away: Away, voice: Callable[..., RayVoice]) -> None:
    loaded = voice()
    stop = threading.Event()
    chunks = loaded.synthesize('one wait two', stop.is_set)
    next(chunks)
    assert away.made[0].waiting.wait(60)
    stop.set()
    assert not list(chunks)
    assert away.made[0].left.wait(60)
    assert len(say(loaded, 'and on')) == 2


def test_what_the_voice_there_says_of_an_error_is_told_here(
        voice: Callable[..., RayVoice], service: SpeechService[TextToSpeech]) -> None:
    with pytest.raises(UserError, match=r"cluster at 127.*no voice 'nobody'\. Use another"):
        voice('nobody')
    loaded = voice()
    with pytest.raises(ProviderError, match='the quota is used up') as refused:
        say(loaded, 'one quota')
    assert not refused.value.retriable
    for _ in range(3):
        service.threads.check()
        with pytest.raises(wire.RemoteFaultError, match='KeyError') as bug:
            say(loaded, 'bug')
    assert 'bug' not in str(bug.value)      # nothing of what was said
    with pytest.raises(RuntimeError, match='3 times'):
        service.threads.check()             # and Serve replaces the replica
    assert say(loaded, 'well')
    service.threads.check()


@pytest.mark.parametrize(('mode', 'says', 'retriable'), [
    ('busy', 'is busy', False), ('lost', 'HTTP 500', True), ('garbage', 'no answer', False),
    ('cut', 'broke', True)])
def test_a_cluster_in_trouble_is_told_in_a_line(
        cluster: FakeCluster, voice: Callable[..., RayVoice], mode: str, says: str,
        retriable: bool) -> None:
    loaded = voice()
    cluster.mode = mode
    with pytest.raises(ProviderError, match=says) as error:
        say(loaded, 'one two')
    assert error.value.retriable is retriable


@pytest.mark.parametrize('mode', ['busy', 'lost', 'cut', 'garbage', 'silent'])
def test_another_voice_takes_over_and_gives_back(cluster: FakeCluster, mode: str) -> None:
    clock = SteppedTime()
    health = HealthRegistry(clock.source)
    # A machine under load must not make the voice here fail, nor one there that does answer.
    limits = TimeLimits(0.5 if mode == 'silent' else 30.0, 30.0, 60.0, 30.0)
    chain = FallbackVoice([
        ProviderSlot('ray', lambda: RayVoice(options=ClusterOptions(cluster.address)), limits,
                     health.of('ray')),
        ProviderSlot('here', lambda: Choir(loudness=0.5), UNHURRIED, health.of('here'))],
        clock.source)
    chain.load()

    def heard(clause: str) -> list[float]:
        found = [float(chunk.samples.max()) for chunk in say(chain, clause)]
        until(lambda: not chain.probing)
        return found

    assert heard('one two') == [0.25, 0.25]
    cluster.mode = mode
    # All of it, where it broke off after what of it may have been heard already, and a pause.
    assert heard('one two')[-2:] == [0.5, 0.5]
    assert health.figures()['ray.state'] == 'open'
    asked = cluster.asked
    assert heard('one two') == [0.5, 0.5]
    assert cluster.asked == asked           # nobody waits for it again
    cluster.mode = 'well'
    clock.seconds += 60
    assert heard('one two') == [0.5, 0.5]   # it is tried beside this one
    assert heard('one two') == [0.25, 0.25]
    chain.close()


def test_where_the_cluster_is_has_to_be_said_and_it_may_come_later(cluster: FakeCluster) -> None:
    with pytest.raises(UserError, match=r'tts\.ray\.address is not set'):
        RayVoice().load()
    with pytest.raises(UserError, match=r'tts\.ray\.address'):
        RayVoice(options=ClusterOptions('http://:1')).load()
    for scheme in ('http://', 'ray://', ''):
        elsewhere = RayVoice(options=ClusterOptions(f'{scheme}{cluster.address}/other'))
        with pytest.raises(ProviderError, match='runs nothing at /other/voice'):
            elsewhere.load()
    cluster.close()
    with pytest.raises(ProviderError, match='cannot be reached'):
        RayVoice(options=ClusterOptions(cluster.address)).load()


def test_requests_that_are_none_are_refused(cluster: FakeCluster, voice: Callable[..., RayVoice]
                                            ) -> None:
    loaded = voice()
    server = loaded._server
    for fields in ({}, {'ask': 'speech'}, {'ask': 'speech', 'voice': '', 'speed': 1.0},
                   {'ask': 'speech', 'clause': 'a', 'voice': '', 'speed': 1e9}):
        with pytest.raises(ProviderError, match='no request'):
            server.one(server.call(fields))


def test_the_voices_that_are_asked_for_least_are_released(
        away: Away, service: SpeechService[TextToSpeech], voice: Callable[..., RayVoice]) -> None:
    for number in range(12):
        voice(str(number))
    assert len(service.threads._slots) == 8
    voice('11')
    assert len(away.made) == 12
    voice('0')
    assert len(away.made) == 13


@given(strategies.binary(max_size=100), strategies.integers(0, 60), strategies.integers(0, 255))
def test_bytes_that_are_no_message_are_refused_or_a_message(noise: bytes, at: int, value: int
                                                            ) -> None:
    whole = bytearray(wire.pack_chunk(SpeechChunk(
        np.ones(3, np.float32), (Phoneme('h', 0.0, 0.1),), words=(0.5,))))
    whole[at % len(whole)] = value
    for data in (noise, bytes(whole), bytes(whole)[:at]):
        try:
            chunk = wire.chunk_of(wire.unpack(data))
        except ValueError:
            continue
        assert np.isfinite(chunk.samples).all()
        assert all(np.isfinite([each.start, each.duration]).all() for each in chunk.phonemes or ())
