"""Measures in English: a number, or a range of numbers, with a unit."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import (
    fraction_words,
    is_one,
    NUMBER,
    number_words,
)
from txt2vid_ros.speaking.normalization.english.sentence_words import is_starter, word_before
from txt2vid_ros.speaking.normalization.english.units import (
    AREA_UNITS,
    LETTER_UNITS,
    Unit,
    UNITS,
)
from txt2vid_ros.speaking.normalization.english.word_lists import (
    AFTER_A_DURATION,
    BEFORE_A_DURATION,
    COUNTED_IN_MILLIONS,
)
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule, words_of

_ALL = {**UNITS, **LETTER_UNITS}
_SHAPED_UNITS = {**_ALL, 'in': Unit('inch', 'inches'), 'feet': UNITS['ft']}
_SHAPES = {'sq': 'square', 'square': 'square', 'cu': 'cubic', 'cubic': 'cubic'}
_SIGNS = {'-': 'minus', '−': 'minus', '–': 'minus', '+': 'plus', '±': 'plus or minus',
          '~': 'about', '≈': 'about'}
_UNIT = rf'(?:{alternatives(_ALL)})'
_POWER = r'(?:\^?(?P<power>[23])(?!\d)|\^(?P<negative>-[12]))?'
_PER = rf'(?:/(?P<per>{_UNIT}|d|day|week|month|year|hour|minute|second|person|unit|in)' \
       r'(?:\^?(?P<per_power>[23])(?!\d))?(?![\w]))?'
_SIGN = r'(?:(?P<sign>(?<![\w)])(?:[-–+](?=[\d.])|−|±|~|≈))\s?)?'
_UPTO = rf'(?:\s?[-–]\s?(?P<upto>{NUMBER}))?'
_SQUARE = r'(?P<shape>sq\.?|square|cu\.?|cubic) (?P<shaped>ft|feet|m|mi|km|yd|in|cm|mm)\b\.?'
_NUMBER_BEFORE = rf'{_SIGN}(?<![\w.,^])(?P<amount>{NUMBER}){_UPTO}'
_INCH_THINGS = ('monitor|screen|display|TV|tablet|laptop|pipe|nail|disk|drive|wheels?|pizza|'
                'x|by|wide|tall|long|thick')
"""What comes after a number of inches: a 27" monitor."""
_FOLLOWS_A_MEASURE = frozenset(
    words_of(
        'ago away long wide tall high deep thick apart later earlier from of and or to in on at '
        'for per each more less left right off up down ahead old is are was were has have as than '
        'with by before after between over under above below total every until since the a an it'))
"""Words that show that the measure before them is not an adjective, as it is in "35mm film"."""
_NOUN = re.compile(r'\s([a-z]+)')
_SURNAME = re.compile(r'\.\s([A-Z][a-z]\w*)')
_GOES_ON = re.compile(r'\s(?:is|was|are|were|won|will|has|had|lost|cars|shoes|pants|questions|'
                      r'and [A-Z]\b|\d+(?:st|nd|rd|th)\b)')
_NUMBERED_PLACES = frozenset(words_of(
    'Section Suite Apt Apartment Room room Seat seat Row Line Lines Option Volume Vol Gate gate '
    'Platform Terminal Hall Bus bus '
    'Size size Pad Class class Unit Lot Step step game Game apartment suite'))
"""What is numbered with letters, too: "Seat 12 A"."""
_ELECTRIC = re.compile(
    r'\d\s?(?:k?V|k?W|Hz|mA|Ah|k?Ω)\b|\b(?:[Vv]olts?|[Ff]use|[Cc]urrent|[Cc]ircuit|[Bb]reaker|'
    r'[Cc]harger|[Bb]attery|[Mm]otor|[Ss]ocket|[Oo]utlet|[Ll]oad|[Dd]raws?)\b')
_MILLIONS = re.compile(rf'\s(?:{COUNTED_IN_MILLIONS})\b')
_TAKES_SECONDS = re.compile(
    rf'\b(?:wait|{BEFORE_A_DURATION}|under|over|of|than|min|minutes?|m|h|and|~|<|>)\s?$',
    re.IGNORECASE)
_LASTS = re.compile(rf'\s(?:{AFTER_A_DURATION}|window|each|to)\b')


