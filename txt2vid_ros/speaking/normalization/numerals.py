"""Numbers as they are written in a text, and the words for them in one language."""

from __future__ import annotations

from collections.abc import Mapping
import re
from typing import NamedTuple

from txt2vid_ros.speaking.normalization.language import AFTER_A_CASE, Language, Noun, Replacements
from txt2vid_ros.speaking.normalization.number_rules import NumberRules
from txt2vid_ros.speaking.normalization.rule import compiled

LETTERS = '0-9A-Za-zÀ-ɏ\u0900-\u0963\u0966-\u0dff'
"""Digits and the letters of writings with spaces, for a class of a regular expression."""
LEFT = f'(?<![{LETTERS}])'
"""No digit and no letter before, but for those of writings without spaces, which may touch one."""
RIGHT = f'(?![{LETTERS}])'
FREE = r'(?<![.,/])(?<!\d:)'
"""No mark before that belongs to a greater number, date or time."""
LARGEST = 10 ** 15
"""Numbers from here on are read digit by digit."""
SIGNS = {'-': 'minus', '−': 'minus', '+': 'plus', '±': 'plus_minus'}
"""What the sign of a number is called in `Language.words`."""
_MARKS = {',': 'comma', '.': 'point'}


class Amount(NamedTuple):
    """A number as it was written."""

    digits: str
    fraction: str
    mark: str
    """The decimal mark; '' where there is no fraction."""

    @property
    def whole(self) -> int:
        """Return the integer part."""
        return int(self.digits)

    @property
    def is_one(self) -> bool:
        """Return whether it is exactly one."""
        return not self.fraction and self.whole == 1


