"""How far the preparation of a clip is: a bar on a terminal, else a line now and then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import logging
import time
from typing import TypeVar

from tqdm import tqdm

log = logging.getLogger(__name__)

Item = TypeVar('Item')

EVERY = 5.0
"""Seconds between two lines."""


def shown_progress(items: Iterable[Item], title: str, total: int | None, every: float = EVERY
                   ) -> Iterator[Item]:
    """
    Yield `items`, of which `total` are expected, and show how many are done.

    Nothing is shown of one item.
    """
    said = time.monotonic()
    with tqdm(total=total, desc=title, unit='frame', leave=False,
              disable=True if total == 1 else None) as bar:
        for count, item in enumerate(items, 1):
            yield item
            bar.update(1)
            now = time.monotonic()
            if bar.disable and total != 1 and now - said >= every:
                said = now
                log.info('%s: %d%s frames', title, count, f' of {total}' if total else '')
