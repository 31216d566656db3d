"""A language is written in its own letters, whatever a recognizer would rather write."""

from __future__ import annotations

import pytest
from txt2vid_ros.providers.stt.letters import foreign_tokens, writing_of


def as_written(token: bytes) -> str:
    """Return bytes as byte-level BPE writes them; those of this test that it does not show."""
    unseen = {0x20: 'Ġ', 0x80: 'Ģ', 0x8d: 'į', 0x95: 'ķ', 0x9f: 'Ł', 0xa0: 'ł', 0xad: 'Ń'}
    return ''.join(unseen.get(byte, chr(byte)) for byte in token)


OWN = ('न', 'नम', ' क', 'क्', '।', '?', ', ', '2026', '“', '…')
FOREIGN = ('a', ' the', 'ß', 'é', 'ک', ' م', 'पर a', '中', 'か', 'ਨ', 'মা', 'д')


class Tokenizer:
    """Has a number for each text that it knows, and for parts of letters."""

    def __init__(self) -> None:
        parts = ('न'.encode()[:1], 'न'.encode()[:2], 'न'.encode()[1:], 'न'.encode()[2:],
                 'ا'.encode()[:1])
        texts = [*(text.encode() for text in (*OWN, *FOREIGN)), *parts]
        self.numbers = {as_written(text): number for number, text in enumerate(texts)}
        self.numbers |= {'<|hi|>': 900, '<|endoftext|>': 901}

    def get_vocab(self) -> dict[str, int]:
        return self.numbers

    def encode(self, text: str, add_special_tokens: bool) -> Tokenizer:
        assert text.strip() and not add_special_tokens
        return self

    ids = (7, 8)


def test_letters_of_other_scripts_are_not_written_and_parts_of_ones_own_are() -> None:
    numbers = Tokenizer().numbers
    names = {number: name for name, number in numbers.items()}
    assert [names[each] for each in foreign_tokens(numbers, 'hi')] == [
        *(as_written(text.encode()) for text in FOREIGN), as_written('ا'.encode()[:1])]


@pytest.mark.parametrize('language', ['en', 'ja', 'zh', 'de'])
def test_languages_that_mix_scripts_are_left_alone(language: str) -> None:
    assert writing_of(Tokenizer(), language) == ([], [])
    before, foreign = writing_of(Tokenizer(), 'hi')
    assert before == (7, 8) and foreign
