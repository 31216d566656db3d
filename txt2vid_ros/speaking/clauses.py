"""Splits text into clauses, so that the first sound does not wait for the last word."""

from __future__ import annotations

from collections.abc import Iterator
import re
import unicodedata

MAX_FIRST_CLAUSE = 60
"""Characters; a longer first sentence is cut at an inner comma, so that speech starts sooner."""
MIN_CLAUSE = 12
"""Characters before a comma at which a sentence may be cut."""
MAX_CLAUSE = 240
"""Characters; longer text without punctuation is cut between words."""

# Text that was normalized has no other full stops than those of sentences.
_SENTENCE = re.compile(r'(?<=[.!?…؟۔।॥])["”’»)\]]*(\s+)'
                       r'|(?<=[。！？])["”’」』）]*(\s*)(?=[^\s"”’」』）])')
_INNER = re.compile(r'(?<=[,;:—–])\s+|(?<=[，、；：])\s*(?=[^\s，、；：])')
_SYLLABLES = re.compile('[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]')
_LETTERS_OF_A_SYLLABLE = 3
"""Letters that take as long to say as a character of Chinese, or one and a half of Japanese."""
_SPACE = re.compile(r'\s+')


def compose(text: str) -> str:
    """
    Return text that is safe to handle: composed (NFC), on one line, no control characters.

    Characters that UTF-8 cannot carry (lone surrogates) and the replacement character are dropped.
    """
    composed = unicodedata.normalize('NFC', text.encode('utf-8', 'ignore').decode('utf-8'))
    kept = (' ' if char.isspace() else char for char in composed
            if char.isspace() or (unicodedata.category(char)[0] != 'C' and char != '�'))
    return _SPACE.sub(' ', ''.join(kept)).strip()


def speakable(text: str) -> bool:
    """Return whether there is a letter or a digit: anything to pronounce."""
    return any(unicodedata.category(char)[0] in 'LN' for char in text)


def split_clauses(text: str) -> Iterator[str]:
    """
    Yield the clauses of normalized text in order, all of it but the spaces between them.

    Sentences stay whole, for the sake of their melody, except a long first one and any longer than
    MAX_CLAUSE.
    """
    first = True
    for sentence in sentences(text):
        limit = MAX_FIRST_CLAUSE if first else MAX_CLAUSE
        yield from _cut(sentence, limit)
        first = False


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences, each with its closing quotation marks and brackets."""
    begin = 0
    for end in _SENTENCE.finditer(text):
        yield text[begin:end.end() - len(end[1] or end[2] or '')]
        begin = end.end()
    yield text[begin:]


def spoken_length(text: str) -> int:
    """Return how many letters of the Latin script take as long to say."""
    if text.isascii():
        return len(text)
    return len(text) + (_LETTERS_OF_A_SYLLABLE - 1) * len(_SYLLABLES.findall(text))


def _cut(sentence: str, limit: int) -> Iterator[str]:
    if spoken_length(sentence) <= limit:
        if sentence:
            yield sentence
        return
    begin = end = following = 0
    for place in _INNER.finditer(sentence):
        held = sentence[begin:end]
        over = spoken_length(sentence[begin:place.start()]) > limit
        if over and spoken_length(held) >= MIN_CLAUSE:
            yield from _words(held)
            begin = following
        end, following = place.start(), place.end()
    held = sentence[begin:end]
    if spoken_length(held) >= MIN_CLAUSE and spoken_length(sentence[begin:]) > limit:
        yield from _words(held)
        begin = following
    yield from _words(sentence[begin:])


def _words(clause: str) -> Iterator[str]:
    while len(clause) > MAX_CLAUSE:
        cut = clause.rfind(' ', 1, MAX_CLAUSE + 1)
        if cut < 0:
            cut = MAX_CLAUSE
        yield clause[:cut].rstrip()
        clause = clause[cut:].lstrip()
    if clause:
        yield clause
