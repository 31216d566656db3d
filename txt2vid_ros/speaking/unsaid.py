"""What of a text was not said: counted, passed on and logged."""

from __future__ import annotations

from collections.abc import Sequence
import logging

from txt2vid_ros.core.locales import english_name
from txt2vid_ros.speaking.normalization.scripts import described
from txt2vid_ros.speaking.speech_sink import SchedulerStatistics, SpeechRequest, SpeechSink
from txt2vid_ros.speaking.voice import TextToSpeech

log = logging.getLogger(__name__)


def counted_words(text: str, locale: str) -> str:
    """Return what a text in a language that nobody speaks is, by number: "2 words in German"."""
    number = len(text.split())
    return f'{number} word{"" if number == 1 else "s"} in {english_name(locale)}'


def report_unsaid(utterance: SpeechRequest, unsaid: Sequence[str], voice: TextToSpeech,
                  statistics: SchedulerStatistics, sink: SpeechSink, *, nothing: bool) -> None:
    """Count and log what was not said; by its writing, for a log is no place for the text."""
    statistics.unspeakable += nothing
    statistics.last_unsaid = described(unsaid) if unsaid else ''
    if unsaid:
        statistics.unsaid_words += len(unsaid)
        sink.left_out(utterance.id, statistics.last_unsaid)
        log.warning('%s of the text of %s cannot be said by a voice for %s; use a voice for '
                    'that language', described(unsaid), utterance.id,
                    ', '.join(voice.capabilities.languages))
    elif nothing:
        log.warning('there is nothing to pronounce in the text of %s (%d characters); '
                    'send words or numbers', utterance.id, len(utterance.text))
