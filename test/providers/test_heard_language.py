"""Which language is heard, and what is made up: rules of the recognizer, without its weights."""

from __future__ import annotations

from pathlib import Path
import sys

import pytest
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import joined, spoken_locales
from txt2vid_ros.listening.segments import UtteranceText
from txt2vid_ros.listening.turn_taking import Completeness, TurnPredictor
from txt2vid_ros.providers.choice import make_recognizer
from txt2vid_ros.providers.stt import whisper_model
from txt2vid_ros.providers.stt.hallucination_filter import drop_hallucination
from txt2vid_ros.providers.stt.heard_language import HeardLanguage
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer


def test_a_word_does_not_change_the_language_and_a_sentence_does() -> None:
    heard = HeardLanguage(('en-GB', 'es', 'de'))
    spanish = {'en': 0.1, 'es': 0.85, 'de': 0.02, 'fr': 0.03}
    assert heard.choose(spanish, 0.8) == 'en'
    assert heard.choose(spanish, 1.6) == 'en'
    assert heard.choose({'en': 0.02, 'es': 0.95, 'de': 0.02}, 1.6) == 'es'
    assert heard.choose(spanish, 4.0) == 'es'
    heard.settle('es')
    assert heard.choose({'en': 0.5, 'es': 0.4}, 2.5) == 'es'
    assert heard.choose({'en': 0.9, 'es': 0.05}, 2.5) == 'en'
    assert heard.locale('en') == 'en-GB'


def test_only_what_is_spoken_comes_into_question() -> None:
    assert HeardLanguage(('en', 'fr')).choose({'th': 0.6, 'fr': 0.3, 'en': 0.1}, 5.0) == 'fr'
    anything = HeardLanguage()
    assert anything.choose({'th': 0.6, 'fr': 0.3}, 0.5) == 'th'
    assert anything.locale('th') == 'th'


def test_a_language_that_was_heard_twice_is_likelier_than_one_that_never_was() -> None:
    heard = HeardLanguage()
    unsure = {'la': 0.6, 'de': 0.2, 'en': 0.1}
    assert heard.choose(unsure, 5.0) == 'la'
    heard.settle('de')
    assert heard.choose(unsure, 5.0) == 'la'
    heard.settle('de')
    assert heard.choose(unsure, 5.0) == 'de'
    assert heard.choose({'la': 0.9, 'de': 0.05}, 5.0) == 'la'


def test_the_languages_of_a_parameter_are_read() -> None:
    assert spoken_locales('de-DE') == ('de-DE',)
    assert spoken_locales('en, es,pt-BR') == ('en', 'es', 'pt-BR')
    assert spoken_locales('auto') == ()
    for wrong in ('', 'Spanish!', 'en,auto', 'e'):
        with pytest.raises(UserError, match=r'stt\.locale'):
            spoken_locales(wrong)


class Polyglot(MoonshineRecognizer):
    """A recognizer of all languages."""

    @classmethod
    def understands(cls, locale: str) -> bool:
        return True


def test_a_recognizer_that_does_not_understand_a_language_is_left_out_of_a_list(
        monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {'moonshine': MoonshineRecognizer, 'faster-whisper': Polyglot}
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: kinds[name])

    def names(providers: str, locale: str) -> list[str]:
        return [slot.name for slot in make_recognizer(providers, locale)._chain.slots]

    both = 'moonshine, faster-whisper'
    assert names(both, 'en-GB') == ['moonshine', 'faster-whisper']
    assert names(both, 'de') == names(both, 'en-GB,de') == names(both, 'auto') == [
        'faster-whisper']
    assert names('moonshine', 'de') == ['moonshine']  # it says itself why not
    with pytest.raises(UserError, match=r"stt\.locale is 'auto', and moonshine is for one"):
        make_recognizer('moonshine', 'auto')


def test_an_utterance_is_in_the_language_of_most_of_it() -> None:
    said = UtteranceText(0, ['OK.', 'Vamos a la estación.'], [1.0, 1.0], ['en', 'es'])
    assert said.locale == 'es'
    chinese = UtteranceText(0, ['你好。', '我们走吧。'], [1.0, 1.0], ['zh', 'zh'])
    assert chinese.text == '你好。我们走吧。'
    assert chinese.text_with('好。', 'zh') == '你好。我们走吧。好。'
    assert joined(('a', '', 'b'), '') == 'a b'


def test_a_turn_ends_by_the_words_of_its_language() -> None:
    turns = TurnPredictor('auto')
    assert turns.completeness('Ich gehe jetzt und', 'de') is Completeness.INCOMPLETE
    assert turns.completeness('I am going and', 'en') is Completeness.INCOMPLETE
    assert turns.completeness('Ich gehe jetzt und', 'en') is Completeness.UNDECIDED


@pytest.mark.parametrize(('text', 'seconds'), [
    ('ご視聴ありがとうございました', 3.0), ('Untertitel der Amara.org-Community', 2.0),
    ("Sous-titres réalisés par la communauté d'Amara.org", 3.0), ('字幕由Amara.org社区提供', 2.0),
    ('Subtítulos realizados por la comunidad de Amara.org', 3.0),
    ('Thanks for watching!', 2.0), ('ありがとうありがとうありがとうありがとう', 9.0),
    ('谢谢。谢谢。谢谢。谢谢。谢谢。', 9.0), ('muchas gracias, ' * 5, 9.0), ('...', 1.0),
    ('我们今天早上从家里出发去火车站坐车', 0.9), ('धन्यवाद। ' * 5, 9.0)])
def test_what_nobody_said_is_dropped(text: str, seconds: float) -> None:
    assert drop_hallucination(text, seconds) == ''


@pytest.mark.parametrize(('text', 'seconds'), [
    ('我们今天早上从家里出发去火车站坐车去北京', 4.0), ('はい、はい、はい。', 1.5),
    ('Ja, ja, ja, ja.', 1.5), ('नमस्ते, आप कैसे हैं?', 1.5),
    ('Donaudampfschifffahrtsgesellschaft', 2.0),
    ('¿Dónde puedo ver los subtítulos?', 2.0), ('ありがとうございます。', 1.0),
    ('안녕하세요.', 0.8)])
def test_what_somebody_said_stays(text: str, seconds: float) -> None:
    assert drop_hallucination(text, seconds) == text


def test_the_weights_are_put_together_from_their_packages(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper_model, 'PACKAGES', ('fake_whisper_1', 'fake_whisper_2'))
    monkeypatch.setattr(sys, 'path', [str(tmp_path), *sys.path])
    assert whisper_model.packaged_base() is None
    for number, name in enumerate(whisper_model.PACKAGES, 1):
        data = tmp_path / name / 'data'
        data.mkdir(parents=True)
        (tmp_path / name / '__init__.py').touch()
        (data / f'model.bin.part{number}').write_bytes(bytes([number]) * number)
    assert whisper_model.packaged_base() is None, 'what lies beside the weights is missing'
    for name in ('config.json', 'tokenizer.json', 'vocabulary.json'):
        (data / name).write_text(name)
    assert whisper_model.packaged_base() == {
        'model.bin': b'\1\2\2', 'config.json': b'config.json',
        'tokenizer.json': b'tokenizer.json', 'vocabulary.json': b'vocabulary.json'}
