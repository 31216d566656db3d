"""Google listens: over one stream or many, each word is there once; faults are told, soon."""

from __future__ import annotations

import dataclasses
import socket
import threading

from fake_voices import spoken
import grpc
from hearing import words
import numpy as np
import pytest
from rig import until
import tone_words
from transcripts import hear, silence
from trouble import Trouble
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.google.recognizer import GoogleRecognizer, GoogleRecognizerOptions

RATE = 16000
STEP = RATE // 10


@pytest.fixture
def recognizer(google):
    """Return a function that loads a recognizer with options, and close what it made."""
    made = []

    def load(locale='en', **options):
        made.append(GoogleRecognizer(locale, GoogleRecognizerOptions(**options)))
        made[-1].load()
        google.streams.clear()
        return made[-1]

    yield load
    for each in made:
        each.close()
        each.close()


def push(recognition, sound):
    for at in range(0, len(sound), STEP):
        recognition.push(sound[at:at + STEP])


def sentences(*lengths):
    """Return sentences of so many words of the tone language, as sound, and the words."""
    numbers, parts = iter(range(4096)), []
    for length in lengths:
        parts += [tone_words.say(next(numbers)) for _ in range(length)] + [silence(0.5)]
    return np.concatenate(parts), ' '.join(f'w{number}' for number in range(sum(lengths)))


def test_speech_is_written_down_with_its_confidence(google, recognizer):
    text = 'The train to the airport leaves at half past seven.'
    recognition = recognizer().open()
    push(recognition, np.concatenate([silence(0.2), spoken(text, RATE), silence(0.1)]))
    found = recognition.finish()
    assert words(found.text) == words(text)
    assert found.confidence == pytest.approx(0.9)
    assert recognition.renewals == 0


def test_what_is_asked_for_is_what_the_options_say(google, recognizer):
    recognizer('de', model='phone_call', punctuation=False, phrases='Kiel; Bad Segeberg ;',
               boost=15.0).open().push(silence(0.1))
    until(lambda: google.streams, 'a stream')
    config = google.streams[0].config
    assert config.interim_results
    assert config.config.model == 'phone_call'
    assert config.config.language_code == 'de-DE'
    assert not config.config.enable_automatic_punctuation
    assert list(config.config.speech_contexts[0].phrases) == ['Kiel', 'Bad Segeberg']
    assert config.config.speech_contexts[0].boost == 15.0


