"""What a link node reports of itself in its diagnostics, as numbers and ratios."""

from __future__ import annotations

from typing import Any


def parsed(report: dict[str, str]) -> dict[str, Any]:
    """
    Return the values of a link node's report as numbers, and the ratios that follow from them.

    What is not a number stays a text.
    """
    known: dict[str, Any] = {'role': report.get('role', '?')}
    for name, text in report.items():
        try:
            known[name] = float(text)
        except ValueError:
            known[name] = text
    characters = known.get('characters', 0)
    if characters:
        for name, bits in (('wire', known['wire_bits_out'] + known['wire_bits_in']),
                           ('datagram', 8 * (known['bytes_out'] + known['bytes_in'])),
                           ('text', 8 * known['text_bytes'])):
            if bits:
                known[f'{name}_bits_per_character'] = bits / characters
        if known['text_bytes']:
            known['compression'] = characters / known['text_bytes']
    if known.get('datagrams_out') and known['role'] != 'receiver':
        # The share that was lost, or whose acknowledgement was; a receiver sends nothing twice.
        known['resent_percent'] = 100 * known['retries'] / known['datagrams_out']
    return known