def _amount(match: re.Match[str]) -> str:
    words = number_words(match['amount'])
    if match['upto']:
        words += f' to {number_words(match["upto"])}'
    sign = _SIGNS.get(match['sign'] or '', '')
    return f'{sign} {words}'.strip()


def _singular(match: re.Match[str]) -> bool:
    """Return whether the unit is said in the singular: of one, or as an adjective."""
    if not match['upto'] and is_one(match['amount']):
        return True
    following = _NOUN.match(match.string, match.end())
    is_noun = bool(following and following[1] not in _FOLLOWS_A_MEASURE)
    joint = match.string[match.end('upto' if match['upto'] else 'amount')]
    article = word_before(match, 4) in ('a', 'an', 'A', 'An')
    if joint == '-' or (following and following[1] == 'old' and article):
        return True
    attached = joint != ' '
    return is_noun and (attached or article)


def _unit_words(symbol: str, power: str, singular: bool) -> str:
    unit = _ALL[symbol]
    name = unit.one if singular else unit.many
    if power and symbol in AREA_UNITS:
        return f'{"square" if power == "2" else "cubic"} {name}'
    return f'{name} {"squared" if power == "2" else "cubed"}' if power else name


def _is_label(match: re.Match[str]) -> bool:
    """Return whether what looks like a unit is none: "Seat 12 L", "In 1984 W. Smith won"."""
    unit, string = match['unit'], match.string
    if unit in LETTER_UNITS and word_before(match, 12) in _NUMBERED_PLACES:
        return True
    if unit == 'm':
        return _MILLIONS.match(string, match.end()) is not None
    if unit == 's':
        return _is_plural(match)
    if unit not in ('V', 'W', 'L', 't'):
        return False
    surname = _SURNAME.match(string, match.end('unit'))
    if surname is not None and not is_starter(surname[1]):
        return True
    if unit == 't':
        return 'salt' in string  # "2 t salt": teaspoons
    return _is_spaced(match) and _GOES_ON.match(string, match.end()) is not None


def _is_plural(match: re.Match[str]) -> bool:
    """Return whether the s after a number is a plural's, as in "the 747s", not for seconds."""
    if _is_spaced(match) or '.' in match['amount']:
        return False
    string, begin = match.string, match.start()
    return not (match['per'] or _LASTS.match(string, match.end())
                or _TAKES_SECONDS.search(string, max(0, begin - 12), begin))


def _is_spaced(match: re.Match[str]) -> bool:
    return match.string[match.start('unit') - 1] == ' '


def _measure(match: re.Match[str]) -> str:
    if _is_label(match):
        return match[0]
    unit = _unit_words(match['unit'], match['power'] or '', _singular(match))
    words = f'{_amount(match)} {unit}'
    if match['negative']:
        words += f' to the minus {number_words(match["negative"][1:])}'
    if match['per']:
        per = match['per']
        name = (_unit_words(per, match['per_power'] or '', True) if per in _ALL
                else {'d': 'day', 'in': 'inch'}.get(per, per))
        words += f' per {name}'
    return words


def _shaped(match: re.Match[str]) -> str:
    unit = _SHAPED_UNITS[match['shaped']]
    return (f'{_amount(match)} {_SHAPES[match["shape"].rstrip(".")]} '
            f'{unit.one if is_one(match["amount"]) else unit.many}')


def _degrees(match: re.Match[str]) -> str:
    scale = {'C': ' Celsius', 'F': ' Fahrenheit'}.get(match['scale'] or '', '')
    one = is_one(match['amount']) and not match['upto']
    return f'{_amount(match)} degree{"" if one else "s"}{scale}'


def _amps(match: re.Match[str]) -> str:
    """Read 16 A as amps only where the text is about electricity: "Seat 12 A" is not."""
    if (word_before(match, 12).capitalize() in _NUMBERED_PLACES
            or not _ELECTRIC.search(match.string)):
        return match[0]
    return f'{_amount(match)} amp{"" if is_one(match["amount"]) else "s"}'


def _feet(match: re.Match[str]) -> str:
    feet = number_words(match[1])
    return f'{feet} {"foot" if match[2] or match[1] == "1" else "feet"}' + (
        f' {number_words(match[2])}' if match[2] else '')


