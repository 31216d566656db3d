"""Units that measures are written in, with their names (SI brochure, 9th edition, and others)."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """A unit's name in the singular and the plural."""

    one: str
    many: str


_PREFIXES = {'': '', 'p': 'pico', 'n': 'nano', 'µ': 'micro', 'm': 'milli', 'c': 'centi',
             'd': 'deci', 'h': 'hecto', 'k': 'kilo', 'M': 'mega', 'G': 'giga', 'T': 'tera',
             'P': 'peta'}
_SCALABLE = (
    # symbol, name, plural, and the prefixes that are in use with it; '-' stands for none
    ('m', 'meter', 'meters', 'nµmcdk'), ('g', 'gram', 'grams', 'µmk'),
    ('l', 'liter', 'liters', 'µmcdh'), ('L', 'liter', 'liters', '-µmcdh'),
    ('s', 'second', 'seconds', 'pnµm'), ('V', 'volt', 'volts', 'µmkM'),
    ('A', 'amp', 'amps', 'µmk'), ('W', 'watt', 'watts', 'µmkMGT'),
    ('Hz', 'hertz', 'hertz', '-kMGT'), ('Ω', 'ohm', 'ohms', '-mkM'),
    ('J', 'joule', 'joules', 'kMG'), ('N', 'newton', 'newtons', 'kM'),
    ('Pa', 'pascal', 'pascals', '-hkM'), ('F', 'farad', 'farads', 'pnµm'),
    ('B', 'byte', 'bytes', 'kMGTP'), ('bit', 'bit', 'bits', '-kMGT'),
    ('eV', 'electronvolt', 'electronvolts', '-kMGT'), ('bar', 'bar', 'bars', '-m'),
    ('Wh', 'watt hour', 'watt hours', '-kMGT'), ('Ah', 'amp hour', 'amp hours', '-m'),
    ('cal', 'calorie', 'calories', '-k'), ('mol', 'mole', 'moles', '-mk'),
    ('Bq', 'becquerel', 'becquerels', '-kM'), ('Sv', 'sievert', 'sieverts', '-µm'),
    ('px', 'pixel', 'pixels', '-M'), ('lm', 'lumen', 'lumens', '-'))
_REGULAR = {
    'KB': 'kilobyte', 'Kb': 'kilobit', 'Mb': 'megabit', 'Gb': 'gigabit', 'KiB': 'kibibyte',
    'MiB': 'mebibyte', 'GiB': 'gibibyte', 'yd': 'yard', 'mi': 'mile', 'lb': 'pound',
    'oz': 'ounce', 'gal': 'gallon', 'qt': 'quart', 'pt': 'pint', 'tbsp': 'tablespoon',
    'Tbsp': 'tablespoon', 'tsp': 'teaspoon', 'min': 'minute', 'hr': 'hour', 'sec': 'second',
    'wk': 'week', 'yr': 'year', 'mo': 'month', 'ha': 'hectare', 'pc': 'piece', 'dB': 'decibel',
    'MP': 'megapixel', 'mcg': 'microgram', 'kn': 'knot', 'nmi': 'nautical mile',
    'deg': 'degree', 'hp': 'horsepower', 'ct': 'carat'}
_INVARIABLE = {
    'mph': 'miles per hour', 'kph': 'kilometers per hour', 'kmh': 'kilometers per hour',
    'km/h': 'kilometers per hour', 'bps': 'bits per second', 'kbps': 'kilobits per second',
    'Kbps': 'kilobits per second', 'Mbps': 'megabits per second', 'Gbps': 'gigabits per second',
    'fps': 'frames per second', 'rpm': 'revolutions per minute', 'dpi': 'dots per inch',
    'ppm': 'parts per million', 'ppb': 'parts per billion', 'bpm': 'beats per minute',
    'mpg': 'miles per gallon', 'psi': 'pounds per square inch', 'pct': 'percent',
    'lbs': 'pounds', 'Mio': 'million', 'Mrd': 'billion', 'mmHg': 'millimeters of mercury',
    'hp': 'horsepower'}
UNITS: dict[str, Unit] = {
    **{f'{prefix}{symbol}': Unit(f'{_PREFIXES[prefix]}{one}', f'{_PREFIXES[prefix]}{many}')
       for symbol, one, many, prefixes in _SCALABLE
       for prefix in (each.replace('-', '') for each in prefixes)},
    **{symbol: Unit(name, f'{name}s') for symbol, name in _REGULAR.items()},
    **{f'{symbol}s': Unit(_REGULAR[symbol], f'{_REGULAR[symbol]}s')
       for symbol in ('min', 'hr', 'sec', 'wk', 'yr', 'mo', 'pc', 'yd', 'gal')},
    **{symbol: Unit(name, name) for symbol, name in _INVARIABLE.items()},
    'ft': Unit('foot', 'feet'), 'cc': Unit('cubic centimeter', 'cubic centimeters'),
    'µ': Unit('micron', 'microns'), 'mAh': Unit('milliamp hour', 'milliamp hours'),
}
"""Units whose symbols are no words and no letters that stand for something else."""
LETTER_UNITS: dict[str, Unit] = {
    'm': Unit('meter', 'meters'), 'g': Unit('gram', 'grams'), 'l': Unit('liter', 'liters'),
    'L': Unit('liter', 'liters'), 'h': Unit('hour', 'hours'), 's': Unit('second', 'seconds'),
    't': Unit('ton', 'tons'), 'V': Unit('volt', 'volts'), 'W': Unit('watt', 'watts')}
"""Units of one letter that a number makes unmistakable."""
AREA_UNITS = {'m': 'meter', 'km': 'kilometer', 'cm': 'centimeter', 'mm': 'millimeter',
              'ft': 'foot', 'mi': 'mile', 'yd': 'yard', 'in': 'inch', 'dm': 'decimeter',
              'µm': 'micrometer'}
"""Units that are said "square" and "cubic"; others are said "squared" and "cubed"."""
