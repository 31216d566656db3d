"""Mandarin: pinyin by misaki and its dictionaries; Latin words in it as English ones."""

from __future__ import annotations

from collections.abc import Callable
import logging
import re

import cn2an
import jieba
from misaki.zh import ZHG2P
from txt2vid_ros.core.models.store import cache_dir

_DIGITS = re.compile(r'\d')
_SPACE_BEFORE = re.compile(r' (?=[,.!?;:])')
_RUNS = re.compile(r"([A-Za-z][A-Za-z' -]*[A-Za-z]|[A-Za-z])")


class ChinesePhonemes:
    """Clauses to phonemes, with arrows for the tones and a space between words."""

    def __init__(self, english: Callable[[str], str]) -> None:
        """Load the dictionaries; `english` gives the phonemes of words in Latin letters."""
        self._english = english
        jieba.setLogLevel(logging.WARNING)
        # Else it leaves its index in the folder of temporary files, which all users share.
        folder = cache_dir() / 'jieba'
        folder.mkdir(parents=True, exist_ok=True)
        jieba.dt.tmp_dir = str(folder)
        jieba.initialize()

    def __call__(self, clause: str) -> str:
        """Return the phonemes of a text in Chinese characters."""
        if _DIGITS.search(clause):
            clause = _numbers_said(clause)
        text = ZHG2P.map_punctuation(clause)
        found = []
        for place, run in enumerate(_RUNS.split(text)):
            if place % 2:
                found.append(self._english(run))
            elif run.strip():
                # Not for a text that begins with anything else: it takes turns by the first.
                before = re.match('[^\u4e00-\u9fff]*', run)
                head = before.group() if before else ''
                tail = run[len(head):]
                found.append(head + (ZHG2P.legacy_call(tail) if tail else ''))
        return _SPACE_BEFORE.sub('', ' '.join(' '.join(found).split()))


def _numbers_said(clause: str) -> str:
    try:
        return str(cn2an.transform(clause, 'an2cn'))
    except ValueError:
        # What it takes for a number and cannot read; digit by digit it can.
        return _DIGITS.sub(lambda digit: '零一二三四五六七八九'[int(digit[0])], clause)
