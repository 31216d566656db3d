"""What the node call tells of the other end, as pages get it: known fields of bounded size."""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
from typing import Any

LONGEST_REPORT = 65_536
LONGEST_TEXT = 300
MOST_OF_OWN = 16
"""Entries of `own_card` that pages get."""
TEXTS = ('state', 'name', 'locale', 'voice', 'face', 'refusal')


def read_peer(report: str) -> dict[str, Any] | None:
    """
    Return what a message of call/peer says; None where it is no JSON object.

    What comes of it came over a link from somebody else.
    """
    if len(report) > LONGEST_REPORT:
        return None
    try:
        told = json.loads(report)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    own = told.get('own_card')
    return {**{name: _text(told.get(name)) for name in TEXTS},
            'progress': _progress(told.get('progress')),
            'own_card': _plain(own) if isinstance(own, dict) else {}}


def _text(value: Any) -> str:
    return value[:LONGEST_TEXT] if isinstance(value, str) else ''


def _progress(value: Any) -> list[int] | None:
    """Return how much there is and of how much, bytes, where both are known."""
    if (isinstance(value, list) and len(value) == 2
            and all(type(each) is int and 0 <= each < 1 << 53 for each in value)):
        return value
    return None


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts, numbers and truths of an object, and [have, of] of its progress."""
    found: dict[str, Any] = {}
    for name, value in list(values.items())[:MOST_OF_OWN]:
        if isinstance(value, str):
            found[name[:LONGEST_TEXT]] = value[:LONGEST_TEXT]
        elif isinstance(value, bool) or (
                isinstance(value, (int, float)) and abs(value) < 1e15 and math.isfinite(value)):
            found[name[:LONGEST_TEXT]] = value
        elif (progress := _progress(value)) is not None:
            found[name[:LONGEST_TEXT]] = progress
    return found