class Numerals:
    """The numbers of one language, as patterns and as words."""

    def __init__(self, language: Language) -> None:
        """Read the language's table."""
        self.language = language
        self.rules = NumberRules(language.numbers)
        decimal, other = language.decimal, '.,'.replace(language.decimal, '')
        groups = f'[{re.escape(language.groups)}]' if language.groups else r'(?!)'
        grouped = language.group_sizes.replace('{G}', groups)
        self.pattern = (
            rf'(?:(?<![\d]){grouped}(?:{re.escape(decimal)}\d+)?(?!\d)'
            rf'|\d{{1,3}}(?:{re.escape(decimal)}\d{{3}}){{2,}}(?!\d)'
            rf'|\d{{1,3}}(?:{re.escape(decimal)}\d{{3}})+{re.escape(other)}\d+(?!\d)'
            r'|\d+[.,]\d+(?![.,]?\d)|\d+(?![.,]\d))')
        """Regular expression of an unsigned number."""
        self._grouped = re.compile(rf'({grouped})(?:{re.escape(decimal)}(\d+))?')

        self.signed = rf'(?<![{LETTERS})\]])' if language.spaces else (
            rf'(?:^|(?<={language.before_minus}))')
        """Regular expression of what is before the sign of a number."""

    def read(self, text: str) -> Amount:
        """
        Return the number that `pattern` has matched.

        Marks that stand in the way of this language are taken for decimal marks only where they
        cannot divide groups: 1.234 has groups in Spanish, 1.5 and 0.125 have not.
        """
        decimal = self.language.decimal
        grouped = self._grouped.fullmatch(text)
        if grouped and not (grouped[1][0] == '0' and len(grouped[1]) > 1):
            return Amount(re.sub(r'\D', '', grouped[1]), grouped[2] or '',
                          decimal if grouped[2] else '')
        if text.count('.') + text.count(',') > 1:
            # Written as in a language with the other marks.
            last = re.split('[.,]', text)[-1]
            if set(re.sub(r'\d', '', text)) == {decimal} and len(last) == 3:
                return Amount(re.sub(r'\D', '', text), '', '')
            return Amount(re.sub(r'\D', '', text[:-len(last) - 1]), last, text[-len(last) - 1])
        # Marks of groups stay behind a leading nought: 02'345 is digits, not thousands.
        text = re.sub(r'[^\d.,]', '', text)
        digits, _, fraction = text.replace(',', '.').partition('.')
        return Amount(digits, fraction, text[len(digits):][:1])

    def say(self, amount: Amount, form: str = '') -> str:
        """Return a number in words; with leading noughts or very long, digit by digit."""
        digits, fraction, mark = amount
        if (len(digits) > 1 and digits[0] == '0') or int(digits) >= LARGEST:
            whole = self.digits(digits)
        else:
            whole = self.cardinal(int(digits), '' if fraction else form)
        if not fraction:
            return whole
        name = self.language.words[
            'decimal' if mark == self.language.decimal else _MARKS[mark]]
        return self.joined(whole, name, self._fraction(fraction))

    def cardinal(self, number: int, form: str = '') -> str:
        """Return a cardinal number in a form such as 'f'."""
        rule_set = form if form in self.rules else 'cardinal'
        return self._ended(self.rules.words(number, rule_set), self.language.endings, form)

    def ordinal(self, number: int, form: str = '') -> str:
        """Return an ordinal number in a form."""
        return self._ended(self.rules.words(number, 'ordinal'), self.language.ordinal_endings,
                           form)

    def ordinal_form(self, match: re.Match[str], form: str = '') -> str:
        """Return the form of an ordinal by what is before it; `form` where that does not tell."""
        before = match.string[max(0, match.start() - 48):match.start()]
        return next((case for case, pattern in self.language.ordinal_cases
                     if (pattern or form != AFTER_A_CASE)
                     and compiled(rf'(?:{pattern})$').search(before)), form)

    def year(self, number: int) -> str:
        """Return a year in words."""
        if self.language.years_by_digits:
            return self.digits(str(number))
        rule_set = 'year' if 'year' in self.rules else 'cardinal'
        return self._ended(self.rules.words(number, rule_set), self.language.endings, '')

    def digits(self, text: str, rule_set: str = 'digit') -> str:
        """Return digit by digit what is written."""
        rule_set = rule_set if rule_set in self.rules else 'digit'
        rule_set = rule_set if rule_set in self.rules else 'cardinal'
        return self.joined(*(self.rules.words(int(char), rule_set)
                             for char in text if char.isdigit()))

    def counted(self, amount: Amount, noun: Noun, link: str = '') -> str:
        """Return a number with the name of what it counts; `link` stands behind millions."""
        words = self.say(amount, noun.form)
        if '{n}' in noun.many:
            return noun.many.format(n=words)
        millions = not amount.fraction and amount.whole and amount.whole % 1_000_000 == 0
        return self.joined(words, (link if millions else '') + (
            noun.one if amount.is_one else noun.many))

    def scaled(self, amount: Amount, scale: str) -> str:
        """Return a number with the name of its scale, such as that of 'Mio.'."""
        one, many = self.language.scales[scale]
        return self.joined(self.say(amount, self.language.scale_form),
                           one if amount.is_one else many)

    def form_in(self, text: str, begin: int, end: int, amount: Amount) -> str:
        """Return the form of a number at a place of a text, by the words around it."""
        language = self.language
        if language.uncounted and compiled(
                rf'(?:{language.uncounted})\s?$').search(text[max(0, begin - 20):begin]):
            return ''
        behind = text[end:end + 40]
        return next((form for form, pattern in (
            language.before_one if amount.is_one else language.before_many)
                     if compiled(pattern).match(behind)), '')

    def range_word(self, match: re.Match[str]) -> str:
        """Return what is said between the ends of a range of dates, years or times."""
        before = match.string[max(0, match.start() - 20):match.start()]
        return next((word for pattern, word in self.language.range_ends
                     if compiled(rf'(?<![^\W\d_])(?:{pattern})\s$').search(before)),
                    self.language.words['to'])

    def fraction(self, whole: str, over: int, under: int, behind: str = '') -> str:
        """Return a fraction in words, with a whole number before it if there is one."""
        language, say = self.language, self.cardinal
        if (over, under) == (1, 2):
            if whole and language.half:
                return language.half.format(n=say(int(whole), language.fraction_form))
            words = '' if whole else next((words for words, pattern in language.halves
                                           if compiled(pattern).match(behind)), '')
            if words:
                return words
        if 1 < under <= len(language.fractions) + 1:
            name = language.fractions[under - 2][over != 1]
            said = self.joined(say(over, language.fraction_form), name)
        elif language.denominator_first:
            said = language.denominator_first.format(n=say(over), d=say(under))
        else:
            said = self.joined(say(over), language.words['over'], say(under))
        return self.joined(say(int(whole)), language.words['and'], said) if whole else said

    def joined(self, *words: str) -> str:
        """Return words beside each other."""
        return (' ' if self.language.spaces else '').join(word for word in words if word)

    def _fraction(self, digits: str) -> str:
        if len(digits) > self.language.fraction_as_number:
            return self.digits(digits)
        noughts = len(digits) - len(digits.lstrip('0'))
        rest = digits[noughts:]
        return self.joined(self.digits(digits[:noughts]), self.cardinal(int(rest)) if rest else '')

    @staticmethod
    def _ended(words: str, endings: Mapping[str, Replacements], form: str) -> str:
        for pattern, replacement in (
                *endings.get('', ()), *(endings.get(form, ()) if form else ())):
            words = compiled(pattern).sub(replacement, words)
        return words
