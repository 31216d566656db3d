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
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule, words_of

SENTENCE_STARTERS = frozenset(
    words_of(
        'A An The This That These Those It He She We You They I There Here Who What When Where '
        'Why How Is Are Was Were Do Does Did Can Could Will Would Should May Might Must Have Has '
        'Had If In On At By For From With And But Or So Then Now Yes No Not Please Thanks Thank '
        'Let My Your His Her Its Our Their One Two Some Many All Both Each Every After Before '
        'While Since Although Because However Also Still Just Well Rest Good Choose Bye Hi Hello '
        'Next Later Today Tomorrow Go Come Take Make See Look Stop Turn To Of As Once Everyone '
        'Nobody Nothing Everything Read Call'))
"""Capitalized words that begin a sentence rather than a name."""
_TITLES = {
    'Mr': 'Mister', 'Mrs': 'Missus', 'Ms': 'Miz', 'Mx': 'Mix', 'Dr': 'Doctor', 'Prof': 'Professor',
    'St': 'Saint', 'Mt': 'Mount', 'Ft': 'Fort', 'Gen': 'General', 'Gov': 'Governor',
    'Sen': 'Senator', 'Rep': 'Representative', 'Capt': 'Captain', 'Lt': 'Lieutenant',
    'Col': 'Colonel', 'Sgt': 'Sergeant', 'Cmdr': 'Commander', 'Rev': 'Reverend',
    'Hon': 'Honorable', 'Pres': 'President', 'Supt': 'Superintendent', 'Cpl': 'Corporal',
    'Maj': 'Major', 'Adm': 'Admiral', 'Fr': 'Father', 'Msgr': 'Monsignor', 'Atty': 'Attorney',
    'Insp': 'Inspector', 'Det': 'Detective', 'Pvt': 'Private', 'Messrs': 'Messieurs',
    'Sr': 'Sister', 'Br': 'Brother'}
_OFTEN_WITHOUT_STOP = words_of('Mr Mrs Ms Mx Dr Prof St Mt Ft Sgt Capt Lt')
_AFTER_NAMES = {
    'Jr': 'Junior', 'Sr': 'Senior', 'Inc': 'Incorporated', 'Ltd': 'Limited', 'Co': 'Company',
    'Corp': 'Corporation', 'Bros': 'Brothers', 'St': 'Street', 'Ave': 'Avenue',
    'Blvd': 'Boulevard', 'Rd': 'Road', 'Dr': 'Drive', 'Ln': 'Lane', 'Hwy': 'Highway',
    'Pkwy': 'Parkway', 'Sq': 'Square', 'Pl': 'Place', 'Ct': 'Court', 'Esq': 'Esquire',
    'Univ': 'University', 'Dept': 'Department', 'Mt': 'Mountain', 'Ter': 'Terrace'}
_BEFORE_NUMBERS = {
    'no': 'number', 'nos': 'numbers', 'nr': 'number', 'fig': 'figure', 'figs': 'figures',
    'eq': 'equation', 'eqs': 'equations', 'p': 'page', 'pp': 'pages', 'pg': 'page',
    'vol': 'volume', 'vols': 'volumes', 'ch': 'chapter', 'chap': 'chapter', 'sec': 'section',
    'sect': 'section', 'art': 'article', 'tab': 'table', 'app': 'appendix', 'ref': 'reference',
    'par': 'paragraph', 'para': 'paragraph', 'ex': 'example', 'ver': 'version', 'ext': 'extension',
    'apt': 'apartment', 'ste': 'suite', 'rm': 'room', 'bldg': 'building', 'ed': 'edition',
    'est': 'established', 'ca': 'circa', 'hwy': 'highway', 'rev': 'revision', 'max': 'maximum',
    'min': 'minimum', 'op': 'opus', 'pt': 'part'}
_ANSWERS = re.compile(r'\b(?:is|was|say|says|said|or|yes|answer|answered|mean|means|me|you|him)'
                      r'\s$')
_MID_SENTENCE = {
    'approx': 'approximately', 'dept': 'department', 'Dept': 'Department', 'univ': 'university',
    'Univ': 'University', 'govt': 'government', 'Govt': 'Government', 'assn': 'association',
    'Assn': 'Association', 'vol': 'volume', 'Vol': 'Volume', 'fig': 'figure', 'Fig': 'Figure',
    'ed': 'editor', 'eds': 'editors', 'Ed': 'Editor', 'Eds': 'Editors', 'esp': 'especially',
    'incl': 'including', 'excl': 'excluding', 'max': 'maximum', 'min': 'minimum',
    'temp': 'temperature', 'tel': 'telephone', 'Tel': 'Telephone', 'misc': 'miscellaneous',
    'bldg': 'building', 'dist': 'district', 'resp': 'respectively', 'orig': 'originally',
    'cont': 'continued', 'Apt': 'Apartment', 'Ste': 'Suite', 'Bldg': 'Building',
    'est': 'estimated',
    'mfg': 'manufacturing', 'mgr': 'manager', 'asst': 'assistant', 'Asst': 'Assistant',
    'attn': 'attention', 'Attn': 'Attention', 'alt': 'alternative', 'avg': 'average',
    'Natl': 'National', 'natl': 'national', 'Intl': 'International', 'intl': 'international',
    'Col': 'Colonel', 'prob': 'probably', 'ref': 'reference', 'sect': 'section',
    'Inc': 'Incorporated'}
