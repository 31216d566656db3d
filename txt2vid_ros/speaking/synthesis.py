"""Synthesizes a text: chunk after chunk, with the pauses between the clauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from txt2vid_ros.speaking.clauses import split_clauses
from txt2vid_ros.speaking.ssml import is_ssml, plain_text
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech

SENTENCE_PAUSE = 0.28
"""Seconds of silence after a clause that ends a sentence."""
CLAUSE_PAUSE = 0.12
"""Seconds of silence after any other clause."""


def synthesize_text(text: str, voice: TextToSpeech, cancelled: Callable[[], bool]
                    ) -> Iterator[tuple[float, SpeechChunk]]:
    """Yield each chunk of normalized `text` with the seconds of silence before it.

    An SSML text is one clause for a voice that takes SSML: its parts would not be well-formed.
    """
    pause = 0.0
    whole = is_ssml(text) and voice.capabilities.ssml
    for clause in [text] if whole else split_clauses(plain_text(text) if is_ssml(text) else text):
        for chunk in voice.synthesize(clause, cancelled):
            if cancelled():
                return
            yield pause, chunk
            pause = 0.0
        if cancelled():
            return
        pause = SENTENCE_PAUSE if clause.endswith(tuple('.!?…"”)')) else CLAUSE_PAUSE
