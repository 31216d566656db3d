"""Whether the full stop of an abbreviation ends the sentence too."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.language import Language
from txt2vid_ros.speaking.normalization.rule import compiled


def ends_sentence(language: Language, match: re.Match[str]) -> bool:
    """Return whether a text or a sentence ends with a match."""
    return compiled(rf'["\')\]]*(?:\s*$|\s+["\'(]*(?:{language.starters}))').match(
        match.string, match.end()) is not None
