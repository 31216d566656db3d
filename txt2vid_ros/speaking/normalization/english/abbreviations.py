"""English abbreviations, spelled out where the context says that they are ones.

A full stop is an abbreviation's where the sentence goes on after it: before a number, a name after
a title, or lower case. Many abbreviations are words as well (no, sun, fig, art, ed); at what may
be the end of a sentence those are left as they are written.
"""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.dates_and_times import (
    DAY_OF,
    DAYS,
    MONTH_OF,
    MONTHS,
)
from txt2vid_ros.speaking.normalization.english.sentence_words import (
    begins_sentence,
    ends_sentence,
    is_starter,
)
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule, words_of

_TITLES = {
    'Mr': 'Mister', 'Mrs': 'Missus', 'Ms': 'Miz', 'Mx': 'Mix', 'Dr': 'Doctor', 'Prof': 'Professor',
    'St': 'Saint', 'Mt': 'Mount', 'Ft': 'Fort', 'Gen': 'General', 'Gov': 'Governor',
    'Sen': 'Senator', 'Rep': 'Representative', 'Capt': 'Captain', 'Lt': 'Lieutenant',
    'Col': 'Colonel', 'Sgt': 'Sergeant', 'Cmdr': 'Commander', 'Rev': 'Reverend',
    'Hon': 'Honorable', 'Pres': 'President', 'Supt': 'Superintendent', 'Cpl': 'Corporal',
    'Maj': 'Major', 'Adm': 'Admiral', 'Fr': 'Father', 'Msgr': 'Monsignor', 'Atty': 'Attorney',
    'Insp': 'Inspector', 'Det': 'Detective', 'Pvt': 'Private', 'Messrs': 'Messieurs',
    'Sr': 'Sister', 'Br': 'Brother', 'Drs': 'Doctors', 'Profs': 'Professors', 'Amb': 'Ambassador',
    'Asst': 'Assistant'}
_OFTEN_WITHOUT_STOP = words_of('Mr Mrs Ms Mx Dr Prof St Mt Ft Sgt Capt Lt')
_AFTER_NAMES = {
    'Jr': 'Junior', 'Sr': 'Senior', 'Inc': 'Incorporated', 'Ltd': 'Limited', 'Co': 'Company',
    'Corp': 'Corporation', 'Bros': 'Brothers', 'St': 'Street', 'Ave': 'Avenue',
    'Blvd': 'Boulevard', 'Rd': 'Road', 'Dr': 'Drive', 'Ln': 'Lane', 'Hwy': 'Highway',
    'Pkwy': 'Parkway', 'Sq': 'Square', 'Pl': 'Place', 'Ct': 'Court', 'Esq': 'Esquire',
    'Univ': 'University', 'Dept': 'Department', 'Mt': 'Mountain', 'Ter': 'Terrace'}
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
    r'(?:^|[(\[,;:–—]\s?|\b(?i:see|in|on|of|from|under|compare|to|and|or|at|by|than|with|room|number|'
    r'flight|track|gate|house|player|case|order|ticket|bus|line|platform|suite|symphony|sonata|'
    r'concerto|lot|item|part|chapter|question|ranked|code|volume|issue|rule|is|was|the|it)\s)')
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
_NAMES_A_DAY = (r'(?:[Oo]n|[Nn]ext|[Ll]ast|[Ee]very|[Tt]his|[Ss]ince|[Uu]ntil|[Bb]y|[Ff]rom|[Ii]n|'
                r'[Ee]arly|[Ll]ate|[Mm]id|and|or|to|-)')
_CALENDAR_WORDS = {name: word for name, word in {**MONTH_OF, **DAY_OF}.items()
                   if name not in (*MONTHS, *DAYS)}
_LABELS = frozenset(words_of(
    'Grade Class Type Plan Option Vitamin Part Section Group Team Level Phase War Hepatitis Exhibit '
    'Appendix Model Gate Season Episode Room Size Press Choose Volume Book Act Chapter Star Trek '
    'Step Figure Table Edward George Henry Charles James William Louis Pius'))
"""Capitalized words after which a single letter is a name of its own, not an initial."""
_BEFORE_INITIALS = frozenset(words_of('by and with from to of author for as said asked'))
_NAME = re.compile(r"\s([A-Z][\w']*)(\.?)")


def _closing(words: str, match: re.Match[str]) -> str:
    return f'{words}.' if ends_sentence(match) else words