_ANYWHERE = {
    'etc': 'et cetera', 'Sept': 'September', 'Feb': 'February', 'Aug': 'August', 'Nov': 'November',
    'Oct': 'October', 'Dec': 'December', 'Tue': 'Tuesday', 'Tues': 'Tuesday', 'Thu': 'Thursday',
    'Thurs': 'Thursday', 'approx': 'approximately', 'Col': 'Colonel', 'Sgt': 'Sergeant',
    'Capt': 'Captain', 'Prof': 'Professor', 'Jr': 'Junior', 'Ltd': 'Limited',
    'Inc': 'Incorporated', 'Corp': 'Corporation', 'Bros': 'Brothers',
    'dept': 'department', 'Dept': 'Department', 'Blvd': 'Boulevard', 'Ave': 'Avenue', 'govt': 'government', 'resp': 'respectively'}
_WITHOUT_STOP = {
    'e.g.': 'for example', 'E.g.': 'For example', 'eg.': 'for example', 'i.e.': 'that is',
    'I.e.': 'That is', 'ie.': 'that is', 'vs.': 'versus', 'vs': 'versus', 'v.s.': 'versus',
    'cf.': 'compare', 'Cf.': 'Compare', 'et al.': 'and others', 'viz.': 'namely',
    'a.k.a.': 'also known as', 'aka': 'also known as', 'AKA': 'also known as', 'w/o': 'without',
    'w/': 'with', 'b/c': 'because', 'c/o': 'care of', 'BTW': 'by the way', 'btw': 'by the way',
    'IMO': 'in my opinion', 'imo': 'in my opinion', 'TBD': 'to be determined',
    'FYI': 'for your information', 'ASAP': 'as soon as possible', 'N.B.': 'note well',
    'P.S.': 'postscript', 'p.a.': 'per year', 'q.v.': 'which see', 'R.S.V.P.': 'R S V P'}
_NAMES_A_DAY = (r'(?:[Oo]n|[Nn]ext|[Ll]ast|[Ee]very|[Tt]his|[Ss]ince|[Uu]ntil|[Bb]y|[Ff]rom|[Ii]n|'
                r'[Ee]arly|[Ll]ate|[Mm]id|and|or|to|-)')
_CALENDAR_WORDS = {name: word for name, word in {**MONTH_OF, **DAY_OF}.items()
                   if name not in (*MONTHS, *DAYS)}


_FOLLOWING = re.compile(r'[\'")\]]*(?:\s*$|\s+[\'"(\[]*([A-Z][a-z\']*))')
_BEGINS = re.compile(r'(?:^|[.!?:…]\s*["(]*)$')
_NAME = re.compile(r"\s([A-Z][\w']*)")


def _ends(match: re.Match[str]) -> bool:
    """Return whether the stop at the end of a match ends the sentence too."""
    following = _FOLLOWING.match(match.string, match.end())
    return following is not None and (
        following[1] is None or following[1] in SENTENCE_STARTERS)


def _closing(words: str, match: re.Match[str]) -> str:
    return f'{words}.' if _ends(match) else words


def _numbered(match: re.Match[str]) -> str:
    if match[1] == 'no' and _ANSWERS.search(
            match.string, max(0, match.start() - 12), match.start()):
        return match[0]
    word = _BEFORE_NUMBERS[match[1].lower()]
    begins = _BEGINS.search(match.string, max(0, match.start() - 4), match.start())
    return (word.capitalize() if begins and match[1][0].isupper() else word) + ' '


def _named_title(match: re.Match[str]) -> str:
    """Spell a title out before a name; "Col. Then he left" is an end of a sentence."""
    if match[2] in SENTENCE_STARTERS and match[2] not in ('No', 'Will', 'May', 'Good', 'Rest'):
        return match[0]
    return f'{_TITLES[match[1]]} '


def _after_name(match: re.Match[str]) -> str:
    """Spell "Main St." out; but in "Smith, Dr. Jones" it is the title of what follows."""
    following = _NAME.match(match.string, match.end())
    if match[2] in _TITLES and following and following[1] not in SENTENCE_STARTERS:
        return match[0]
    return match[1] + _closing(_AFTER_NAMES[match[2]], match)


