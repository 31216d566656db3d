"""
Numbers to words by a table of rules: the rule-based number formats of CLDR (UTS 35, part 3).

A subset: named rule sets (`%name:`), rules `base: words;` or `base/radix: words;`, rules without a
base for the number that follows, `<<` and `>>` for quotient and remainder in the same rule set,
`<%name<` and `>%name>` in another one, `=%name=` for the number itself, and `[...]`, which is left
out where the remainder is nought. The divisor is the greatest power of the radix (10) that is no
greater than the base. An apostrophe before words keeps the space that they begin with.
"""

from __future__ import annotations

import bisect
import re
from typing import NamedTuple

_SET = re.compile(r'%([\w-]+):')
_BASE = re.compile(r'(\d+)(?:/(\d+))?:\s*')
_SUBSTITUTION = re.compile(r'<<|>>|<%([\w-]+)<|>%([\w-]+)>|=%([\w-]+)=')
_OPTIONAL = re.compile(r'\[([^\]]*)\]')


class _NumberRule(NamedTuple):
    base: int
    divisor: int
    words: str


class NumberRules:
    """Number words of one language."""

    def __init__(self, table: str) -> None:
        """Read the rules; raise ValueError where the table is no such table."""
        self._sets: dict[str, list[_NumberRule]] = {}
        parts = _SET.split(table)
        if parts[0].strip() or len(parts) < 3:
            raise ValueError(f'no rule set begins with {table[:40]!r}; it begins with "%name:"')
        for name, rules in zip(parts[1::2], parts[2::2], strict=True):
            self._sets[name] = _read(rules)

    def __contains__(self, rule_set: str) -> bool:
        """Return whether there is a rule set of this name."""
        return rule_set in self._sets

    def words(self, number: int, rule_set: str = 'cardinal') -> str:
        """Return the words of a number that is nought or greater."""
        rules = self._sets[rule_set]
        at = bisect.bisect_right(rules, number, key=lambda each: each.base) - 1
        _, divisor, words = rules[max(at, 0)]
        quotient, remainder = divmod(number, divisor)
        words = _OPTIONAL.sub(r'\1' if remainder else '', words)

        def substituted(match: re.Match[str]) -> str:
            if match[0].startswith('<'):
                return self.words(quotient, match[1] or rule_set)
            if match[0].startswith('>'):
                return self.words(remainder, match[2] or rule_set)
            return self.words(number, match[3])

        return _SUBSTITUTION.sub(substituted, words)


def _read(text: str) -> list[_NumberRule]:
    rules: list[_NumberRule] = []
    for each in text.split(';'):
        each = ' '.join(each.split())
        if not each:
            continue
        stated = _BASE.match(each)
        base = int(stated[1]) if stated else rules[-1].base + 1 if rules else 0
        radix = int(stated[2] or 10) if stated else 10
        words = each[stated.end():] if stated else each
        rules.append(_NumberRule(base, _divisor(base, radix), words.removeprefix("'")))
    return rules


def _divisor(base: int, radix: int) -> int:
    divisor = 1
    while divisor * radix <= base:
        divisor *= radix
    return divisor
