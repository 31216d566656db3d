"""Limits of figures beyond which a node's diagnostics warn: 'memory_mb>500'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import dataclasses
import math
import re
from typing import Any

from txt2vid_ros.core.errors import UserError

_WRITTEN = re.compile(r'\s*([\w.-]+)\s*([<>])\s*(\S+)\s*')


@dataclasses.dataclass(frozen=True)
class Threshold:
    """A limit of one figure."""

    figure: str
    above: bool
    """Whether what is greater crosses it, and not what is less."""
    limit: float

    def crossed(self, figures: Mapping[str, Any]) -> bool:
        """Return whether the figure is known and beyond the limit."""
        value = figures.get(self.figure)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return value > self.limit if self.above else value < self.limit

    def told(self, figures: Mapping[str, Any]) -> str:
        """Return that the figure is beyond the limit, in words."""
        return (f'{self.figure} is {figures[self.figure]:.4g}, '
                f'{"above" if self.above else "below"} {self.limit:g}')


def parsed(name: str, texts: Iterable[str]) -> tuple[Threshold, ...]:
    """Return the thresholds that the parameter `name` lists. Raises UserError."""
    found = []
    for text in texts:
        match = _WRITTEN.fullmatch(text)
        try:
            limit = float(match[3]) if match else math.nan
        except ValueError:
            limit = math.nan
        if match is None or not math.isfinite(limit):
            raise UserError(f'{name} has {text!r}', 'Write FIGURE>NUMBER or FIGURE<NUMBER, as '
                            "'memory_mb>500'; docs/ros.md lists the figures.")
        found.append(Threshold(match[1], match[2] == '>', limit))
    return tuple(found)


def crossed(thresholds: Iterable[Threshold], figures: Mapping[str, Any]) -> str:
    """Return which thresholds are crossed, in one line; '' where none is."""
    return '; '.join(each.told(figures) for each in thresholds if each.crossed(figures))
