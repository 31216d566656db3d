"""Cuts a text file into paragraphs, which are spoken one by one."""

from __future__ import annotations

import re


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text (blank lines divide them), each on one line, none empty."""
    parts = (' '.join(part.split()) for part in re.split(r'\n\s*\n', text))
    return [part for part in parts if part]
