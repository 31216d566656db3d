"""Titles, streets and initials: the abbreviations around English names."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.sentence_words import (
    is_starter,
    NEXT_NAME,
    with_stop,
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
_LABELS = frozenset(words_of(
    'Grade Class Type Plan Option Vitamin Part Section Group Team Level Phase War Hepatitis '
    'Exhibit Appendix Model Gate Season Episode Room Size Press Choose Volume Book Act Chapter '
    'Star Trek Step Figure Table Edward George Henry Charles James William Louis Pius'))
"""Capitalized words after which a single letter is a name of its own, not an initial."""
_BEFORE_INITIALS = frozenset(words_of('by and with from to of author for as said asked'))


_POSTS = frozenset(words_of('Software Engineer Manager Developer Director Vice Analyst Scientist '
                            'Consultant '
                            'Product Program Project Research Data'))


def _named_title(match: re.Match[str]) -> str:
    """Spell a title out before a name; "Col. Then he left" is an end of a sentence."""
    name, dotted = match[2], match.string[match.end(2):match.end(2) + 1] == '.'
    is_word = is_starter(name) and not (dotted and len(name) == 1)
    if is_word and name not in ('No', 'Will', 'May', 'Good', 'Rest'):
        return match[0]
    if match[1] == 'Sr' and name in _POSTS:
        return 'Senior '
    return f'{_TITLES[match[1]]} '


def _after_name(match: re.Match[str]) -> str:
    """Spell "Main St." out; but in "Smith, Dr. Jones" it is the title of what follows."""
    following = NEXT_NAME.match(match.string, match.end())
    if match[2] == 'Dr' and (is_starter(match[1].strip(' ,')) or match[1].strip(' ,') == 'Dear'):
        return match[1] + with_stop('Doctor', match)
    if match[2] == 'Sr' and following and following[1] in _POSTS:
        return f'{match[1]}Senior'
    if match[2] in _TITLES and following and (
            following[2] or not is_starter(following[1])):
        return match[0]
    return match[1] + with_stop(_AFTER_NAMES[match[2]], match)


def _street(match: re.Match[str]) -> str:
    """Spell the street out in "on Main St. Paul waits", where Paul is no saint."""
    return f'{match[1]}{_AFTER_NAMES[match[2]]}.'


def _bare_street(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    return match[0] if is_starter(name.strip()) else f'{name}Street'


def _initials(match: re.Match[str]) -> str:
    return ' '.join(re.findall(r'[A-Z]', match[0])) + ' '


def _is_enumerated(match: re.Match[str], letter: str) -> bool:
    """Return whether "A. First" has its "B. Second"."""
    if match[1] or letter not in 'ABCD':
        return False
    others = {chr(ord(letter) - 1), chr(ord(letter) + 1)}
    return any(re.search(rf'(?:^|[.!?]\s){other}\. [A-Z]', match.string) for other in others)


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
    if (letter == 'I' and previous in ('and', 'or', '')) or _is_enumerated(match, letter):
        return match[0]
    earlier = match.string[max(0, match.start() - 3):match.start()]
    if previous in ('and', 'or') and re.search(r'\b[A-Z] $', earlier):
        return match[0]  # "A or B. Students": letters, not names
    return match[0] if previous in _LABELS else f'{before}{letter} '


TITLES_AND_STREETS: tuple[Rule, ...] = (
    # "Wall St Journal"; but "in St Paul".
    rule(r'(?<=[a-z] )([A-Z][a-z]+ )St(?= [A-Z])|^([A-Z][a-z]+ )St(?= [A-Z])', _bare_street),
    rule(r'(\b(?:on|onto|along|off|down|near|to)\s(?:[A-Z]\w+|\d+(?:st|nd|rd|th)) )(St|Dr)'
         r'\.(?=\s[A-Z][a-z]+\s[a-z]+)', _street),
    # "5th Ave.", "Smith & Co.", "Paul Smith, Jr."
    rule(rf"((?:\b[A-Z][\w'&]*|\b\d+(?:st|nd|rd|th)?|&),? )({alternatives(_AFTER_NAMES)})"
         r'\.(?!\w)', _after_name),
    # "Mr. and Mrs. Smith".
    rule(rf'(?<![\w.])({alternatives(_TITLES)})\.\s?'
         rf'(?=&|(?:and|or)\s(?:{alternatives(_TITLES)})\.)',
         lambda match: f'{_TITLES[match[1]]} '),
    rule(rf"(?<![\w.])({alternatives(_TITLES)})\.\s?(?=([A-Z][\w']*))", _named_title),
    rule(rf"(?<![\w.])({alternatives(_OFTEN_WITHOUT_STOP)})\s(?=([A-Z][\w']*))", _named_title),
)
"""Rules in their order."""
INITIALS: tuple[Rule, ...] = (
    rule(r'\b(?:[A-Z]\. ){2,}(?=[A-Z][a-z])', _initials),
    rule(r"(?:(\b[\w']+,? )|(?<=[(\"])|^)([A-Z])\.\s(?=([A-Z][a-z]*))", _initial),
    rule(r'(?:(\b[A-Z] ))([A-Z])\.\s(?=([A-Z][a-z]*))', _initial),
    # Species: "E. coli".
    rule(r'(?<![\w.])([A-Z])\.(?= (?:coli|rex|aureus|elegans|sapiens)\b)', r'\1'),
)
"""Rules in their order, after those of other abbreviations."""
