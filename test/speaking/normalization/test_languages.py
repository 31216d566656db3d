"""
What is written in a language is what is said in it.

spoken/LANGUAGE.txt has one case a line: its name, the text, what is to be heard written out, and
the locale where it is another one.
"""

from __future__ import annotations

from pathlib import Path
import re

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from txt2vid_ros.speaking.clauses import split_clauses
from txt2vid_ros.speaking.normalization.front_end import for_locale, normalize

SENTENCES = [
    ('de', 'Am 3. Oktober 1990 war es z. B. so. Dann kam Dr. Kohl, usw. Er sprach.',
     ['Am dritten Oktober neunzehnhundertneunzig war es zum Beispiel so.',
      'Dann kam Doktor Kohl, und so weiter.', 'Er sprach.']),
    ('es', 'El Sr. Ruiz vive en EE. UU. desde ayer. ¿Y tú? ¡Yo no!',
     ['El señor Ruiz vive en Estados Unidos desde ayer.', '¿Y tú?', '¡Yo no!']),
    ('fr', 'M. Petit est là à 8 h. Il dit « bonjour ». Puis il part.',
     ['monsieur Petit est là à huit heures.', 'Il dit bonjour.', 'Puis il part.']),
    ('it', 'Il Sig. Neri ha 5 gatti, ecc. Poi basta.',
     ['Il signor Neri ha cinque gatti, eccetera.', 'Poi basta.']),
    ('pt', 'O Dr. Reis tem 5. A Sra. Lima tem 7.',
     ['O doutor Reis tem cinco.', 'A senhora Lima tem sete.']),
    ('hi', 'डॉ. शर्मा आए। वे 5 हैं।', ['डॉक्टर शर्मा आए।', 'वे पाँच हैं।']),
    ('ja', '「はい。」と3回言った。そうです。', ['「はい。」', 'と三回言った。', 'そうです。']),
    ('zh', '共5个。好！走吧', ['共五个。', '好！', '走吧'])]
TABLES = sorted(Path(__file__).parent.joinpath('spoken').glob('*.txt'))


def cases(table: Path) -> list[tuple[str, str, str, str]]:
    """Return name, text, words and locale of each case."""
    lines = [[cell.strip() for cell in line.split(' | ')]
             for line in table.read_text('utf-8').splitlines()
             if line.strip() and not line.startswith('# ')]
    return [(name, text, words, locale[0] if locale else table.stem)
            for name, text, words, *locale in lines]


@pytest.mark.parametrize('table', TABLES, ids=lambda table: table.stem)
def test_every_text_of_the_table_is_said_as_a_native_speaker_would(table: Path) -> None:
    rows = cases(table)
    assert len({name for name, *_ in rows}) == len(rows) >= 60
    wrong = [f'{name}: {text!r} is said {said!r}, not {words!r}'
             for name, text, words, locale in rows
             if (said := normalize(text, (locale,), locale=locale).text) != words]
    wrong += [f'{name}: {words!r} is no figure any more, but is changed to {said!r}'
              for name, _, words, locale in rows
              if (said := normalize(words, (locale,), locale=locale).text) != words]
    assert not wrong, '\n'.join(wrong)


def test_sentences_end_where_they_end() -> None:
    for locale, text, sentences in SENTENCES:
        assert list(split_clauses(normalize(text, (locale,)).text)) == sentences


@pytest.mark.parametrize(('languages', 'locale', 'words'), [
    (('es-ES',), '', 'uno coma cinco euros'), (('es',), 'de-DE', 'eins Komma fünf Euro'),
    (('en', 'es'), '', 'one point five euros'), (('en', 'es'), 'es-MX', 'uno coma cinco euros'),
    (('sv',), '', '1,5 €')])
def test_the_locale_of_the_text_chooses_how_it_is_read_and_else_the_voice(
        languages: tuple[str, ...], locale: str, words: str) -> None:
    assert normalize('1,5 €', languages, locale=locale).text == words


def test_a_language_without_a_front_end_leaves_figures_to_the_voice() -> None:
    assert for_locale('sv-SE') is None
    assert for_locale('cmn-Hans-CN') is not None


def test_a_long_text_without_spaces_is_not_cut_within_a_number() -> None:
    assert normalize('一共12345元。' * 300, ('zh',)).text.replace(' ', '') == (
        '一共一万两千三百四十五元。' * 300)


@given(st.sampled_from(sorted(table.stem for table in TABLES)), st.lists(st.sampled_from([
    '5', '10', '3,5', '1.000', '-', '–', '/', ':', '%', '$', '€', 'km', '1/2', 'n.º', 'Nr.', 'A',
    'IV', '^', '(', ')', "'", '.', ',', ' ', ' ', ' ', '12/05/2024', '14:30', '°', '@', '#', 'com',
    'www.', 'º', '年', '点', '。', 'से', 'में', '।', '₹', 'mil', 'Mio.', '万', "02'345"]),
                                                                       max_size=12))
@settings(max_examples=60)
def test_no_mixture_of_figures_and_signs_is_left_half_done(locale: str, parts: list[str]) -> None:
    words = normalize(''.join(parts), (locale,), locale=locale).text
    assert not re.search(r'[\d%$€@#^/=<>*]', words)
