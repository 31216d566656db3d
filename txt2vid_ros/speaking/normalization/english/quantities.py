"""
What numbers mean in English where neither a unit nor a currency says it.

Versions, IP addresses, codes, scores, ratios, fractions, ranges, ordinals, years, powers and
arithmetic; and at last any number that is left.
"""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import (
    cardinal,
    digits,
    fraction_words,
    NUMBER,
    number_words,
    ordinal,
    plural,
    SCALE_OF,
    year,
)
from txt2vid_ros.speaking.normalization.english.word_lists import (
    COUNTED_IN_MILLIONS,
    MONTHS,
    NOT_PLURALS,
)
from txt2vid_ros.speaking.normalization.rule import Rule, rule

_CODES = (
    r'(?:(?:PINs?|[Pp]asscode|[Pp]assword|[Zz]ip codes?|ZIP(?: codes?)?|IDs?|OTP|[Ss]erial number|'
    r'[Oo]rder number|[Tt]racking number|[Aa]ccount number|[Pp]ostcode|[Cc]ase number|[Cc]ode)'
    r'(?:\s+(?:is|was|are|number))?\s*[:#]?|(?:[Cc]odes?|[Zz]ip|[Oo]rder|[Tt]racking|[Aa]ccount|'
    r'[Ee]xtension|[Ss]erial)(?:\s+(?:is|was|are|number)|:|\s?#))')
_VERSIONED = (
    r'(?:[Vv]ersions?|[Rr]eleases?|[Vv]er\.?|[Vv]|Python|Ubuntu|Debian|Fedora|Java|Node|Node\.js|'
    r'Django|Linux|kernel|Kernel|Android|iOS|macOS|Windows|ROS|CUDA|PyTorch|TensorFlow|OpenCV|'
    r'ffmpeg|FFmpeg|GCC|gcc|Clang|CMake|Ruby|Rust|Kubernetes|Docker|Bluetooth|USB|HDMI|HTTP|'
    r'TLS|Qt|NumPy|Chrome|Firefox|Postgres|PostgreSQL|MySQL|Swift|Kotlin|Angular|React|Vue|'
    r'Blender|Unity)')
_BEFORE_YEAR = (
    r'(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Ff]rom|[Dd]uring|[Oo]f|[Yy]ear|[Ss]pring|[Ss]ummer|'
    r'[Aa]utumn|[Ff]all|[Ww]inter|[Bb]efore|[Aa]fter|[Aa]round|[Cc]irca|[Ee]arly|[Ll]ate|[Mm]id|'
    rf'[Cc]opyright|©|established|born|died|[Cc]lass of|to|and|{"|".join(MONTHS)})')
_SCORES = (
    r'(?:\b(?:won|win|wins|lost|lose|beat|beats|lead|leads|led|tied|tie|drew|score|scored|ended|'
    r'finished|vote|voted|ruled|defeated)\b[^.!?\d]{0,30})')
_RATED = r'(?:rated?|rating|scored?|stars?|got|gets?|gave|review|marks?)\s+(?:it |of |at )?'
_MILLIONS = rf'{COUNTED_IN_MILLIONS}|parameters|rows|records|lines|tokens|of|and'
_BILLIONS = 'parameters?|model|people|users|views|dollars|euros|years|tokens|records|rows'
# Things that are counted: "9/10 tests" is not a fraction, and "2000 users" has no year in it.
_THINGS = re.compile(rf'\s(?!(?:{NOT_PLURALS})\b)[a-z]+s\b')
_COUNTED = (rf'\s(?!(?:{NOT_PLURALS}|plans|series|Olympics)\b)'
            r'(?:[a-z]+[^aious\W]s|people|euros|men|women|children|police|feet|fish|sheep)\b')
_LEFT = r'(?<![\w.,:/-])'


def _version(text: str) -> str:
    """Return a version in words: 3.10 is "three point ten", 1.04 "one point zero four"."""
    return ' point '.join(_version_part(part) for part in text.split('.'))


def _version_part(part: str) -> str:
    return digits(part) if (part[0] == '0' and len(part) > 1) or len(part) > 4 else (
        year(int(part)) if len(part) == 4 else cardinal(int(part)))


def _named_version(match: re.Match[str]) -> str:
    """Read a version that is written to its name: GPT-3.5."""
    name, after = match[1], match[3]
    if after in ('x', 'k', 'm', 's', 'th', 'st', 'nd', 'rd', 'bn'):
        return match[0]
    spoken = 'version' if name == 'v' else name
    letters, number = re.sub(r'\d', '', after), re.sub(r'\D', '', after)
    if letters in ('a', 'ac', 'ax', 'b', 'g', 'n', 'c'):
        letters = ' '.join(letters.upper())
    return ' '.join(filter(None, (spoken, _version(match[2]), letters,
                                  number_words(number) if number else '')))


