"""English number words: cardinals, ordinals, fractions, years, decimals and digits."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.rule import words_of

_SMALL = words_of(
        'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen '
        'fifteen sixteen seventeen eighteen nineteen')
_TENS = words_of('zero ten twenty thirty forty fifty sixty seventy eighty ninety')
_SCALES = words_of(
        'thousand million billion trillion quadrillion quintillion sextillion septillion '
        'octillion nonillion decillion')
_ORDINALS = {'one': 'first', 'two': 'second', 'three': 'third', 'five': 'fifth', 'eight': 'eighth',
             'nine': 'ninth', 'twelve': 'twelfth'}
_DENOMINATORS = {2: 'half', 3: 'third', 4: 'quarter', 5: 'fifth', 6: 'sixth', 7: 'seventh',
                 8: 'eighth', 9: 'ninth', 10: 'tenth', 12: 'twelfth', 16: 'sixteenth',
                 20: 'twentieth', 32: 'thirty second', 64: 'sixty fourth', 100: 'hundredth'}
SCALE_OF = {'k': 'thousand', 'K': 'thousand', 'm': 'million', 'M': 'million', 'mn': 'million',
            'mil': 'million', 'mio': 'million', 'Mio': 'million', 'mm': 'million',
            'MM': 'million', 'b': 'billion', 'B': 'billion', 'bn': 'billion', 'Bn': 'billion',
            'Mrd': 'billion', 'mrd': 'billion', 't': 'trillion', 'T': 'trillion',
            'tn': 'trillion', 'trn': 'trillion'}
"""The word for each way to abbreviate thousands, millions and so on: "$5bn"."""
MAX_DIGITS = 3 * (len(_SCALES) + 1)
"""Digits of the largest number that is said as a number; longer ones are said digit by digit."""
NUMBER = (r"(?:\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+|(?:'\d{3})+|(?: \d{3})+)(?!\d)(?:[.,]\d+)?"
          r'|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d+(?:[.,]\d+)?|\.\d+)')
"""What parse_number takes, as a regular expression without groups."""


def cardinal(number: int) -> str:
    """Return a number in words: 1105 is "one thousand one hundred five"."""
    if number < 0:
        return f'minus {cardinal(-number)}'
    if len(str(number)) > MAX_DIGITS:
        return digits(str(number))
    if number < 1000:
        return _below_thousand(number)
    groups = []
    scale = 0
    while number:
        number, rest = divmod(number, 1000)
        if rest:
            words = _below_thousand(rest)
            groups.append(f'{words} {_SCALES[scale - 1]}' if scale else words)
        scale += 1
    return ' '.join(reversed(groups))


def ordinal(number: int) -> str:
    """Return an ordinal in words: 21 is "twenty first"."""
    before, _, last = cardinal(number).rpartition(' ')
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith('y'):
        last = f'{last[:-1]}ieth'
    else:
        last = f'{last}th' if not last.endswith('t') else f'{last}h'
    return f'{before} {last}'.strip()


def digits(text: str) -> str:
    """Return each digit of a text in words, nothing else of it."""
    return ' '.join(_SMALL[int(char)] for char in text if char.isdigit())


def year(number: int) -> str:
    """Return a year as it is said: 1984 is "nineteen eighty four", 2005 "two thousand five"."""
    century, rest = divmod(number, 100)
    if not 1000 <= number <= 9999 or number % 1000 < 10:
        return cardinal(number)
    if rest == 0:
        return f'{cardinal(century)} hundred'
    return f'{cardinal(century)} {"oh " if rest < 10 else ""}{cardinal(rest)}'


def plural(word: str) -> str:
    """Return the plural of the last word of an ordinal or a decade: twenty is twenties."""
    if word.endswith('y'):
        return f'{word[:-1]}ies'
    return f'{word}es' if word.endswith('x') else f'{word}s'


def parse_number(text: str) -> tuple[str, str]:
    """
    Return the digits before and after the decimal mark of a written number.

    Points, commas, apostrophes and spaces in front of groups of three digits separate thousands;
    a mark that comes last and is of another kind, or has another number of digits behind it, is
    the decimal mark. A single point is the decimal mark always, a single comma before three digits
    never, as English has it.
    """
    text = text.strip()
    marks = re.findall(r"[.,' ]", text)
    head, _, tail = text.rpartition(marks[-1]) if marks else (text, '', '')
    last = marks[-1] if marks else ''
    if last not in ('.', ',') or marks.count(last) > 1:
        decimal = False
    elif len(set(marks)) > 1:
        decimal = True
    else:
        decimal = last == '.' or len(tail) != 3 or head in ('', '0')
    if not decimal:
        head, tail = text, ''
    return re.sub(r'\D', '', head), tail


def number_words(text: str) -> str:
    """Return a written number in words; leading zeros make it a string of digits."""
    whole, fraction = parse_number(text)
    if not whole:
        return f'point {digits(fraction)}'
    if (len(whole) > 1 and whole[0] == '0') or len(whole) > MAX_DIGITS:
        words = digits(whole)
    else:
        words = cardinal(int(whole))
    return f'{words} point {digits(fraction)}' if fraction else words


def fraction_words(whole: str, top: int, bottom: int) -> str | None:
    """Return a fraction in words; None where it is not said like this."""
    if bottom not in _DENOMINATORS or (top >= bottom and (whole or bottom > 10)):
        return None
    name = _DENOMINATORS[bottom]
    many = f'{name[:-1]}ves' if name == 'half' else f'{name}s'
    if whole:
        article = {'half': 'a half', 'quarter': 'a quarter', 'third': 'a third'}.get(name)
        part = article if top == 1 and article else (
            f'{cardinal(top)} {name if top == 1 else many}')
        return f'{cardinal(int(whole))} and {part}'
    return f'{cardinal(top)} {name if top == 1 else many}'


def is_one(text: str) -> bool:
    """Return whether a written number takes the singular."""
    return parse_number(text) == ('1', '')


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f'{_SMALL[hundreds]} hundred'] if hundreds else []
    if rest >= 20:
        words.append(_TENS[rest // 10])
        rest %= 10
        if rest:
            words.append(_SMALL[rest])
    elif rest or not hundreds:
        words.append(_SMALL[rest])
    return ' '.join(words)
