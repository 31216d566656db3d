"""The language of a text where nobody says so: by its script, its words, and what was spoken."""

from __future__ import annotations

import pytest
from txt2vid_ros.core.locales import is_tag, language_of, nearest, speaks
from txt2vid_ros.speaking.language.recognition import recognized, SpokenLanguages

TALK = {
    'en': ['Good morning, how are you today?', 'I would like a table for two, please.',
           "That's what I told her yesterday.", 'The train leaves at half past nine.'],
    'es': ['Buenos días, ¿cómo estás hoy?', 'Quiero una mesa para dos personas, por favor.',
           'Eso es lo que le dije ayer.', 'El tren sale a las nueve y media.'],
    'fr': ["Bonjour, comment vas-tu aujourd'hui ?", 'Je voudrais une table pour deux personnes.',
           'C’est ce que je lui ai dit hier.', 'Le train part à neuf heures et demie.'],
    'de': ['Guten Morgen, wie geht es dir heute?', 'Ich hätte gern einen Tisch für zwei.',
           'Das habe ich ihr gestern gesagt.', 'Der Zug fährt um halb zehn ab.'],
    'it': ['Buongiorno, come stai oggi?', 'Vorrei un tavolo per due, per favore.',
           'È quello che le ho detto ieri.', 'Il treno parte alle nove e mezza.'],
    'pt': ['Bom dia, como você está hoje?', 'Eu queria uma mesa para dois, por favor.',
           'Foi isso que eu disse a ela ontem.', 'O trem sai às nove e meia.'],
    'hi': ['नमस्ते, आप कैसे हैं?', 'ट्रेन साढ़े नौ बजे चलती है।'],
    'ja': ['おはようございます、お元気ですか。', '電車は九時半に出ます。', 'コーヒー'],
    'zh': ['早上好，你今天怎么样？', '火车九点半开。', '我们用 Linux 工作。'],
    'ru': ['Доброе утро, как дела?'], 'ko': ['안녕하세요.'], 'el': ['Καλημέρα.']}


@pytest.mark.parametrize('spoken', ['en', 'de', 'es', 'ja'])
def test_talk_is_recognized_whatever_was_spoken_before(spoken: str) -> None:
    assert {(text, recognized(text, spoken)) for texts in TALK.values() for text in texts} == {
        (text, language) for language, texts in TALK.items() for text in texts}


@pytest.mark.parametrize('text', [
    'OK.', 'No.', 'Hotel Ritz', 'Madrid', '12:30', '', '!?', 'Anna Schmidt', 'Taxi 7', 'ciao',
    'a la'])
@pytest.mark.parametrize('spoken', ['en-GB', 'fr', 'de-AT', 'pt-BR'])
def test_a_text_too_short_to_tell_stays_as_it_was(text: str, spoken: str) -> None:
    assert recognized(text, spoken) == spoken


@pytest.mark.parametrize(('text', 'spoken'), [
    ('She said "bonjour madame" and left the shop.', 'en'),
    ('We had sushi (寿司) and green tea at the station.', 'en'),
    ('Ich war gestern im Pub und habe "The Wall" gehört.', 'de'),
    ('Le mot anglais "weather" veut dire le temps.', 'fr')])
def test_a_word_or_a_quotation_does_not_change_it(text: str, spoken: str) -> None:
    assert recognized(text, spoken) == spoken


def test_chinese_characters_alone_are_in_the_language_that_has_been_spoken() -> None:
    assert recognized('東京', 'ja') == 'ja'
    assert recognized('東京', 'en') == 'zh'
    assert recognized('привіт', 'uk') == 'uk'


def test_only_what_somebody_speaks_comes_into_question() -> None:
    # With a Spanish voice and no Portuguese one, a close call is Spanish.
    assert recognized('Bom dia, como você está hoje?', 'en', ('en', 'fr', 'de')) == 'en'
    assert recognized(TALK['pt'][0], 'en-US', ('en-US', 'pt-BR')) == 'pt-BR'
    assert recognized(TALK['zh'][0], 'en', ('en', 'cmn')) == 'cmn'


def test_each_speaker_goes_on_in_the_language_of_before() -> None:
    spoken = SpokenLanguages()
    assert spoken.language('anna', 'Guten Morgen, wie geht es dir heute?', '', 'en') == 'de'
    assert spoken.language('anna', 'Hm.', '', 'en') == 'de'
    assert spoken.language('bob', 'Hm.', '', 'en') == 'en'
    assert spoken.language('anna', 'Hm.', 'fr-CA', 'en') == 'fr-CA'
    assert spoken.language('anna', 'OK.', '', 'en') == 'fr-CA'
    for number in range(2000):
        spoken.language(f'stranger {number}', 'Hm.', 'it', 'en')
    assert spoken.language('anna', 'OK.', '', 'en') == 'en'


@pytest.mark.parametrize(('languages', 'locale', 'found'), [
    (('en-US', 'en-GB'), 'en_GB', 'en-GB'), (('en-US', 'en-GB'), 'en-AU', 'en-US'),
    (('pt', 'pt-BR'), 'pt-BR', 'pt-BR'), (('cmn',), 'zh-CN', 'cmn'), (('zh-TW', 'zh'), 'zh', 'zh'),
    (('es',), 'es-419', 'es'), (('en', 'es'), 'eo', ''), ((), 'en', ''), (('en',), '', ''),
    (('zh-Hant-HK', 'zh-Hans-CN'), 'zh-Hans', 'zh-Hans-CN')])
def test_another_region_is_better_than_none(
        languages: tuple[str, ...], locale: str, found: str) -> None:
    assert nearest(languages, locale) == found
    assert speaks(languages, locale) is bool(found)


def test_tags_and_locales_are_read() -> None:
    assert language_of('de_DE.UTF-8') == language_of('DE') == 'de'
    assert is_tag('pt_BR') and is_tag('zh-Hans-CN') and is_tag('yue')
    assert not any(map(is_tag, ('', 'German', 'e', 'en us', 'en-')))