def _numbered(match: re.Match[str]) -> str:
    word = {**_WORDS_TOO, **_BEFORE_NUMBERS}[match[1].lower()]
    upper = match[1][0].isupper() and begins_sentence(match.string, match.start(1))
    return f'{word.capitalize() if upper else word} '


def _introduced(match: re.Match[str]) -> str:
    return f'{match[1]}{_WORDS_TOO[match[2].lower()]} '


def _named_title(match: re.Match[str]) -> str:
    """Spell a title out before a name; "Col. Then he left" is an end of a sentence."""
    name, dotted = match[2], match.string[match.end(2):match.end(2) + 1] == '.'
    is_word = is_starter(name) and not (dotted and len(name) == 1)
    if is_word and name not in ('No', 'Will', 'May', 'Good', 'Rest'):
        return match[0]
    return f'{_TITLES[match[1]]} '


def _after_name(match: re.Match[str]) -> str:
    """Spell "Main St." out; but in "Smith, Dr. Jones" it is the title of what follows."""
    following = _NAME.match(match.string, match.end())
    if match[2] in _TITLES and following and (
            following[2] or not is_starter(following[1])):
        return match[0]
    return match[1] + _closing(_AFTER_NAMES[match[2]], match)


def _street(match: re.Match[str]) -> str:
    """Spell the street out in "on Main St. Paul waits", where a capital does not follow a saint."""
    return f'{match[1]}{_AFTER_NAMES[match[2]]}.'


def _without_stop(match: re.Match[str]) -> str:
    words = _WITHOUT_STOP[match[1]]
    return _closing(words, match) if match[1].endswith(('al.', 'a.', 'P.')) else words


def _anywhere(match: re.Match[str]) -> str:
    words = _ANYWHERE[match[1]]
    following = _NAME.match(match.string, match.end())
    if match[1] == 'etc' and following:
        return f'{words}.'
    return _closing(words, match)


def _dotted(match: re.Match[str]) -> str:
    """Return U.S. as "U S", and the stop where the sentence ends with it."""
    letters = ' '.join(re.sub(r'[. ]', '', match[0]).upper())
    return _closing(letters, match) if match[0].endswith('.') else letters


def _initials(match: re.Match[str]) -> str:
    return ' '.join(re.findall(r'[A-Z]', match[0])) + ' '


def _initial(match: re.Match[str]) -> str:
    """Return "J. Smith" without the stop; keep the one after "plan A", which ends a sentence."""
    before, letter, following = match[1] or '', match[2], match[3]
    if is_starter(following) and following not in ('Will', 'May', 'Rest', 'Good'):
        return match[0]
    previous = before.strip(' ,')
    if letter == 'M' and previous in ('A', 'P'):
        return match[0]  # "at five P M. Bob left"
    if previous and not previous[0].isupper() and previous not in _BEFORE_INITIALS:
        return match[0]
    earlier = match.string[max(0, match.start() - 3):match.start()]
    if previous in ('and', 'or') and re.search(r'\b[A-Z] $', earlier):
        return match[0]  # "A or B. Students": letters, not names
    return match[0] if previous in _LABELS else f'{before}{letter} '


