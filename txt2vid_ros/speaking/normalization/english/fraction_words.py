"""English words of fractions."""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.english.number_words import cardinal

DENOMINATORS = {2: 'half', 3: 'third', 4: 'quarter', 5: 'fifth', 6: 'sixth', 7: 'seventh',
                 8: 'eighth', 9: 'ninth', 10: 'tenth', 12: 'twelfth', 16: 'sixteenth',
                 20: 'twentieth', 32: 'thirty second', 64: 'sixty fourth', 100: 'hundredth'}


def fraction_words(whole: str, top: int, bottom: int) -> str | None:
    """Return a fraction in words; None where it is not one that is said so."""
    if bottom not in DENOMINATORS or (top >= bottom and (whole or bottom > 10)):
        return None
    name = DENOMINATORS[bottom]
    many = f'{name[:-1]}ves' if name == 'half' else f'{name}s'
    if whole:
        article = {'half': 'a half', 'quarter': 'a quarter', 'third': 'a third'}.get(name)
        part = article if top == 1 and article else (
            f'{cardinal(top)} {name if top == 1 else many}')
        return f'{cardinal(int(whole))} and {part}'
    return f'{cardinal(top)} {name if top == 1 else many}'