def test_there_is_text_before_the_end(google, recognizer):
    google.hear = tone_words.hear
    recognition = recognizer().open()
    assert recognition.hypothesis().text == ''
    sound, said = sentences(40)
    push(recognition, sound[:-RATE // 2])
    until(lambda: len(recognition.hypothesis().text.split()) > 20, 'an interim result')
    interim = recognition.hypothesis()
    assert said.startswith(' '.join(interim.text.split()[:-1]))
    assert interim.confidence is None
    assert recognition.finish().text == said


def test_twelve_minutes_over_streams_of_five_lose_and_double_no_word(google, recognizer):
    google.hear = tone_words.hear
    lengths = np.random.default_rng(7).integers(5, 190, 37).tolist()
    sound, said = sentences(*lengths)
    assert len(sound) / RATE > 720
    recognition = recognizer(timeout=60.0).open()
    push(recognition, sound)
    found = recognition.finish()
    assert found.text == said
    # Fed as fast as it is taken, a stream is ahead of its results, and more of it is heard again.
    assert 2 <= recognition.renewals <= 6
    assert len(google.streams) == recognition.renewals + 1
    assert max(stream.samples for stream in google.streams) <= 290 * RATE
    assert sum(stream.samples for stream in google.streams) < 1.5 * len(sound)


def finals(google):
    return sum(len(stream.texts) for stream in google.streams)


def test_speech_without_an_end_is_renewed_at_the_limit(google, recognizer):
    google.hear = tone_words.hear
    recognition = recognizer(renew=20.0, limit=20.0).open()
    sound, said = sentences(60, 50)
    first = 60 * len(tone_words.say(0)) + RATE // 2
    push(recognition, sound[:first])
    until(lambda: finals(google), 'the first sentence')
    push(recognition, sound[first:])
    assert recognition.finish().text == said
    assert recognition.renewals == 1
    assert max(stream.samples for stream in google.streams) <= 20.2 * RATE


def test_where_nothing_ever_becomes_final_no_more_than_the_word_at_the_limit_is_harmed(
        google, recognizer):
    google.hear, google.pauses = tone_words.hear, False
    sound, said = sentences(300)
    recognition = recognizer(renew=5.0, limit=10.0).open()
    push(recognition, sound)
    found = recognition.finish().text.split()
    assert recognition.renewals >= 4
    whole = [word for word in found if word != 'cut']
    # In order, none twice, and a cut in two where a stream ended within one.
    assert whole == sorted(set(whole), key=said.split().index)
    assert len(said.split()) - len(whole) <= recognition.renewals
    assert found.count('cut') <= 2 * recognition.renewals


def test_real_speech_is_whole_over_renewed_streams(google, recognizer):
    said = ['My name is Peter and I live in London.',
            'Please bring me a cup of hot coffee with milk.',
            'The train to the airport leaves at half past seven.']
    recognition = recognizer(renew=3.0, limit=20.0).open()
    for number, text in enumerate(said, 1):
        push(recognition, np.concatenate([spoken(text, RATE), silence(0.5)]))
        until(lambda count=number: finals(google) >= count, 'the text of a sentence')
    assert words(recognition.finish().text) == words(' '.join(said))
    assert recognition.renewals >= 1


def test_a_stream_that_the_service_ends_sooner_is_renewed_too(google, recognizer):
    google.hear, google.limit = tone_words.hear, 20.0
    sound, said = sentences(*[30] * 10)
    recognition = recognizer().open()
    push(recognition, sound)
    assert recognition.finish().text == said
    assert recognition.renewals >= 2


def test_a_service_that_ends_every_stream_at_once_is_given_up(google, recognizer):
    recognition = recognizer().open()
    google.speech.always = Trouble(error=grpc.StatusCode.OUT_OF_RANGE)
    push(recognition, sentences(20)[0])
    with pytest.raises(ProviderError, match='does not take the request'):
        recognition.finish()


def test_behind_the_pipeline_silence_is_not_sent(google, recognizer):
    """The sound goes where all sound goes: nothing of a pause that is longer is paid for."""
    said = ('My name is Peter and I live in London.', 'He was not an ill disposed young man.')
    speech = [spoken(text, RATE) for text in said]
    sound = np.concatenate([silence(20), speech[0], silence(30), speech[1], silence(20)])
    texts, _ = hear(recognizer(), sound)
    assert [words(text) for _, text, _ in texts.finals] == [words(text) for text in said]
    assert [confidence for _, _, confidence in texts.finals] == pytest.approx([0.9, 0.9])
    sent = sum(stream.samples for stream in google.streams)
    assert sent < sum(map(len, speech)) + 2 * RATE


@pytest.mark.parametrize(('code', 'reason', 'says', 'retriable'), [
    (grpc.StatusCode.RESOURCE_EXHAUSTED, 'RATE_LIMIT_EXCEEDED', 'quota', True),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, '', 'quota is used up', False),
    (grpc.StatusCode.UNAVAILABLE, '', 'cannot be reached', True),
    (grpc.StatusCode.INTERNAL, '', 'failed', True),
    (grpc.StatusCode.FAILED_PRECONDITION, '', 'does not take the request', False)])
def test_errors_of_the_service_are_told_apart(google, recognizer, code, reason, says, retriable):
    recognition = recognizer().open()
    google.speech.coming.append(Trouble(error=code, says=reason))
    push(recognition, sentences(3)[0])
    with pytest.raises(ProviderError, match=says) as caught:
        recognition.finish()
    assert caught.value.retriable == retriable
    assert '\n' not in caught.value.problem
    # The next piece of speech is heard as if nothing had been.
    google.hear = tone_words.hear
    after = recognizer().open()
    push(after, sentences(3)[0])
    assert after.finish().text == 'w0 w1 w2'


def test_cut_in_the_middle_it_says_so_and_a_new_recognition_hears_all(google, recognizer):
    google.hear = tone_words.hear
    loaded = recognizer()
    recognition = loaded.open()
    sound, said = sentences(20, 20)
    push(recognition, sound[:len(sound) // 2 + RATE])
    until(lambda: recognition.hypothesis().text, 'the first result')
    google.stop()
    with pytest.raises(ProviderError) as caught:
        recognition.finish()
    assert caught.value.retriable
    google.start()

    def again():
        anew = loaded.open()
        push(anew, sound)
        try:
            return anew.finish().text
        except ProviderError:
            return None

    found = []
    until(lambda: found.append(again()) or found[-1], 'the service to be back')
    assert found[-1] == said


def test_cancelled_it_ends_at_once(google, recognizer):
    google.speech.always = Trouble(delay=60)
    recognition = recognizer_without_delay(google, recognizer).open()
    push(recognition, sentences(3)[0])
    google.speech.begun.acquire(timeout=20)
    caught = []
    waiting = threading.Thread(target=lambda: caught.append(recognition.finish()))
    waiting.start()
    recognition.cancel()
    waiting.join(20)
    assert caught and caught[0].text == ''
    recognition.cancel()
    recognition.push(silence(0.1))
    assert google.speech.left.acquire(timeout=20)


def recognizer_without_delay(google, recognizer):
    trouble, google.speech.always = google.speech.always, None
    loaded = recognizer()
    while google.speech.begun.acquire(blocking=False):
        pass
    google.speech.always = trouble
    return loaded


def test_a_last_text_that_does_not_come_is_not_waited_for(google, recognizer):
    loaded = recognizer(timeout=0.3)
    google.speech.always = Trouble(delay=60)
    recognition = loaded.open()
    push(recognition, sentences(3)[0])
    with pytest.raises(ProviderError, match=r'no final text within 0.3 s'):
        recognition.finish()


def test_without_a_network_at_the_start_that_is_what_it_says(google):
    with socket.create_server(('127.0.0.1', 0)) as nobody:
        address = f'127.0.0.1:{nobody.getsockname()[1]}'
    loaded = GoogleRecognizer('en', GoogleRecognizerOptions(endpoint=address, timeout=0.5))
    with pytest.raises(ProviderError, match='cannot be reached') as caught:
        loaded.load()
    assert caught.value.retriable
    with pytest.raises(RuntimeError, match='load'):
        loaded.open()


def test_a_language_that_the_service_does_not_know_is_refused_at_the_start(google):
    with pytest.raises(UserError, match=r'stt\.google: .*bad language code'):
        GoogleRecognizer('tlh').load()


def test_expired_credentials_are_told_at_the_start(google, account):
    google.expired.add(account.id)
    with pytest.raises(UserError, match='have expired'):
        GoogleRecognizer().load()


def test_numbers_that_contradict_each_other_are_refused(google):
    with pytest.raises(UserError, match='renew'):
        GoogleRecognizer('en', GoogleRecognizerOptions(renew=300.0)).load()
    assert dataclasses.replace(GoogleRecognizerOptions(), renew=1.0).renew == 1.0
