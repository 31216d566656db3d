"""Speech is understood on other machines, and here while they are away; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import threading

from fake_cluster import FakeCluster
from loading import loading
import numpy as np
import pytest
from rig import until
from stepped_time import SteppedTime
from txt2vid_ros.cluster.speech_service import recognizers
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.listening.recognizer import RecognizerCapabilities, Transcript, WholeRecognizer
from txt2vid_ros.providers.cloud.ray.cluster_server import ClusterOptions
from txt2vid_ros.providers.cloud.ray.recognizer import RayRecognizer, transcript_of
from txt2vid_ros.providers.resilience.fallback_recognizer import FallbackRecognizer
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot

UNHURRIED = TimeLimits(30.0, 30.0, 60.0, 30.0)
SECOND = np.full(16000, 0.5, np.float32)


class Counter(WholeRecognizer):
    """Understands how many seconds it was given."""

    name = 'counter'
    capabilities = RecognizerCapabilities(16000, confidence=True, locales=('en',))

    def __init__(self, locale: str = 'en', where: str = 'there') -> None:
        self.locale, self.where = locale, where
        self.asked, self.go = threading.Event(), threading.Event()

    def load(self) -> None:
        if self.locale == 'xx':
            raise UserError("stt.locale is 'xx', and counter understands English", 'Use en.')

    def transcribe(self, samples: np.ndarray) -> Transcript:
        assert np.allclose(samples, 0.5)
        self.asked.set()
        if self.locale == 'de':
            self.go.wait(60)
        return Transcript(f'{len(samples) / 16000:.1f} s {self.where}', 0.5, self.locale)


@pytest.fixture
def made() -> list[Counter]:
    return []


@pytest.fixture
def cluster(made: list[Counter]) -> Iterator[FakeCluster]:
    def make(locale: str) -> Counter:
        made.append(Counter(locale))
        return made[-1]

    server = FakeCluster('/recognizer', recognizers(make))
    yield server
    for each in made:
        each.go.set()
    server.close()


@pytest.fixture
def recognizer(cluster: FakeCluster) -> Iterator[Callable[..., RayRecognizer]]:
    with loading(lambda locale='en': RayRecognizer(locale, ClusterOptions(cluster.address))
                 ) as load:
        yield load


def test_drafts_come_while_somebody_speaks_and_then_the_text(
        cluster: FakeCluster, made: list[Counter], recognizer: Callable[..., RayRecognizer]
        ) -> None:
    loaded = recognizer()
    assert loaded.capabilities == Counter.capabilities
    assert loaded.understands('auto')
    speaking = loaded.open()
    speaking.push(SECOND)
    assert speaking.draft() == Transcript('1.0 s there', 0.5, 'en')
    speaking.push(SECOND)
    assert speaking.hypothesis().text == '2.0 s there'
    asked = cluster.asked
    assert speaking.finish().text == '2.0 s there'
    assert cluster.asked == asked           # it was known already
    assert len(cluster.connections) == len(made) == 1


def test_what_nobody_wants_any_more_ends_at_once(
        made: list[Counter], recognizer: Callable[..., RayRecognizer]) -> None:
    speaking = recognizer('de').open()
    speaking.push(SECOND)
    failed: list[ProviderError] = []

    def wait() -> None:
        try:
            speaking.finish()
        except ProviderError as error:
            failed.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert made[0].asked.wait(60)
    speaking.cancel()
    thread.join(60)
    assert failed
    speaking.cancel()


def test_what_is_wrong_is_told(cluster: FakeCluster, recognizer: Callable[..., RayRecognizer]
                               ) -> None:
    with pytest.raises(UserError, match=r"'xx'.*Use en"):
        recognizer('xx')
    with pytest.raises(UserError, match=r'stt\.ray\.address is not set'):
        RayRecognizer().load()
    for fields in ({}, {'text': 1, 'confidence': None, 'locale': ''},
                   {'text': '', 'confidence': float('nan'), 'locale': ''}):
        with pytest.raises(ValueError, match='no text'):
            transcript_of(fields)


@pytest.mark.parametrize('mode', ['busy', 'lost', 'cut', 'silent'])
def test_a_segment_goes_whole_to_the_one_here_and_later_ones_back(cluster: FakeCluster, mode: str
                                                                  ) -> None:
    clock = SteppedTime()
    health = HealthRegistry(clock.source)
    limits = TimeLimits(0.5 if mode == 'silent' else 30.0, 30.0, 60.0, 30.0)
    chain = FallbackRecognizer([
        ProviderSlot('ray', lambda: RayRecognizer('en', ClusterOptions(cluster.address)), limits,
                     health.of('ray')),
        ProviderSlot('here', lambda: Counter(where='here'), UNHURRIED, health.of('here'))],
        time_source=clock.source)
    chain.load()

    def heard() -> str:
        speaking = chain.open()
        for _ in range(3):
            speaking.push(SECOND)
        found = speaking.finish().text
        until(lambda: not chain.probing)
        return found

    speaking = chain.open()
    speaking.push(SECOND)
    assert speaking.draft().text == '1.0 s there'
    cluster.mode = mode                     # in the middle of what somebody says
    speaking.push(SECOND)
    assert speaking.draft().text == '2.0 s here'
    assert speaking.finish().text == '2.0 s here'
    assert heard() == '3.0 s here'
    cluster.mode = 'well'
    clock.seconds += 60
    assert heard() == '3.0 s here'
    assert heard() == '3.0 s there'
    chain.close()
