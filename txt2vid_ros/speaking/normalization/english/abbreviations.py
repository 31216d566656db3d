"""
English abbreviations, spelled out where the context says that they are ones.

A full stop is an abbreviation's where the sentence goes on after it: before a number, a name after
a title, or lower case. Many abbreviations are words as well (no, sun, fig, art, ed); at what may
be the end of a sentence those are left as they are written.
"""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.names import INITIALS, TITLES_AND_STREETS
from txt2vid_ros.speaking.normalization.english.sentence_words import (
    begins_sentence,
    NEXT_NAME,
    with_stop,
)
from txt2vid_ros.speaking.normalization.english.word_lists import (
    DAY_OF,
    DAYS,
    MONTH_OF,
    MONTHS,
    SHORT_DAYS,
)
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule

_BEFORE_NUMBERS = {
    'nos': 'numbers', 'nr': 'number', 'figs': 'figures', 'eq': 'equation', 'eqs': 'equations',
    'pp': 'pages', 'pg': 'page', 'vol': 'volume', 'vols': 'volumes', 'chap': 'chapter',
    'sect': 'section', 'para': 'paragraph', 'ver': 'version', 'apt': 'apartment', 'ste': 'suite',
    'rm': 'room', 'bldg': 'building', 'est': 'established', 'ca': 'circa', 'hwy': 'highway',
    'rte': 'route', 'rt': 'route'}
"""Before a number, whatever stands before them: they are no words."""
_WORDS_TOO = {
    'no': 'number', 'fig': 'figure', 'art': 'article', 'tab': 'table', 'app': 'appendix',
    'ref': 'reference', 'par': 'paragraph', 'ex': 'example', 'ed': 'edition', 'rev': 'revision',
    'max': 'maximum', 'min': 'minimum', 'op': 'opus', 'pt': 'part', 'sec': 'section', 'p': 'page',
    'ext': 'extension', 'ch': 'chapter'}
"""Before a number in company that says so: they are words as well, or end other ones."""
_INTRODUCTION = (
    r'(?:^|[(\[,;:–—]\s?|\b(?i:see|in|on|of|from|under|compare|to|and|or|at|by|than|with|room|'
    r'number|flight|track|gate|house|player|case|order|ticket|bus|line|platform|suite|symphony|'
    r'sonata|concerto|lot|item|part|chapter|question|ranked|code|volume|issue|rule|is|was|the|'
    r'it|that|has|have|my|his|her|your|our|their|become|became|be|been|as|re|s)\s)')
_MID_SENTENCE = {
    'approx': 'approximately', 'dept': 'department', 'Dept': 'Department', 'univ': 'university',
    'Univ': 'University', 'govt': 'government', 'Govt': 'Government', 'assn': 'association',
    'Assn': 'Association', 'vol': 'volume', 'Vol': 'Volume', 'ed': 'editor', 'eds': 'editors',
    'Eds': 'Editors', 'esp': 'especially', 'incl': 'including', 'excl': 'excluding',
    'tel': 'telephone', 'Tel': 'Telephone', 'misc': 'miscellaneous', 'bldg': 'building',
    'dist': 'district', 'resp': 'respectively', 'orig': 'originally', 'cont': 'continued',
    'Apt': 'Apartment', 'Ste': 'Suite', 'Bldg': 'Building', 'est': 'estimated',
    'mfg': 'manufacturing', 'mgr': 'manager', 'asst': 'assistant', 'attn': 'attention',
    'Attn': 'Attention', 'alt': 'alternative', 'avg': 'average', 'natl': 'national',
    'Natl': 'National', 'intl': 'international', 'Intl': 'International', 'Col': 'Colonel',
    'prob': 'probably', 'sect': 'section', 'Inc': 'Incorporated', 'pkg': 'package',
    'doz': 'dozen'}
