"""A text file is spoken paragraph by paragraph."""

from __future__ import annotations

from txt2vid_ros.speaking.paragraphs import LONGEST, paragraphs, sayable


def test_a_file_is_said_paragraph_by_paragraph() -> None:
    text = 'One line\r\nand more.\r\n\r\nTwo.\n \t\n\n\nThree\nlines.\n'
    assert paragraphs(text) == ['One line and more.', 'Two.', 'Three lines.']
    assert paragraphs(' \n\n') == []


def test_an_endless_paragraph_is_cut_and_nothing_of_it_is_lost() -> None:
    sentences = ' '.join(f'This is sentence {number}.' for number in range(2000))
    parts = paragraphs(sentences)
    assert ' '.join(parts) == sentences
    assert all(part.endswith('.') and len(part) <= LONGEST for part in parts)
    for text in ('word ' * 5000, 'x' * 25_000):
        parts = paragraphs(text)
        assert ''.join(parts).replace(' ', '') == text.replace(' ', '')
        assert max(map(len, parts)) <= LONGEST


def test_a_text_stays_one_unless_it_is_too_long() -> None:
    assert sayable('One.\n\nTwo.') == ['One.\n\nTwo.']
    assert sayable('') == ['']
    text = 'Word after word. ' * 6000
    parts = sayable(text)
    assert ' '.join(parts) == text.strip() and max(map(len, parts)) <= LONGEST


def test_a_list_in_a_file_is_said_with_its_pauses() -> None:
    assert paragraphs('Fruit:\n- An apple\n- A pear\n\nThe end') == [
        'Fruit: - An apple. - A pear', 'The end']
    ssml = '<speak>\nHello\n<break/>\n</speak>'
    assert paragraphs(ssml) == ['<speak> Hello <break/> </speak>']


def test_a_line_that_begins_with_a_day_is_no_item_of_a_list() -> None:
    text = 'Wir kommen mit der ganzen Familie am\n3. Mai aus dem Urlaub zurück.'
    whole = text.replace('\n', ' ')
    assert paragraphs(text, 'de') == paragraphs(text) == [whole]
    assert paragraphs('Erstens:\n3. Milch', 'de') == ['Erstens: 3: Milch']
