"""A voice that fails is followed by the next, and nothing is lost or said twice."""

from __future__ import annotations

from collections.abc import Iterator
import logging
import re
import threading

import numpy as np
import pytest
from rig import until
from scripted import BAD_KEY, Choir, choir, PATIENT, QUOTA, RESET, Script, WAIT
from txt2vid_ros.core.clock import SystemClock
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.resilience.health import BreakerState, OPEN_TIME
from txt2vid_ros.providers.resilience.provider_slot import MAX_HUNG_CALLS
from txt2vid_ros.speaking.scheduler import SpeechScheduler
from txt2vid_ros.speaking.speech_sink import SpeechRequest


class Stage:
    """Makes choirs that are closed when the test is over."""

    def __init__(self) -> None:
        self.made: list[Choir] = []

    def __call__(self, *scripts: Script, load: bool = True) -> Choir:
        self.made.append(choir(*scripts, load=False))
        if load:
            self.made[-1].voice.load()
        return self.made[-1]


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    for each in stage.made:
        each.close()


def said(name: str, clause: str) -> list[str]:
    return [f'{name}:{word}' for word in clause.split()]


def test_the_first_of_the_list_speaks_while_it_is_well(stage: Stage) -> None:
    two = stage(Script('a'), Script('b'))
    assert two.say('one two three') == said('a', 'one two three')
    assert two.scripts['b'].asked == []
    assert two.say('') == []