_ANYWHERE = {
    'etc': 'et cetera', 'Sept': 'September', 'Feb': 'February', 'Aug': 'August',
    'Nov': 'November', 'Oct': 'October', 'Dec': 'December', 'Tue': 'Tuesday', 'Tues': 'Tuesday',
    'Thu': 'Thursday', 'Thurs': 'Thursday', 'approx': 'approximately', 'Col': 'Colonel',
    'Sgt': 'Sergeant', 'Capt': 'Captain', 'Prof': 'Professor', 'Jr': 'Junior', 'Ltd': 'Limited',
    'Inc': 'Incorporated', 'Corp': 'Corporation', 'Bros': 'Brothers', 'dept': 'department',
    'Dept': 'Department', 'govt': 'government', 'resp': 'respectively'}
_WITHOUT_STOP = {
    'e.g.': 'for example', 'E.g.': 'For example', 'eg.': 'for example', 'i.e.': 'that is',
    'I.e.': 'That is', 'ie.': 'that is', 'vs.': 'versus', 'vs': 'versus', 'cf.': 'compare',
    'Cf.': 'Compare', 'et al.': 'and others', 'viz.': 'namely', 'a.k.a.': 'also known as',
    'aka': 'also known as', 'AKA': 'also known as', 'w/o': 'without', 'w/': 'with',
    'b/c': 'because', 'BTW': 'by the way', 'btw': 'by the way', 'TBD': 'to be determined',
    'N.B.': 'note well', 'P.S.': 'postscript', 'p.a.': 'per year'}
_NAMES_A_DAY = (
    r'(?:[Oo]n|[Nn]ext|[Ll]ast|[Ee]very|[Tt]his|[Ss]ince|[Uu]ntil|[Bb]y|[Ff]rom|[Ii]n|[Ee]arly|'
    r'[Ll]ate|[Mm]id|and|or|to|-)')
_CALENDAR_WORDS = {name: word for name, word in {**MONTH_OF, **DAY_OF}.items()
                   if name not in (*MONTHS, *DAYS)}


def _numbered(match: re.Match[str]) -> str:
    word = {**_WORDS_TOO, **_BEFORE_NUMBERS}[match[1].lower()]
    upper = match[1][0].isupper() and begins_sentence(match.string, match.start(1))
    return f'{word.capitalize() if upper else word} '


def _introduced(match: re.Match[str]) -> str:
    return f'{match[1]}{_WORDS_TOO[match[2].lower()]} '


def _without_stop(match: re.Match[str]) -> str:
    words = _WITHOUT_STOP[match[1]]
    return with_stop(words, match) if match[1].endswith(('al.', 'a.', 'P.')) else words


def _anywhere(match: re.Match[str]) -> str:
    words = _ANYWHERE[match[1]]
    following = NEXT_NAME.match(match.string, match.end())
    if match[1] == 'etc' and following:
        return f'{words}.'
    return with_stop(words, match)


def _doctorate(match: re.Match[str]) -> str:
    if match[0].endswith('.'):
        return with_stop('P H D', match)
    return "P H D's" if match[0].endswith('s') else 'P H D'


def _dotted(match: re.Match[str]) -> str:
    """Return U.S. as "U S", and the stop where the sentence ends with it."""
    letters = ' '.join(re.sub(r'[. ]', '', match[0]).upper())
    return with_stop(letters, match) if match[0].endswith('.') else letters