def _ip_address(match: re.Match[str]) -> str:
    return ' dot '.join(digits(part) for part in match[0].split('.'))


def _code(match: re.Match[str]) -> str:
    return match[1] + ', '.join(digits(group) for group in re.split(r'[ -]', match[2]))


def _zeros(match: re.Match[str]) -> str:
    """Read 007 as it is known, and any other number that begins with a zero digit by digit."""
    text = match[0]
    if len(text) == 3 and text.startswith('00') and text != '000':
        return f'double oh {digits(text[2])}'
    return digits(text)


def _mixed(match: re.Match[str]) -> str:
    words = fraction_words(match[1], int(match[2]), int(match[3]))
    return words or match[0]


def _slashed(match: re.Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    if (top, bottom) == (9, 11) or top + bottom == 100 or top == bottom != 10:
        return f'{cardinal(top)} {cardinal(bottom)}'
    if 60 <= top <= 250 and 40 <= bottom <= 150:
        return f'{cardinal(top)} over {cardinal(bottom)}'  # a blood pressure
    things = _THINGS.match(match.string, match.end())
    words = fraction_words('', top, bottom) if 0 < top < bottom else None
    before = match.string[max(0, match.start() - 3):match.start()]
    if bottom in (5, 10, 100) and top <= bottom and (things or words is None or before == ' a '):
        return f'{cardinal(top)} out of {cardinal(bottom)}'
    return words or f'{cardinal(top)} over {cardinal(bottom)}'


def _number_or_year(text: str) -> str:
    """Return a number in words; one that can only be a recent year as a year."""
    if re.fullmatch(r'1[89]\d\d|20\d\d', text):
        return year(int(text))
    return number_words(text)


def _range(match: re.Match[str]) -> str:
    """Read 10-20 as a range, of years where both are; but a longer chain of numbers is none."""
    first, last = match[1], match[2]
    if len(first) == 4 and len(last) == 2 and first[:2] in ('18', '19', '20'):
        return f'{year(int(first))} to {cardinal(int(last))}'
    return f'{_number_or_year(first)} to {_number_or_year(last)}'


def _verse(match: re.Match[str]) -> str:
    """Read "John 3:16" as chapter and verse; but "Mix it 3:1" is a ratio."""
    before = re.search(r'([A-Z]\w+) $', match.string[max(0, match.start() - 20):match.start()])
    if not before:
        return match[0]
    words = f'{cardinal(int(match[1]))} {cardinal(int(match[2]))}'
    return f'{words} to {cardinal(int(match[3]))}' if match[3] else words


def _plural_number(match: re.Match[str]) -> str:
    """Read "the 747s" as a plural."""
    return plural(_paired(match[1]) if len(match[1]) == 4 else number_words(match[1]))


def _subtraction(match: re.Match[str]) -> str:
    return f'{match[1]} minus {match[2]}'


def _power(match: re.Match[str]) -> str:
    base, exponent = match[1], match[2]
    if exponent in ('2', '3') and not base[-1].isdigit():
        return f'{base} {"squared" if exponent == "2" else "cubed"}'
    if exponent in ('2', '3'):
        return f'{number_words(base)} {"squared" if exponent == "2" else "cubed"}'
    words = number_words(base) if base[-1].isdigit() else base
    return f'{words} to the {_exponent(exponent)}'


def _exponent(text: str) -> str:
    if not text.lstrip('+-').isdigit():
        return text.upper()
    number = int(text)
    return f'minus {cardinal(-number)}' if number < 0 else ordinal(number)


def _scientific(match: re.Match[str]) -> str:
    return f'{number_words(match[1])} times ten to the {_exponent(match[2])}'


def _dimensions(match: re.Match[str]) -> str:
    return ' by '.join(_paired(part) for part in re.split(r'\s?[x×]\s?', match[0]))


def _paired(text: str) -> str:
    """Return a number of four digits in pairs, as those of screens and models are said."""
    if len(text) == 4 and text.isdigit() and text[0] != '0' and not text.endswith('000'):
        return year(int(text)) if text[1:3] != '00' else cardinal(int(text))
    return number_words(text)


def _list_of_numbers(match: re.Match[str]) -> str:
    return ', '.join(number_words(part) for part in match[0].split(','))


QUANTITIES: tuple[Rule, ...] = (
    rule(r'(?<![\w.])([A-Z])\.(\d{3})\b', lambda match: f'{match[1]} dot {digits(match[2])}'),
    # "GPT-3.5", "python3.10", "v1.5b", "802.11ac".
    rule(r'(?<![\w.])([A-Za-z]+)-?(\d+(?:\.\d+)+)([a-z]{0,4}\d*)(?![\w]|\.\d)', _named_version),
    rule(r'(?<![\w.,-])()(\d+(?:\.\d+)+)([a-z]{1,4}\d*)(?![\w]|\.\d)', _named_version),
    rule(r'(?<![\w/])((?:19|20)\d\d)/(\d\d)(?![\w/])', lambda match: (
        f'{year(int(match[1]))} to {number_words(match[2])}')),
    # Of a screen: 1080p.
    rule(r'(?<![\w.,])(\d{3,4})p\b', lambda match: f'{_paired(match[1])} P'),
    # Groups as in India, "1,00,000"; then identity, card and telephone numbers.
    rule(r'(?<![\w.,])(\d{1,2}(?:,\d{2})+,\d{3})(?![\w,])', lambda match: (
        number_words(match[1].replace(',', '')))),
    rule(r'(?<![\w-])(?:\d{3}-\d{2}-\d{4}|\d{4}(?: \d{4}){2,3}|0\d{3,4} \d{5,7})(?![\w-])',
         lambda match: ', '.join(digits(group) for group in re.split(r'[ -]', match[0]))),
    rule(r'\b(UTC|GMT)\s?[-−–]\s?(?=\d)', r'\1 minus '),
    rule(r'(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)', _ip_address),
    rule(rf'\b({_VERSIONED}\s?)(\d+(?:\.\d+)+)(?![\w%])', lambda match: (
        'version ' if match[1] == 'v' else match[1]) + _version(match[2])),
    # "1.2.3" is a version, "1.000.000" is not; behind a name so is "2.10": "on Jazzy 2.10".
    rule(r'(?<![\w.])(\d+(?:\.\d+){2,})(?![\w%])', lambda match: match[0] if re.fullmatch(
        r'\d{1,3}(?:\.\d{3})+', match[1]) else _version(match[1])),
    rule(r'(?<=[a-z] )([A-Z]\w+ )(\d+\.\d+)(?=$|[,;)]|\.(?:\s|$)|'
         r'\s(?:or|and|is|was|has|installed|released|'
         r'requires|needs|supports)\b)', lambda match: match[1] + _version(match[2])),
    rule(rf'\b({_CODES}\s*)(\d{{3,}}(?:[ -]\d{{2,}})*)(?!\s(?:lines|people|times|books)\b)'
         rf'(?![\w.,]*\d)', _code),
    rule(r"(?<![\w.,'])0\d+(?![\w]|[.,:]\d)", _zeros),
    rule(r'\b24/7\b', 'twenty four seven'),
    # "the class of '05".
    rule(r"(?<!\w)'(\d\d)\b(?!\w)", lambda match: digits(match[1]) if match[1][0] == '0'
         else cardinal(int(match[1]))),
    rule(r'(?<![\w./])(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th|ST|ND|RD|TH)\b', lambda match: (
        ordinal(int(match[1].replace(',', ''))))),
    rule(r'(?<![\w./])(\d{1,2})/(\d{1,2})(?:st|nd|rd|th)s?\b', lambda match: (
        fraction_words('', int(match[1]), int(match[2])) or match[0])),
    rule(rf'{_LEFT}({NUMBER})\s?[·×x*]\s?10\^([+-]?\d+)', _scientific),
    rule(rf'{_LEFT}({NUMBER})[eE]([+-]?\d+)(?!\w)', _scientific),
    # Algebra: "2x + 1", "n - 1", "7-2 = 5".
    rule(r'(?<![\w.])(\d+)([a-z])\b(?=\s?[-+=*/^²])', lambda match: (
        f'{number_words(match[1])} {match[2].upper()}')),
    rule(r'\b([a-z])\s?-\s?(?=\d+\b)', r'\1 minus '),
    rule(rf'(?<![\w.,])({NUMBER})-({NUMBER})(?=\s?=)', _subtraction),
    rule(r'((?<![\w.,])\d+(?:\.\d+)?|\b[A-Za-z]{1,2}|\))\s?\^\s?\(?([+-]?\d+|[a-z]\b)\)?', _power),
    rule(r'(?<![\w.,])\d+(?:\.\d+)?(?:\s?[x×]\s?\d+(?:\.\d+)?)+(?![\w.]*\d)(?!\s*=)', _dimensions),
    # "2x faster".
    rule(r'(?<![\w.,])(\d+(?:\.\d+)?)[x×](?!\w)', lambda match: f'{number_words(match[1])} times'),
    rule(r'(?<![\w./])(\d+)[ -](\d{1,2})/(\d{1,3})(?![\w/])', _mixed),
    rule(r'(?<![\w./])(\d+\.\d+)/(\d+)(?![\w/])', lambda match: (
        f'{number_words(match[1])} out of {number_words(match[2])}')),
    rule(rf'({_RATED})(\d+)/(\d+)(?![\w/])', lambda match: (
        f'{match[1]}{number_words(match[2])} out of {number_words(match[3])}')),
    rule(r'(?<![\w./])(\d{1,3})/(\d{1,3})(?![\w/])', _slashed),
    rule(r'(?<=[A-Za-z]\w )(\d{1,3}):(\d{1,3})(?:[-–](\d{1,3}))?(?![\w:])(?<!\d:\d)', _verse),
    rule(rf'(?<![\w.,:])({NUMBER}):({NUMBER})(?::({NUMBER}))?(?![\w:])', lambda match: ' to '.join(
        number_words(group) for group in match.groups() if group)),
    # "won 3-1".
    rule(rf'({_SCORES})(\d{{1,3}})\s?[-–:]\s?(\d{{1,3}})(?![\w-])', lambda match: (
        f'{match[1]}{number_words(match[2])} to {number_words(match[3])}')),
    rule(rf'(?<![\w.,])({NUMBER})\s[-–]\s({NUMBER})(?=\s?=)', _subtraction),
    rule(rf'(?<![\w.,])({NUMBER})\s?−\s?({NUMBER})', _subtraction),
    rule(r'(?<![\w.,-])(\d+(?:\.\d+)?)\s?[-–]\s?(\d+(?:\.\d+)?)(?![\w-]|\.\d)', _range),
    rule(rf'(?<![\w)])(?:[-–]|−\s?)(?={NUMBER})', 'minus '),
    rule(r'(?<![\w)+])\+(?=\d)', 'plus '),
    rule(r'(?<=\d)\+(?!\w)', ' plus'),
    # Resolutions, "4K"; then things counted in thousands and more, but "a 5k run".
    rule(r'(?<![\w.,])([2-8])K\b', lambda match: f'{number_words(match[1])} K'),
    rule(rf'(?<![\w.,])({NUMBER})B\b(?=\s(?:{_BILLIONS})\b)|(?<![\w.,])(\d+\.\d+)B\b',
         lambda match: f'{number_words(match[1] or match[2])} billion'),
    rule(r'(?<![\w.,-])(\d{1,4})s\b(?!\w)', _plural_number),
    rule(rf'(?<![\w.,])({NUMBER})(k|K)\b'
         r'(?=\s(?:run|race|walk|marathon|gold|ring|resolution|video)\b)',
         lambda match: f'{number_words(match[1])} K'),
    rule(rf'(?<![\w.,-])({NUMBER})(k|K|bn|Bn|mn|tn)\b(?!\.\w|-)', lambda match: (
        f'{number_words(match[1])} {SCALE_OF[match[2]]}')),
    rule(rf'(?<![\w.,])({NUMBER})\s?(Mio|mio|Mrd)\b\.?', lambda match: (
        f'{number_words(match[1])} {SCALE_OF[match[2]]}')),
    rule(rf'(?<![\w.,])({NUMBER})([Mm])(?=\s(?:{_MILLIONS})\b)|(?<![\w.,])(\d+\.\d+)M\b',
         lambda match: f'{number_words(match[1] or match[3])} million'),
    rule(r'(?<![\w.,])\d{1,2}(?:,\d{1,2}){2,}(?![\w,])', _list_of_numbers),
    rule(rf'\b({_BEFORE_YEAR} )(1\d{{3}}|20\d\d)(?![\w]|[.,]\d)'
         rf'(?!{_COUNTED})', lambda match: match[1] + year(int(match[2]))),
    # Models: "RTX 3090".
    rule(r'((?:\b[A-Z]{2,} ))(\d{4})(?![\w.,]*\d)', lambda match: match[1] + _paired(match[2])),
    rule(rf'(?<![\w.,])(1[89]\d\d|20\d\d)(?![\w]|[.,]\d)(?!{_COUNTED})',
         lambda match: year(int(match[1]))),
    rule(rf'(?<![\w.])(?<![A-Za-z]-)({NUMBER})(?![\w])', lambda match: number_words(match[1])),
)
"""Rules in their order."""