_STOP_IN_SENTENCE = r'\.(?=,|;|:|\)|\s+[a-z0-9(])'
_COUNTED = r'(?!\d+\s(?:more|people|others?|of|[a-z]+[^aiouys\W]s)\b)'
"""No number of things: "I say no. 5 people came"."""
_NUMBER_AHEAD = rf'\.\s?(?=\d|[IVX]{{2,}}\b){_COUNTED}'
ABBREVIATIONS: tuple[Rule, ...] = (
    rule(rf'\b({alternatives(DAY_OF)})\.?\s?[-–]\s?({alternatives(DAY_OF)})\b'
         r'(?:\.(?=,|\s+[a-z\d]))?', lambda match: f'{DAY_OF[match[1]]} to {DAY_OF[match[2]]}'),
    rule(rf'\b({alternatives(MONTH_OF)})\.?\s?[-–]\s?({alternatives(MONTH_OF)})\b',
         lambda match: f'{MONTH_OF[match[1]]} to {MONTH_OF[match[2]]}'),
    rule(rf'(?<![\w./])({alternatives(_WITHOUT_STOP)})(?![\w./]\w|\w)', _without_stop),
    rule(r'(?<=[A-Z][a-z]{2}) v\.(?= [A-Z])|(?<=[a-z]{3}) v\.(?= [A-Z])', ' versus'),
    rule(r'\bPh\.?D\b\.?s?(?=\W|$)', lambda match: _closing('P H D', match)
         if match[0].endswith('.') else 'P H D' + ("'s" if match[0].endswith('s') else '')),
    rule(r'(?:№|#)\s?(?=\d)', 'number '),
    rule(r'(\b\d*(?:1st|2nd|3rd|[04-9]th|1\dth) )ed\.(?=\s[a-z(]|[,;)]|$)', r'\1edition'),
    rule(r'(\b\d*(?:1st|2nd|3rd|[04-9]th|1\dth) )c\.(?=\s|[,;)]|$)', r'\1century'),
    rule(rf'(?<![\w.])({alternatives(_BEFORE_NUMBERS)})\.\s?(?=\d|[IVX]{{2,}}\b)', _numbered,
         re.IGNORECASE),
    rule(rf'(?<=[a-z,] )(No|Fig|Art|Op|Sec|App|Ref|Ex|Pt|Ch|P){_NUMBER_AHEAD}', _numbered),
    rule(rf'(?<![\w.])(Fig|Sec|App|Ref|Ch){_NUMBER_AHEAD}', _numbered),
    rule(r'(?<![\w.])(No)\.\s?(?=\d+(?:[.,;:)]|$|\s(?:is|was|in|at|on|and|or|seed|for)\b))',
         _numbered),
    rule(rf'({_INTRODUCTION})({alternatives(_WORDS_TOO)}){_NUMBER_AHEAD}', _introduced),
    rule(r'(?<![\w.])c\.\s?(?=\d{4}\b)', 'circa '), rule(r'\(b\.\s?(?=\d{4}\b)', '(born '),
    rule(r"(\b(?:on|onto|along|off|down|near|to)\s(?:[A-Z]\w+|\d+(?:st|nd|rd|th)) )(St|Dr)"
         r"\.(?=\s[A-Z][a-z]+\s[a-z]+)", _street),
    rule(rf"((?:\b[A-Z][\w'&]*|\b\d+(?:st|nd|rd|th)?|&),? )({alternatives(_AFTER_NAMES)})"
         r'\.(?!\w)', _after_name),
    rule(rf'(?<![\w.])({alternatives(_TITLES)})\.\s?(?=&|(?:and|or)\s(?:{alternatives(_TITLES)})\.)',
         lambda match: f'{_TITLES[match[1]]} '),
    rule(rf"(?<![\w.])({alternatives(_TITLES)})\.\s?(?=([A-Z][\w']*))", _named_title),
    rule(rf"(?<![\w.])({alternatives(_OFTEN_WITHOUT_STOP)})\s(?=([A-Z][\w']*))", _named_title),
    rule(rf'\b({alternatives(DAY_OF)})\.(?=\s(?:{alternatives(MONTH_OF)})\b)',
         lambda match: DAY_OF[match[1]]),
    rule(rf'({_NAMES_A_DAY}\s?)({alternatives(_CALENDAR_WORDS)})\.(?=,|\s+[a-z0-9-])',
         lambda match: match[1] + _CALENDAR_WORDS[match[2]]),
    rule(rf'(?<![\w.])({alternatives(_CALENDAR_WORDS)}){_STOP_IN_SENTENCE}',
         lambda match: _CALENDAR_WORDS[match[1]]),
    rule(r'\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b(?=\s\d{1,2}\s?(?:[-–:]|[ap]\.?m))',
         lambda match: DAY_OF[match[1]]),
    rule(rf'(?<![\w.])({alternatives(_MID_SENTENCE)}){_STOP_IN_SENTENCE}',
         lambda match: _MID_SENTENCE[match[1]]),
    rule(rf'(?<![\w.])({alternatives(_ANYWHERE)})\.(?!\w)', _anywhere),
    rule(r"(?<![\w.'])(?:[A-Za-z]\.){2,}(?!\w)|(?<![\w.])(?:[A-Z]\.){1,}[A-Z](?![\w.])", _dotted),
    rule(r'\b(?:[A-Z]\. )+[A-Z]\.(?=\s[a-z]|[,;)]|$)', _dotted),
    rule(r'\b(?:[A-Z]\. ){2,}(?=[A-Z][a-z])', _initials),
    rule(r"(?:(\b[\w']+,? )|(?<=[(\"])|^)([A-Z])\.\s(?=([A-Z][a-z]*))", _initial),
    rule(r'(?:(\b[A-Z] ))([A-Z])\.\s(?=([A-Z][a-z]*))', _initial),
    rule(r'(?<![\w.])([A-Z])\.(?= (?:coli|rex|aureus|elegans|sapiens)\b)', r'\1'),
)
"""Rules in their order."""