_STOP_IN_SENTENCE = r'\.(?=,|;|:|\)|\s+[a-z0-9(])'
_ORDINAL = r'\b\d*(?:1st|2nd|3rd|[04-9]th|1\dth)'
_COUNTED = r'(?!\d+\s(?:more|people|others?|of|[a-z]+[^aiouys\W]s)\b)'
"""No number of things: "I say no. 5 people came"."""
_NUMBER_AHEAD = rf'\.\s?(?=\d|[IVX]{{2,}}\b){_COUNTED}'
ABBREVIATIONS: tuple[Rule, ...] = (
    rule(rf'\b({alternatives(DAY_OF)})\.?\s?[-–]\s?({alternatives(DAY_OF)})\b'
         r'(?:\.(?=,|\s+[a-z\d]))?', lambda match: f'{DAY_OF[match[1]]} to {DAY_OF[match[2]]}'),
    rule(rf'\b({alternatives(MONTH_OF)})\.?\s?[-–]\s?({alternatives(MONTH_OF)})\b',
         lambda match: f'{MONTH_OF[match[1]]} to {MONTH_OF[match[2]]}'),
    rule(rf'(?<![\w./])({alternatives(_WITHOUT_STOP)})(?![\w./]\w|\w)', _without_stop),
    # "Roe v. Wade".
    rule(r'(?<=[A-Z][a-z]{2}) v\.(?= [A-Z])|(?<=[a-z]{3}) v\.(?= [A-Z])', ' versus'),
    rule(r'\bPh\.?D\b\.?s?(?=\W|$)', _doctorate),
    rule(r'(?:№|#)\s?(?=\d)', 'number '), rule(r'(?<![\w.])[Nn]o\.(?=\d)', 'number '),
    rule(r'\bbtw(?=\s\d)', 'between'),
    # "2nd ed.", "the 18th c."
    rule(rf'({_ORDINAL} )ed\.(?=\s[a-z(]|[,;)]|$)', r'\1edition'),
    rule(rf'({_ORDINAL} )c\.(?=\s|[,;)]|$)', r'\1century'),
    rule(rf'(?<![\w.])({alternatives(_BEFORE_NUMBERS)})\.\s?(?=\d|[IVX]{{2,}}\b)', _numbered,
         re.IGNORECASE),
    rule(rf'(?<=[a-z,] )(No|Fig|Art|Op|Sec|App|Ref|Ex|Pt|Ch|P){_NUMBER_AHEAD}', _numbered),
    rule(rf'(?<![\w.])(Fig|Sec|App|Ref|Ch){_NUMBER_AHEAD}', _numbered),
    rule(r'(?<![\w.])(No)\.\s?(?=\d+(?:[.,;:)]|$|\s(?:is|was|in|at|on|and|or|seed|for)\b))',
         _numbered),
    rule(rf'({_INTRODUCTION})({alternatives(_WORDS_TOO)}){_NUMBER_AHEAD}', _introduced),
    rule(r'(?<![\w.])c\.\s?(?=\d{4}\b)', 'circa '),
    rule(r'\(b\.\s?(?=\d{4}\b)', '(born '),
    *TITLES_AND_STREETS,
    rule(rf'\b({alternatives(DAY_OF)})\.(?=\s(?:{alternatives(MONTH_OF)})\b)',
         lambda match: DAY_OF[match[1]]),
    rule(rf'({_NAMES_A_DAY}\s?)({alternatives(_CALENDAR_WORDS)})\.(?=,|\s+[a-z0-9-])',
         lambda match: match[1] + _CALENDAR_WORDS[match[2]]),
    rule(rf'(?<![\w.])({alternatives(_CALENDAR_WORDS)}){_STOP_IN_SENTENCE}',
         lambda match: _CALENDAR_WORDS[match[1]]),
    rule(rf'\b({"|".join(SHORT_DAYS)})\b(?=\s\d{{1,2}}\s?(?:[-–:]|[ap]\.?m))',
         lambda match: DAY_OF[match[1]]),
    rule(rf'(?<![\w.])({alternatives(_MID_SENTENCE)}){_STOP_IN_SENTENCE}',
         lambda match: _MID_SENTENCE[match[1]]),
    rule(rf'(?<![\w.])({alternatives(_ANYWHERE)})\.(?!\w)', _anywhere),
    rule(r"(?<![\w.'])(?:[A-Za-z]\.){2,}(?!\w)|(?<![\w.])(?:[A-Z]\.){1,}[A-Z](?![\w.])", _dotted),
    rule(r'\b(?:[A-Z]\. )+[A-Z]\.(?=\s[a-z]|[,;)]|$)', _dotted),
    *INITIALS,
)
"""Rules in their order."""