def _part(match: re.Match[str]) -> str:
    """Read "1/2 tsp" as "half a teaspoon", "3/4 lb" as "three quarters of a pound"."""
    whole, top, bottom, symbol = match[1] or '', int(match[2]), int(match[3]), match[4]
    words = fraction_words(whole, top, bottom)
    if words is None:
        return match[0]
    if symbol == '%':
        return f'{words} percent' if whole else f'{words} of a percent'
    unit = _ALL[symbol]
    if whole:
        return f'{words} {unit.many}'
    article = 'an' if unit.one[0] in 'aeiou' or unit.one == 'hour' else 'a'
    if (top, bottom) == (1, 2):
        return f'half {article} {unit.one}'
    return f'{words} of {article} {unit.one}'


def _inches(match: re.Match[str]) -> str:
    number = match[1] or match[2]
    return f'{number_words(number)} inch{"" if is_one(number) else "es"}'


def _dimensions(match: re.Match[str]) -> str:
    return ' by '.join(re.split(r'\s?[x×]\s?', match[1])) + f' {match[2]}'


MEASURES: tuple[Rule, ...] = (
    # A range whose ends both have their unit: "5 km - 10 km".
    rule(rf'(?<![\w.,])({NUMBER}\s?(?:{_UNIT}|%|°\s?[CF]?))\s?[-–]\s?'
         rf'(?={NUMBER}\s?(?:{_UNIT}|%|°))', r'\1 to '),
    # "1 1/2 lb", "3/4-mi."
    rule(rf'(?<![\w./])(?:(\d+) )?(\d)/(\d{{1,2}})(?:\s?|-)({_UNIT}|%)'
         r'(?![\w/])\.?(?=\W|$)(?!\.\w)', _part),
    # "2 in thick", "5 ft 10 in".
    rule(r'(?<![\w.,])(\d+(?:\.\d+)?|\d+ \d/\d)\s?in\b\.?(?=\s(?:thick|tall|wide|long|deep|high|'
         r'of|by|x|diameter|screen)\b|\s?x\s?\d)|(?<=ft )(\d+)\s?in\b', _inches),
    # Both of 8.5" x 11".
    rule(r'(?<![\w.,"])(\d+(?:\.\d+)?)"(?=\s?(?:x|×|by)\s?\d)|(?<=[x×] )(\d+(?:\.\d+)?)"',
         _inches),
    rule(rf'(?<![\w.])({NUMBER}(?:\s?[x×]\s?{NUMBER})+)\s?({_UNIT})(?![\w/])', _dimensions),
    # 6'2", and a 9' ladder.
    rule(r"(?<![\w.])(\d)'\s?(\d{1,2})(?:\"|''|″)?(?![\w'])", _feet),
    rule(r"(?<![\w.'])(\d{1,3})(?:′|'(?=\s(?:tall|poles?|deep|wide|long|high|ladder)\b))()(?!\w)",
         _feet),
    rule(rf'(?<![\w."])(\d+(?:\.\d+)?)(?:"|″)(?=\s(?:{_INCH_THINGS})\b)', r'\1 inch'),
    rule(rf'{_NUMBER_BEFORE}\s?{_SQUARE}', _shaped),
    rule(rf'{_NUMBER_BEFORE}\s?(?:[°º]|deg(?:rees?)?\s(?=[CF]\b))(?:\s?(?P<scale>[CF])\b)?(?!\w)',
         _degrees),
    rule(rf'{_NUMBER_BEFORE}\s?(?:%|percent\b)(?!o\b)',
         lambda match: f'{_amount(match)} percent'),
    rule(rf'{_NUMBER_BEFORE}\s?(?:‰|%o\b|‱)', lambda match: f'{_amount(match)} per mille'),
    # "5 km/h", "10-kg", "9.8 m/s^2"; a full stop after the unit is its own in mid-sentence.
    rule(rf'{_NUMBER_BEFORE}(?:\s?|-)(?P<unit>{_UNIT}){_POWER}{_PER}(?!\w|\'\w|-\w|\.\w)'
         r'(?:\.(?=[,)]|\s+[a-z(])|(?<=ft)\.(?=\s\d+\s?in)|(?<=lb)\.(?=\s\d+\s?oz)'
         r'|(?<=hr)\.(?=\s\d+\s?min))?', _measure),
    rule(rf'{_NUMBER_BEFORE}\s?A(?=[.,;:!?)]|$|\s(?:at|and|or|is|of|to|for|in|from|with)\b)',
         _amps),
)
"""Rules in their order."""
