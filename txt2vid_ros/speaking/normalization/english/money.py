"""Sums of money in English, with the sign or the code of the currency before or after them."""

from __future__ import annotations

import re
from typing import NamedTuple

from txt2vid_ros.speaking.normalization.english.number_words import (
    cardinal,
    is_one,
    NUMBER,
    number_words,
    parse_number,
    SCALE_OF,
)
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule


class Currency(NamedTuple):
    """The unit and its hundredth, each in the singular and the plural; '' where there is none."""

    one: str
    many: str
    cent: str = ''
    cents: str = ''


_DOLLAR = Currency('dollar', 'dollars', 'cent', 'cents')
_EURO = Currency('euro', 'euros', 'cent', 'cents')
_POUND = Currency('pound', 'pounds', 'penny', 'pence')
_FRANC = Currency('franc', 'francs', 'centime', 'centimes')
_RUPEE = Currency('rupee', 'rupees', 'paisa', 'paise')
_YEN, _WON = Currency('yen', 'yen'), Currency('won', 'won')
_YUAN = Currency('yuan', 'yuan')
_CROWN = Currency('crown', 'crowns')
_RUBLE = Currency('ruble', 'rubles', 'kopeck', 'kopecks')
_REAL = Currency('real', 'reals', 'centavo', 'centavos')


def _of(country: str) -> Currency:
    return Currency(f'{country} dollar', f'{country} dollars', 'cent', 'cents')


SIGNS = {
    '$': _DOLLAR, '€': _EURO, '£': _POUND, '¥': _YEN, '₹': _RUPEE, '₩': _WON, '₽': _RUBLE,
    '₺': Currency('lira', 'lira'), '₪': Currency('shekel', 'shekels'),
    '฿': Currency('baht', 'baht'), '₫': Currency('dong', 'dong'), '₱': Currency('peso', 'pesos'),
    '₴': Currency('hryvnia', 'hryvnias'), '₦': Currency('naira', 'naira'),
    '₿': Currency('bitcoin', 'bitcoins'),
    'zł': Currency('zloty', 'zlotys'), 'Kč': _CROWN, 'US $': _DOLLAR, 'CN¥': _YUAN,
    'US$': _DOLLAR, 'C$': _of('Canadian'), 'CA$': _of('Canadian'), 'A$': _of('Australian'),
    'AU$': _of('Australian'), 'NZ$': _of('New Zealand'), 'HK$': _of('Hong Kong'),
    'NT$': _of('Taiwan'),
    'S$': _of('Singapore'), 'R$': _REAL,
}
CODES = {
    'USD': _DOLLAR, 'EUR': _EURO, 'GBP': _POUND, 'JPY': _YEN, 'INR': _RUPEE, 'CHF': _FRANC,
    'CAD': _of('Canadian'), 'AUD': _of('Australian'), 'NZD': _of('New Zealand'), 'CNY': _YUAN,
    'RMB': _YUAN, 'KRW': _WON, 'SEK': _CROWN, 'NOK': _CROWN, 'DKK': _CROWN, 'CZK': _CROWN,
    'PLN': Currency('zloty', 'zlotys'), 'AED': Currency('dirham', 'dirhams'),
    'ZAR': Currency('rand', 'rand'), 'HUF': Currency('forint', 'forints'),
    'TRY': Currency('lira', 'lira'), 'THB': Currency('baht', 'baht'), 'RUB': _RUBLE,
    'BRL': _REAL, 'MXN': Currency('peso', 'pesos'), 'HKD': _of('Hong Kong'),
    'SGD': _of('Singapore'), 'BTC': Currency('bitcoin', 'bitcoins'), 'Rs.': _RUPEE, 'Rs': _RUPEE,
    'Fr.': _FRANC,
}
_SCALE_WORDS = 'hundred|thousand|million|billion|trillion|lakh|crore'
_SCALE = rf'(?:[\s-]?(?P<scale>(?:{_SCALE_WORDS})\b|(?:{alternatives(SCALE_OF)})(?!\w)))?'
_PERIODS = {'mo': 'month', 'yr': 'year', 'hr': 'hour', 'h': 'hour', 'd': 'day', 'wk': 'week',
            'kg': 'kilogram', 'lb': 'pound', 'mi': 'mile', 'gal': 'gallon', 'oz': 'ounce',
            'ft': 'foot', 'l': 'liter', 'm': 'meter', 'sqm': 'square meter'}