def test_an_outage_of_30_s_in_the_middle_of_a_paragraph(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Each sentence lasts 2 s; the first voice is out from the 10th to the 40th second."""
    two = stage(Script('a'), Script('b'))
    begin = two.time.seconds
    who = []
    for number in range(40):
        passed = two.time.seconds - begin
        two.scripts['a'].fault = RESET if 10 <= passed < 40 else None
        clause = f'{number} ' + 'word ' * 19
        heard = two.say(clause)
        # Every sentence is heard once, whole, and by one voice.
        assert heard in (said('a', clause), said('b', clause))
        who.append(heard[0][0])
    assert re.fullmatch('a{5}b{15,25}a{10,20}', ''.join(who)), who
    tries = len(two.scripts['a'].asked) - who.count('a')
    assert tries <= 8, 'no work while it is out, but for probes that grow rarer'
    changes = [record.message for record in caplog.records]
    assert changes == ['a: connection reset; voice b takes over', 'voice a is in use again']
    figures = two.health.figures()
    assert figures['a.state'] == 'closed'
    assert figures['a.errors_outside'] == tries - 1, 'the last probe succeeded'
    assert figures['a.first_ms_p50'] >= 0


def test_what_another_try_may_mend_is_tried_again_at_once_with_chance_in_the_pause(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    two = stage(Script('a', fault=RESET, times=1), Script('b'))
    assert two.say('one two') == said('a', 'one two')
    assert sum(two.time.sleeps) == pytest.approx(0.1)
    assert two.scripts['b'].asked == []
    assert two.health.of('a').state is BreakerState.CLOSED
    assert not caplog.records


def test_what_no_other_try_mends_is_left_to_the_next_at_once(stage: Stage) -> None:
    two = stage(Script('a', fault=QUOTA), Script('b'))
    assert two.say('one two') == said('b', 'one two')
    assert two.scripts['a'].asked == ['one two']
    assert two.time.sleeps == []
    assert two.health.of('a').state is BreakerState.OPEN


def test_the_tries_are_bounded(stage: Stage) -> None:
    one = stage(Script('a', fault=RESET))
    with pytest.raises(ProviderError, match='connection reset'):
        one.say('one')
    assert len(one.scripts['a'].asked) == 3
    assert sum(one.time.sleeps) == pytest.approx(0.3)


def test_after_half_of_the_sound_the_clause_is_said_again_from_its_start(stage: Stage) -> None:
    go = threading.Event()
    two = stage(Script('a', fault=RESET, fault_after=2, go=go), Script('b'))
    heard = two.listen('one two three')
    assert next(heard) == 'a:one'
    go.set()
    rest = list(heard)
    # The second word was made, and may have been taken before the fault or not.
    assert rest[-4:] == ['...', *said('b', 'one two three')]
    assert rest[:-4] in ([], ['a:two'])
    assert two.scripts['a'].asked == ['one two three'], 'who has begun leaves it to another'


@pytest.mark.parametrize('how', ['fault_after', 'hang_after'])
def test_what_was_whole_is_not_said_again_where_the_voice_knows(stage: Stage, how: str) -> None:
    two = stage(Script('a', marks_last=True, **{how: 2}), Script('b'))
    assert two.say('one two') == said('a', 'one two')
    assert two.scripts['b'].asked == []
    assert two.health.of('a').state is BreakerState.CLOSED


def test_a_voice_that_hangs_is_given_up_for_the_next(stage: Stage) -> None:
    two = stage(Script('a', hang_after=0), Script('b'))
    assert two.say('one two') == said('b', 'one two')
    assert two.health.figures()['a.errors_time_limit'] == 1
    # When it is due it gets a new object on a new thread; what hangs closes itself in the end.
    two.scripts['a'].hang_after = None
    two.slots['a'].limits = PATIENT
    two.time.seconds += 10
    assert two.say('three') == said('b', 'three')
    assert two.say('four') == said('a', 'four')
    assert two.scripts['a'].loads == 2
    two.scripts['a'].over.set()
    until(lambda: two.scripts['a'].closes == 1)


def test_a_hang_in_the_middle_has_the_clause_said_again(stage: Stage) -> None:
    two = stage(Script('a', hang_after=1), Script('b'))
    assert two.say('one two') == ['a:one', '...', *said('b', 'one two')]


def test_where_the_last_one_fails_who_is_being_probed_is_waited_for(stage: Stage) -> None:
    two = stage(Script('a', fault=QUOTA), Script('b'))
    assert two.say('one') == said('b', 'one')
    first, second = two.scripts.values()
    two.time.seconds += 10
    first.fault, first.hang_after = None, 0
    second.fault = QUOTA
    heard: list[str] = []
    speaking = threading.Thread(target=lambda: heard.extend(two.say('two')))
    speaking.start()
    assert first.hanging.wait(WAIT)
    until(lambda: two.health.of('b').state is BreakerState.OPEN)
    first.over.set()
    speaking.join(WAIT)
    assert heard == said('a', 'two')
    assert first.asked == ['one', 'two', 'two'], 'the probe, and then the work'


def test_interrupting_does_not_wait_for_what_hangs(stage: Stage) -> None:
    two = stage(Script('a'), Script('b'))
    script = two.scripts['a']
    script.hang_after = 1
    cancelled = threading.Event()
    heard: list[str] = []
    speaking = threading.Thread(
        target=lambda: heard.extend(two.say('one two', cancelled.is_set)))
    speaking.start()
    assert script.hanging.wait(WAIT)
    cancelled.set()
    speaking.join(WAIT)
    assert not speaking.is_alive(), 'the limits of this voice are longer than the patience here'
    assert heard == ['a:one']
    assert two.scripts['b'].asked == []
    assert two.health.of('a').state is BreakerState.CLOSED, 'an interruption blames no voice'


def interrupted(two: Choir, after: float) -> None:
    """Interrupt the first voice, which has said nothing for so many seconds."""
    cancelled = threading.Event()
    script = two.scripts['a']
    script.hanging.clear()
    speaking = threading.Thread(target=two.say, args=('one', cancelled.is_set))
    speaking.start()
    assert script.hanging.wait(WAIT)
    two.time.seconds += after
    cancelled.set()
    speaking.join(WAIT)
    assert not speaking.is_alive()


def test_who_hung_until_it_was_interrupted_does_not_keep_the_next_clause_waiting(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    two = stage(Script('a'), Script('b'))
    script = two.scripts['a']
    assert two.say('zero') == said('a', 'zero')
    script.hang_after = 0
    interrupted(two, after=PATIENT.first / 2)
    assert two.health.of('a').state is BreakerState.OPEN
    assert two.health.figures()['a.errors_time_limit'] == 1
    assert two.say('two') == said('b', 'two')
    assert script.asked == ['zero', 'one']
    # It is tried again like any other that has failed.
    script.hang_after = None
    two.time.seconds += 10
    assert two.say('three') == said('b', 'three')
    assert two.say('four') == said('a', 'four')
    assert [record.message for record in caplog.records] == [
        'a: nothing had come after 15.0 s; voice b takes over', 'voice a is in use again']


def test_who_was_interrupted_early_is_not_blamed(stage: Stage) -> None:
    two = stage(Script('a'), Script('b'))
    two.scripts['a'].hang_after = 0
    interrupted(two, after=PATIENT.first / 2 - 0.1)
    assert two.health.of('a').state is BreakerState.CLOSED


def test_nor_is_the_only_one_there_is(stage: Stage) -> None:
    one = stage(Script('a'))
    one.scripts['a'].hang_after = 0
    interrupted(one, after=PATIENT.first - 1)
    assert one.health.of('a').state is BreakerState.CLOSED
    one.scripts['a'].hang_after = None
    one.scripts['a'].over.set()
    assert one.say('two') == said('a', 'two')


def test_calls_that_hang_are_bounded_in_number(stage: Stage) -> None:
    two = stage(Script('a', hang_after=0), Script('b'))
    before = threading.active_count()
    for _ in range(3 * MAX_HUNG_CALLS):
        assert two.say('one') == said('b', 'one')
        two.time.seconds += 2 * OPEN_TIME.largest
    assert two.scripts['a'].loads == MAX_HUNG_CALLS
    assert threading.active_count() <= before + MAX_HUNG_CALLS + 2


def test_a_load_that_fails_does_not_stop_the_others(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    three = stage(Script('key', load_fault=BAD_KEY), Script('net', load_fault=RESET), Script('c'))
    lines = [record.message for record in caplog.records]
    assert lines == ['voice net could not be loaded and is tried again: connection reset',
                     'voice key is not used: the key is wrong. Make a new one.']
    assert three.say('one') == said('c', 'one')
    assert 'key is out: the key is wrong' in three.health.complaint()
    # The network comes back; the key does not mend itself.
    three.scripts['net'].load_fault = three.scripts['key'].load_fault = None
    three.time.seconds += 10
    assert three.say('two') == said('c', 'two')
    assert three.say('three') == said('net', 'three')
    assert three.scripts['key'].loads == 1
    assert three.health.complaint() == 'key is out: the key is wrong. Make a new one.'


def test_a_load_that_hangs_does_not_stop_the_others(stage: Stage) -> None:
    two = stage(Script('a', hang_after=0), Script('b'), load=False)
    script = two.scripts['a']
    script.load_fault = RESET
    script.fail = lambda fault: script.hang()  # type: ignore[method-assign]
    two.voice.load()
    assert two.say('one') == said('b', 'one')
    script.over.set()
    until(lambda: script.closes == 1)


def test_where_the_user_has_to_mend_all_the_first_one_is_named(stage: Stage) -> None:
    with pytest.raises(UserError, match='the key is wrong'):
        stage(Script('a', load_fault=BAD_KEY), Script('b', load_fault=UserError('no voice')))


def test_alone_without_a_network_it_waits_for_it(stage: Stage) -> None:
    one = stage(Script('a', load_fault=RESET, rate=24000))
    with pytest.raises(ProviderError, match=r'a: connection reset \(tried again in 1 s\)'):
        one.say('one')
    one.scripts['a'].load_fault = None
    one.time.seconds += 5
    assert one.say('two') == said('a', 'two')


@pytest.mark.parametrize('fault', [BAD_KEY, RuntimeError('a slip in its code')])
def test_alone_it_raises_what_it_raised_before(stage: Stage, fault: Exception) -> None:
    one = stage(Script('a', fault=fault))
    with pytest.raises(type(fault), match=str(fault)):
        one.say('one')
    one.scripts['a'].fault = None
    assert one.say('two') == said('a', 'two')


def test_a_slip_in_the_code_of_one_is_told_with_its_trace_and_made_good_by_the_next(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    two = stage(Script('a', fault=RuntimeError('a slip'), times=1), Script('b'))
    assert two.say('one') == said('b', 'one')
    assert 'voice a failed' in caplog.text
    assert 'Traceback' in caplog.text
    assert two.say('two') == said('a', 'two'), 'one text that it cannot say proves nothing'


def test_a_user_error_ends_the_use_of_one_for_good(stage: Stage) -> None:
    two = stage(Script('a', fault=BAD_KEY), Script('b'))
    assert two.say('one') == said('b', 'one')
    two.time.seconds += 1000
    assert two.say('two') == said('b', 'two')
    assert two.say('three') == said('b', 'three')
    assert two.scripts['a'].asked == ['one']


def test_where_all_fail_the_utterance_fails_in_one_line_and_the_next_is_said(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    two = stage(Script('a', fault=RESET), Script('b', fault=QUOTA))
    ended: dict[str, threading.Event] = {name: threading.Event() for name in ('1', '2')}

    class Output:
        def audio(self, utterance: str, start: int, samples: np.ndarray, rate: int) -> None:
            heard.append(utterance)

        def mouth(self, utterance: str, track: object) -> None: ...

        def words(self, utterance: str, words: object, locale: str) -> None: ...

        def left_out(self, utterance: str, described: str) -> None: ...

        def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
                  ) -> None:
            ended[utterance].set()

    heard: list[str] = []
    scheduler = SpeechScheduler(lambda speaker: two.voice, lambda *_: None, Output(),
                                SystemClock(), lambda: 0.0,
                                rate=two.voice.capabilities.sample_rate)
    scheduler.start()
    scheduler.say(SpeechRequest('1', 'Lost.', 'x', 0))
    assert ended['1'].wait(WAIT)
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.message for record in errors] == [
        'no voice works: a: connection reset; b: quota used up']
    assert errors[0].exc_info is None
    assert scheduler.statistics.failed == 1
    two.scripts['a'].fault = two.scripts['b'].fault = None
    two.time.seconds += 10
    scheduler.say(SpeechRequest('2', 'Found.', 'x', 0))
    assert ended['2'].wait(WAIT)
    scheduler.close()
    assert set(heard) == {'2'}


def test_voices_of_other_rates_come_at_one_rate_without_seams(stage: Stage) -> None:
    two = stage(Script('low', rate=16000), Script('high', rate=24000))
    assert two.voice.capabilities.sample_rate == 24000
    chunks = [chunk.samples for chunk in two.voice.synthesize('a a a a', lambda: False)]
    whole = np.concatenate(chunks)
    assert len(whole) == pytest.approx(0.4 * 24000, abs=1)
    middle = whole[1000:-1000]
    assert np.ptp(middle) < 1e-3 * abs(middle).max() + 1e-6, 'the same word has the same value'


def test_it_is_loaded_once_and_closed(stage: Stage) -> None:
    two = stage(Script('a'), Script('b'))
    two.say('one')
    two.voice.close()
    two.voice.close()
    assert [(each.loads, each.closes) for each in two.scripts.values()] == [(1, 1), (1, 1)]
