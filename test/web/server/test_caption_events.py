"""What pages get of captions: words with their times, where it stopped, what was not said."""

from __future__ import annotations

from typing import Any

from txt2vid_ros.web.server.events.captions import CaptionEvents

SECOND = 10**9
START = 1_800_000_000 * SECOND + 1


def times(event: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Return the words of an event with their times in milliseconds from START."""
    return [(word['text'], *((int(word[name]) - START) // 1_000_000 for name in ('start', 'end')))
            for word in event['words']]


def test_each_word_has_the_time_at_which_it_is_heard() -> None:
    captions = CaptionEvents()
    one = captions.event('anna', START, 'Good', '', START + 3_000_000)
    two = captions.event('anna', START, 'Good day', '', START + 400_000_000)
    end = captions.event('anna', START, '', 'Good day', START + 900_000_000)
    assert times(one) == [('Good', 0, 3)]
    assert times(two) == [('Good', 0, 400), ('day', 400, 400)]
    assert times(end) == [('Good', 0, 400), ('day', 400, 900)]
    assert [each['final'] for each in (one, two, end)] == [False, False, True]
    assert (end['speaker'], end['start'], end['cut'], end['unsaid']) == (
        'anna', str(START), False, '')
    assert one['id'] == two['id'] == end['id']


def test_words_that_come_together_share_the_time() -> None:
    captions = CaptionEvents()
    event = captions.event('anna', START, 'one two three', '', START + 600_000_000)
    assert times(event) == [('one', 0, 300), ('two', 300, 600), ('three', 600, 600)]
    event = captions.event('anna', START, 'one two three four five', '', START + 800_000_000)
    assert times(event)[2:] == [('three', 600, 700), ('four', 700, 800), ('five', 800, 800)]
    # The whole at once, before any of it is heard, as the clock may be off.
    event = captions.event('bert', START, '', 'one two', START - SECOND)
    assert [each[0] for each in times(event)] == ['one', 'two']
    assert all(int(word['start']) <= int(word['end']) for word in event['words'])


def test_it_tells_where_it_was_interrupted_and_what_was_dropped() -> None:
    captions = CaptionEvents()
    captions.event('anna', START, 'This', '', START)
    event = captions.event('anna', START, 'goes on', 'This —', START + SECOND)
    assert (event['text'], event['cut'], event['unsaid']) == (
        'This', str(START + SECOND), 'goes on')
    event = captions.event('anna', START + 1, 'Never.', '—', START + SECOND)
    assert (event['text'], event['words'], event['unsaid']) == ('', [], 'Never.')
    event = captions.event('anna', START + 2, '', 'Hm [1 word, 漢字, not said]', START + SECOND)
    assert (event['text'], event['cut'], event['unsaid']) == ('Hm', False, '1 word, 漢字,')


def test_utterances_without_an_end_are_forgotten() -> None:
    captions = CaptionEvents()
    for number in range(1000):
        captions.event('anna', START + number, 'Good', '', START + SECOND)
    assert len(captions._utterances) <= 32