def _without_stop(match: re.Match[str]) -> str:
    words = _WITHOUT_STOP[match[1]]
    return _closing(words, match) if match[1].endswith(('al.', 'a.', 'P.')) else words


def _anywhere(match: re.Match[str]) -> str:
    return _closing(_ANYWHERE[match[1]], match)


def _dotted(match: re.Match[str]) -> str:
    """Return U.S. as "U S", and the stop where the sentence ends with it."""
    letters = ' '.join(match[0].replace('.', '').upper())
    return _closing(letters, match) if match[0].endswith('.') else letters


def _initial(match: re.Match[str]) -> str:
    """Return "J. Smith" without the stop; keep the one after "plan A", which ends a sentence."""
    before, letter, following = match[1] or '', match[2], match[3]
    if following in SENTENCE_STARTERS and following not in ('Will', 'May', 'Rest', 'Good'):
        return match[0]
    previous = before.strip()
    if previous and previous[0].islower() and previous not in (
            'by', 'and', 'with', 'from', 'to', 'of', 'or', 'author', 'for', 'as', 'said', 'asked'):
        return match[0]
    if previous in ('Grade', 'Class', 'Type', 'Plan', 'Option', 'Vitamin', 'Part', 'Section',
                    'Group', 'Team', 'Level', 'Phase', 'War', 'Hepatitis', 'Exhibit', 'Appendix'):
        return match[0]
    return f'{before}{letter} '


_STOP_IN_SENTENCE = r'\.(?=,|;|:|\)|\s+[a-z0-9(])'
ABBREVIATIONS: tuple[Rule, ...] = (
    rule(rf'\b({alternatives(DAY_OF)})\.?\s?[-–]\s?({alternatives(DAY_OF)})\b'
         rf'(?:\.(?=,|\s+[a-z\d]))?',
         lambda match: f'{DAY_OF[match[1]]} to {DAY_OF[match[2]]}'),
    rule(rf'\b({alternatives(MONTH_OF)})\.?\s?[-–]\s?({alternatives(MONTH_OF)})\b',
         lambda match: f'{MONTH_OF[match[1]]} to {MONTH_OF[match[2]]}'),
    rule(rf'(?<![\w.])({alternatives(_WITHOUT_STOP)})(?![\w.]\w|\w)',
         _without_stop),
    rule(r'\bPh\.?D\b\.?s?(?=\W|$)', lambda match: _closing('P H D', match)
         if match[0].endswith('.') else 'P H D' + ("'s" if match[0].endswith('s') else '')),
    rule(r'№\s?(?=\d)', 'number '),
    rule(rf'(?<![\w.])({alternatives(_BEFORE_NUMBERS)})\.\s?(?=\d|[IVXLC]+\b)', _numbered,
         re.IGNORECASE),
    rule(r'(?<![\w.])c\.\s?(?=\d{4}\b)', 'circa '),
    rule(rf"((?:\b[A-Z][\w'&]*|\b\d+(?:st|nd|rd|th)?|&),? )({alternatives(_AFTER_NAMES)})\.(?!\w)",
         _after_name),
    rule(rf'(?<![\w.])({alternatives(_TITLES)})\.\s?(?=&)', lambda match: f'{_TITLES[match[1]]} '),
    rule(rf"(?<![\w.])({alternatives(_TITLES)})\.\s?(?=([A-Z][\w']*))", _named_title),
    rule(rf"(?<![\w.])({alternatives(_OFTEN_WITHOUT_STOP)})\s(?=([A-Z][\w']*))", _named_title),
    rule(rf'({_NAMES_A_DAY}\s?)({alternatives(_CALENDAR_WORDS)})\.(?=,|\s+[a-z0-9-])',
         lambda match: match[1] + _CALENDAR_WORDS[match[2]]),
    rule(rf'(?<![\w.])({alternatives(_CALENDAR_WORDS)}){_STOP_IN_SENTENCE}',
         lambda match: _CALENDAR_WORDS[match[1]]),
    rule(rf'(?<![\w.])({alternatives(_MID_SENTENCE)}){_STOP_IN_SENTENCE}',
         lambda match: _MID_SENTENCE[match[1]]),
    rule(rf'(?<![\w.])({alternatives(_ANYWHERE)})\.(?!\w)', _anywhere),
    rule(r"(?<![\w.'])(?:[A-Za-z]\.){2,}(?!\w)|(?<![\w.])(?:[A-Z]\.){1,}[A-Z](?![\w.])", _dotted),
    rule(r'(?:(\b[\w\']+,? )|(?<=[("])|^)([A-Z])\.\s(?=([A-Z][\w\']*))', _initial),
    rule(r'(?:(\b[A-Z] ))([A-Z])\.\s(?=([A-Z][\w\']*))', _initial),
)
"""Rules in their order."""