_PER = r'(?:/(?P<per>[a-z]+)\b(?:\.(?=[,)]|\s[a-z]))?)?'
_AMOUNT = rf'(?P<amount>{NUMBER})'
_MINUS = '-−–'
# Before these the currency is in the singular: "a 5 million dollar budget".
_ATTRIBUTE = re.compile(
    r'(?=-)|\s(?:bills?|notes?|coins?|question|home|house|fine|fee|tickets?|gift|million|budget|'
    r'bonus|reward|prize|deal|loan|investment)\b')


def _money(match: re.Match[str]) -> str:
    """Return a sum, or a range of sums, in words."""
    parts = match.groupdict()
    currency = SIGNS.get(match['currency']) or CODES[match['currency']]
    scale = SCALE_OF.get(match['scale'] or '', match['scale'] or '')
    if parts['upto']:
        spoken = f'{number_words(match["amount"])} to {_sum(match["upto"], scale, currency)}'
    else:
        spoken = _sum(match['amount'], scale, currency)
    if _ATTRIBUTE.match(match.string, match.end()) and not parts['upto']:
        spoken = spoken.removesuffix(currency.many) + (
            currency.one if spoken.endswith(currency.many) else '')
    per = f' per {_PERIODS.get(match["per"], match["per"])}' if match['per'] else ''
    return f'{"minus " if match["minus"] or parts.get("within") else ""}{spoken}{per}'


def _sum(amount: str, scale: str, currency: Currency) -> str:
    whole, fraction = parse_number(amount)
    if scale:
        fraction = fraction.rstrip('0')
        words = number_words(f'{whole}.{fraction}' if fraction else whole)
        return f'{words} {scale} {currency.many}'
    if currency.cent and len(fraction) == 2 and fraction != '00':
        number = int(fraction)
        cents = f'{cardinal(number)} {currency.cent if number == 1 else currency.cents}'
        if not whole.strip('0'):
            return cents
        name = currency.one if whole == '1' else currency.many
        return f'{number_words(whole)} {name} and {cents}'
    amount = whole or '0' if not fraction.strip('0') else amount
    return f'{number_words(amount)} {currency.one if is_one(amount) else currency.many}'


def _cents(match: re.Match[str]) -> str:
    return f'{number_words(match[1])} cent{"" if is_one(match[1]) else "s"}'


def _before(names: str, gap: str) -> Rule:
    """Return the rule for a currency in front of its sum, as $5, -$5.50, $-5, $5-10 or $1.2M."""
    return rule(rf'(?:(?<![\w)])(?P<minus>[-–]|−\s?))?(?<![\w$])(?P<currency>{names}){gap}'
                rf'(?P<within>[{_MINUS}])?{_AMOUNT}'
                rf'(?:\s?[-–]\s?(?:{names})?{gap}(?P<upto>{NUMBER}))?{_SCALE}{_PER}'
                r'(?:\s?USD\b)?(?![\w])',
                _money)


def _after(names: str) -> Rule:
    """Return the rule for a currency behind its sum, as 5 €, -5,50€, 3-5 USD or 3 Mio. €."""
    return rule(rf'(?:(?<![\w)])(?P<minus>[-–]|−\s?))?(?<![\w.,]){_AMOUNT}'
                rf'(?:\s?[-–]\s?(?P<upto>{NUMBER}))?{_SCALE}\.?\s?'
                rf'(?P<currency>{names})(?!\w){_PER}', _money)


MONEY: tuple[Rule, ...] = (
    # Thousands in groups with spaces, as ISO 80000-1 has them.
    rule(r'(?<![\w.,+-])([1-9]\d{0,2})((?: \d{3})+)(?![\d-])', lambda match: (
        match[1] + match[2].replace(' ', ''))),
    # "5.50 dollars": five point five.
    rule(r'(?<![\w.,])(\d+[.,]\d)0(?= (?:euros?|dollars?|pounds?|francs?|rupees?)\b)', r'\1'),
    # A range whose ends both have their sign: "$5k-$10k".
    rule(rf'((?:{alternatives(SIGNS)})\s?{NUMBER}\s?(?:[kKmMbB]|bn)?)\s?[-–]\s?'
         rf'(?=(?:{alternatives(SIGNS)})\d)', r'\1 to '),
    _before(alternatives(SIGNS), r'\s?'),
    _before(alternatives(CODES), r'\s?'),
    _after(alternatives(SIGNS)),
    _after(alternatives(code for code in CODES if code.isupper())),
    rule(rf'(?<![\w.,])({NUMBER})\s?¢', _cents),
)
"""Rules in their order."""
