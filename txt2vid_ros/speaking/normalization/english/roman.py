"""
Roman numerals in English, only where they are numerals: Henry VIII, chapter IV, World War II.

"Queen Victoria", "George Lucas" and "Type C" begin like one; a numeral is a whole word, and a
single letter counts as one only in company that makes it a number.
"""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import cardinal, ordinal
from txt2vid_ros.speaking.normalization.english.sentence_words import begins_sentence
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule, words_of

_NUMERAL = r'(?=[IVXLCM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})'
_VALUES = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}
_RULERS = words_of(
    'Pope King Queen Emperor Tsar Henry Louis Edward George William Charles James Richard '
    'Elizabeth Napoleon Pius Benedict Leo Paul Ramses Frederick Philip Alexander Nicholas '
    'Peter Catherine Ivan Emmanuel Gustav Christian Ferdinand Francis Gregory Clement '
    'Innocent Urban Boniface Sixtus Otto Wilhelm Friedrich Karl Carl Harald Haakon Margrethe '
    'Mary Robert David Malcolm Alfonso Juan Carlos Felipe Pedro Joseph Leopold Albert Rainier '
    'Ptolemy Darius Xerxes Cleopatra Constantine Justinian Basil Michael Theodosius Augustus '
    'Sigismund Casimir Ladislaus Stephen Stanislaus Mehmed Murad Selim Suleiman Pharaoh '
    'Thutmose Amenhotep Seti Umberto Victor Oscar Eric Erik Olaf Canute Maximilian Rudolf '
    'Ludwig Matthias Wenceslas Boris Abdullah Hassan Hussein Mohammed')
_NUMBERED = words_of(
    'Chapter chapter Part part Act act Scene scene Section section Volume volume Book book '
    'Phase phase Article article Mark Type type Level level Stage stage Class class Grade '
    'grade Apollo Gemini Fantasy Episode episode Round round Rocky Bowl War Appendix appendix '
    'Title title Figure figure Table table Saturn Schedule Annex annex Tier tier Corps '
    'Division Olympiad Symphony Sonata Rambo Terminator Halo Factor factor')
_LETTERS_TOO = frozenset(words_of(
    'Chapter chapter Act act Volume volume War Phase phase Stage stage Apollo Gemini Episode '
    'episode Rocky Bowl Saturn Mark Type type'))
"""Words after which V and X are numerals, for no letters follow them as such."""
_ONE_TOO = frozenset(words_of(
    'Chapter chapter Act act Volume volume War Phase phase Episode episode'))
_END = r'(?![\w.&/-]*\w)'
_OF_A_RULER = re.compile(
    r'(?=[,;:)]|\.(?!\s[A-Z]\w*\s[a-z])|\'s\b|$|'
    r'\s(?:of|and|to|in|was|ruled|reigned|died|became|succeeded|abdicated)\b)')
_OF_A_PART = re.compile(
    r'(?=[.,;:!?)]|$|\s(?:of|and|to|in|was|is|ended|began|scene|Scene)\b)')
_SOVEREIGN = re.compile(r'\b(?:King|Queen|Pope|Emperor|Tsar|Prince|Kaiser)\s$')


def value(numeral: str) -> int:
    """Return what a Roman numeral stands for."""
    numbers = [_VALUES[letter] for letter in numeral]
    return sum(-number if number < after else number
               for number, after in zip(numbers, [*numbers[1:], 0], strict=True))


def _ruler(match: re.Match[str]) -> str:
    """Read "Charles I" as a ruler only where "I" cannot be a word: "I told Charles I know"."""
    name, numeral = match[1], match[2]
    if numeral in ('C', 'D', 'L', 'M') or (name == 'Malcolm' and numeral == 'X'):
        return match[0]
    if re.compile(r'\. [A-Z][a-z]+').match(match.string, match.end()) and len(numeral) == 1:
        return match[0]  # "George V. Higgins": an initial
    sovereign = _SOVEREIGN.search(match.string, max(0, match.start() - 9), match.start())
    if numeral == 'I' and not (_OF_A_RULER.match(match.string, match.end()) and (
            sovereign or begins_sentence(match.string, match.start())
            or match.string[match.end():match.end() + 1] in ',;)')):
        return match[0]
    return f'{name} the {ordinal(value(numeral))}'


def _numbered(match: re.Match[str]) -> str:
    word, numeral = match[1], match[2]
    if len(numeral) == 1:
        if numeral not in 'IVX' or word not in (_ONE_TOO if numeral == 'I' else _LETTERS_TOO):
            return match[0]
        if not _OF_A_PART.match(match.string, match.end()):
            return match[0]
    return f'{word} {cardinal(value(numeral))}'


def _after_a_name(match: re.Match[str]) -> str:
    return f'{match[1]} {cardinal(value(match[2]))}'


ROMAN: tuple[Rule, ...] = (
    rule(rf'\b({alternatives(_RULERS)}) ({_NUMERAL}){_END}', _ruler),
    rule(rf'\b({alternatives(_NUMBERED)}) ({_NUMERAL}){_END}', _numbered),
    # "Gladiator II": never a single letter, which could be an initial.
    rule(rf'\b([A-Z][a-z]{{2,}}) (I{{2,3}}|I[VX]|VI{{1,3}}|XI{{1,3}}|XI?V|XVI{{1,3}}){_END}',
         _after_a_name),
)
"""Rules in their order."""
