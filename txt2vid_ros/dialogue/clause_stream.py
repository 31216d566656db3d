"""Cuts a text that is still being written into pieces that can be said already."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.core.locales import joined, language_of
from txt2vid_ros.dialogue.plain_speech import is_open, MADE_LINE, plain_speech, Thoughts
from txt2vid_ros.speaking.clauses import sentences, speakable, spoken_length
from txt2vid_ros.speaking.language.recognition import recognized
from txt2vid_ros.speaking.normalization.front_end import normalize

MIN_FIRST = 20
"""Letters before a comma at which the first sentence is cut, so that the voice begins. A character
of Chinese or Japanese counts as the letters that take as long to say."""
MIN_PIECE = 40
"""Letters of any piece but the first and the last: a shorter sentence waits for the next."""
MAX_PIECE = 320
"""Characters of a text without the end of a sentence, which is then cut at a comma or a space."""
MAX_WORD = 2000
"""Characters of a word that is cut."""
_CONTEXT = 120
"""Characters before a full stop that tell what it means."""
_SURE = '。！？।॥؟۔'
"""Marks that end nothing but a sentence."""
_CLOSING = r'["”’»)\]*_`~]*'
_BRACKETS = re.compile('[「『（]|[」』）]')
_MARK = re.compile(rf'[.!?…]{_CLOSING}(?=\s|$)|[{_SURE}]{_CLOSING}[」』）]*|\n')
_INNER = re.compile(rf'(?<!\d)[,;:—–]{_CLOSING}(?=\s+\S)|[、，；：](?=\S)')
_QUOTED = re.compile('[」』]$')
_LETTER = re.compile(r'(?<![^\s("„«])[^\W\d_A-ZÀ-Þ]\.$')
_ABBREVIATED = re.compile(r'[^\W\d_]{1,3}\.|[a-zß-ÿ]')
_BEGUN = re.compile(r'[^\W\d_]{0,3}')
_FENCE = re.compile(r' {0,3}(```+|~~~+)')
_FENCE_BEGUN = re.compile(r' {0,3}(`{1,2}|~{1,2})')
_FOLLOWING = {'de': ('es', 'Schmidt', 'Mai', '5'), 'es': ('eso', 'García', '5'),
              'fr': ('il', 'Martin', '5'), 'hi': ('वह', 'शर्मा', '5'), 'it': ('che', 'Rossi', '5'),
              'pt': ('ele', 'Silva', '5')}
"""What may follow a full stop in the same sentence: a word, a name behind an abbreviation, a
number."""
_FOLLOWING_ELSE = ('it', 'Smith', '5')


class ClauseStream:
    """
    Takes a text as it is written, and gives it back in pieces for the voice, without its markup.

    Pieces end where sentences end, the first one also at a comma; never within an abbreviation, a
    number, an address, a link or code. Blocks of code and thoughts (<think>) are left out.
    """

    def __init__(self, locale: str = '') -> None:
        """Begin with an empty text, in the language `locale` (BCP 47) unless its words tell."""
        self.locale = locale
        """The language of the piece that was given back last; '' where nothing tells."""
        self._thoughts = Thoughts()
        self._raw = ''
        self._held = ''
        self._first = True
        self._at_line_start = True

    def feed(self, written: str) -> list[str]:
        """Take more of the text; return the pieces that are complete with it."""
        self._raw += self._thoughts.without(written)
        return [*self._pieces(paused=False, end=False)]

    def pause(self) -> list[str]:
        """Return what is complete though nothing follows it yet: the writer has paused."""
        return [*self._pieces(paused=True, end=False), *self._flush()]

    def finish(self) -> list[str]:
        """Return the rest: no more of the text comes."""
        return [*self._pieces(paused=True, end=True), *self._flush()]

    def _flush(self) -> list[str]:
        held, self._held = self._held, ''
        self._first = self._first and not held
        return [held] if held else []

    def _pieces(self, paused: bool, end: bool) -> Iterator[str]:
        while self._raw:
            if self._at_line_start and self._in_fence(end):
                return
            cut = self._cut(paused, end)
            if not cut:
                return
            piece, self._raw = self._raw[:cut], self._raw[cut:]
            self._at_line_start = piece.endswith('\n')
            self.locale = recognized(piece, self.locale)
            said = plain_speech(piece, self.locale)
            if not speakable(said):
                continue
            self._held = joined((self._held, said), self.locale)
            if self._first or spoken_length(self._held) >= MIN_PIECE:
                yield from self._flush()

    def _in_fence(self, end: bool) -> bool:
        """Leave out a block of code; return whether its end, or what begins here, is unknown."""
        while found := _FENCE.match(self._raw):
            closing = re.search(rf'\n {{0,3}}{re.escape(found[1])}[`~]*[ \t]*(?:\n|$)', self._raw)
            if closing is None or (not end and not closing[0].endswith('\n')):
                # What is in it is not kept, but for what may be its last line.
                self._raw = '' if end else f'{found[0]}\n{self._raw[found.end():][-80:]}'
                return True
            self._raw = self._raw[closing.end():]
        return not end and _FENCE_BEGUN.fullmatch(self._raw) is not None

    def _cut(self, paused: bool, end: bool) -> int:
        """Return where the next piece ends; 0 where that is not known yet."""
        raw = self._raw
        for mark in _MARK.finditer(raw):
            verdict = (self._ends_line(mark.end(), paused or end) if mark[0] == '\n'
                       else self._ends_sentence(mark.end(), paused, end))
            if verdict is None:
                break
            if verdict:
                return mark.end()
        else:
            if end:
                return len(raw)
        if self._first and not end:
            for mark in _INNER.finditer(raw):
                if spoken_length(raw[:mark.end()]) >= MIN_FIRST and not is_open(raw[:mark.end()]):
                    return mark.end()
        return self._forced(end)

    def _forced(self, end: bool) -> int:
        if len(self._raw) <= MAX_PIECE:
            return len(self._raw) if end else 0
        marks = [mark.end() for mark in _INNER.finditer(self._raw, MIN_FIRST, MAX_PIECE)]
        cut = marks[-1] if marks else self._raw.rfind(' ', MIN_FIRST, MAX_PIECE) + 1
        if cut:
            return cut
        # One word: an address perhaps.
        space = self._raw.find(' ', MAX_PIECE, MAX_WORD) + 1
        return space or (min(len(self._raw), MAX_WORD)
                         if end or len(self._raw) > MAX_WORD else 0)

    def _ends_line(self, at: int, paused: bool) -> bool | None:
        """Return whether a line was ended on purpose; None where what follows is to tell."""
        following = self._raw[at:].lstrip(' \t')
        if not following:
            return True if paused else None
        if not self._raw[:at].strip() or following.startswith('\n'):
            return True
        begin = self._raw.rfind('\n', 0, at - 1) + 1
        if MADE_LINE.match(self._raw[begin:at]) or MADE_LINE.match(following):
            return True
        return not following[0].islower() and not is_open(self._raw[:at])

    def _ends_sentence(self, at: int, paused: bool, end: bool) -> bool | None:
        piece, following = self._raw[:at], self._raw[at:]
        if is_open(piece) or _bracketed(piece):
            return False
        if piece.rstrip('"”’»)]*_`~」』）')[-1:] in _SURE:
            return self._ends_quotation(piece, following, paused)
        if not following and not paused:
            return None
        locale = recognized(piece, self.locale)
        words = following.split(None, 1)
        goes_on = _goes_on(piece, following, locale)
        if goes_on or (goes_on is None and not end):
            return False if goes_on else None
        likely = _FOLLOWING.get(language_of(locale), _FOLLOWING_ELSE)
        if all(_sentence_ends(piece, word, locale) for word in likely):
            # A number may go on behind its point: "3." and "5".
            return bool(following) or end or not piece.rstrip('.')[-1:].isdigit()
        if not words:
            return True if end else None
        if len(words) == 1 and not following[-1:].isspace() and not end:
            return None
        return _sentence_ends(piece, words[0], locale)

    def _ends_quotation(self, piece: str, following: str, paused: bool) -> bool | None:
        """Return whether a sentence ends with it: 「はい。」と goes on."""
        if not _QUOTED.search(piece):
            return True
        if not following:
            return True if paused else None
        return following[0] not in 'とって、，,'


def _goes_on(piece: str, following: str, locale: str) -> bool | None:
    """Return whether a sentence goes on by how the next word is written; None: it is to tell."""
    word = following.lstrip()
    if _LETTER.search(piece):  # z. B., p. ej., a. m.
        return None if _BEGUN.fullmatch(word) else _ABBREVIATED.match(word) is not None
    if language_of(locale) not in _FOLLOWING or not piece.endswith('.'):
        return False
    return word[0].islower() if word else None


def _bracketed(piece: str) -> bool:
    """Return whether a quotation of Japanese or Chinese has begun and not ended."""
    marks = _BRACKETS.findall(piece)
    return sum(mark in '「『（' for mark in marks) > len(marks) / 2


def _sentence_ends(piece: str, following: str, locale: str) -> bool:
    """Return whether a sentence ends with `piece` where the word `following` comes after it."""
    context = piece[-_CONTEXT:]
    if len(piece) > _CONTEXT:
        context = context.partition(' ')[2] or context
    begun, said = (normalize(text, (locale or 'en',), locale=locale).text
                   for text in (following, f'{context} {following}'))
    *before, last = sentences(said)
    return bool(before) and len(last.split()) <= len(begun.split())
