"""An utterance's way through the graph: when it passed which stage of which node."""

from __future__ import annotations

import dataclasses
import re
import threading
import time

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.monitoring.stage_mark import StageMark

STAGES: tuple[tuple[str, str, str], ...] = (
    # Node, stage, what is shown of it.
    ('stt', 'text', 'recognized'),
    ('link', 'sent', 'given to the link'),
    ('link', 'text', 'arrived over the link'),
    ('tts', 'text', 'text accepted'),
    ('tts', 'queued', 'text accepted, behind others'),
    ('tts', 'sound', 'first sound made'),
    ('playout', 'sound', 'first sound made'),
    ('lipsync', 'sound', 'first sound arrived'),
    ('stream', 'sound', 'first sound arrived'),
    ('lipsync', 'frame', 'first frame made'),
    ('stream', 'frame', 'first frame arrived'),
    ('stream', 'packet', 'first packet of its sound sent'),
    ('tts', 'heard', 'first sample is heard'),
    ('playout', 'heard', 'first sample is heard'),
    ('tts', 'end', 'end'),
    ('playout', 'end', 'end'),
)
"""All that nodes tell on `trace`, in the order in which it happens where nothing waits."""
SOURCES = ('stt', 'link', 'tts', 'playout')
REST_SECONDS = 2.0
"""Seconds without news after which an utterance counts as over, though a stage is missing."""
UNENDED_SECONDS = 60.0
LONGEST_BEFORE = 60 * SECOND
"""Nanoseconds from the first word of an utterance to its first mark."""
MOST = 200
"""Utterances that are remembered."""
_WORDS = {(node, stage): text for node, stage, text in STAGES}
_ORDER = {(node, stage): number for number, (node, stage, _) in enumerate(STAGES)}


@dataclasses.dataclass
class UtteranceTrace:
    """What is known of one utterance; times are nanoseconds."""

    utterance: str
    marks: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    """When it passed each stage, by node and stage."""
    text: str = ''
    link_id: str = ''
    """What both ends of a text link know it by; '' where it passed none."""
    changed: float = dataclasses.field(default_factory=time.monotonic)
    """When something was last told of it, by the monotonic clock."""

    @property
    def begun(self) -> int:
        """
        Return when its way began: the stamp in its id, when its first word was said or sent.

        Where that is no time shortly before its first mark, the time of that one.
        """
        stamp = self.utterance.rpartition('#')[2]
        told = int(stamp) if re.fullmatch(r'\d{1,19}', stamp, re.ASCII) else 0
        first = min(self.marks.values(), default=told)
        return told if 0 <= first - told <= LONGEST_BEFORE else first

    def at(self, stage: str, *nodes: str) -> int | None:
        """Return when it passed a stage of one of these nodes (any where none is named)."""
        return next((at for (node, found), at in self.marks.items()
                     if found == stage and (node in nodes or not nodes)), None)

    def after(self, stage: str, *nodes: str) -> float | None:
        """Return the milliseconds from its begin to a stage; None where that is not known."""
        at = self.accepted if stage == 'text' else self.at(stage, *nodes)
        return None if at is None else (at - self.begun) / 1e6

    @property
    def accepted(self) -> int | None:
        """Return when its text was accepted by the voice."""
        return self.at('text', 'tts') or self.at('queued', 'tts')

    @property
    def known(self) -> bool:
        """Return whether its way is known from where it comes into this graph."""
        return any(node in SOURCES and stage in ('text', 'queued', 'sent', 'sound')
                   for node, stage in self.marks)

    def over(self, now: int) -> bool:
        """Return whether nothing more is to come of it; `now` is ROS time in nanoseconds."""
        end, quiet = self.at('end'), time.monotonic() - self.changed
        if end is None:
            # While it is spoken nothing is told; a sender's graph hears no more of it.
            speaking = self.at('sound') is not None or self.accepted is not None
            return quiet > (UNENDED_SECONDS if speaking else REST_SECONDS)
        sent = self.at('packet') is not None or self.at('sound') is None
        # Marks come late from nodes that are busy.
        rest = 0.5 if sent else REST_SECONDS
        return quiet > rest and now > end + rest * SECOND

    @property
    def shown(self) -> str:
        """Return its text, or else its id, without what would control a terminal."""
        return printable(self.text or self.utterance)

    def rows(self) -> list[tuple[float, float, str, str]]:
        """Return ms from its begin, ms from the row before, node and words, in order of time."""
        order = sorted(self.marks.items(), key=lambda each: (each[1], _ORDER.get(each[0], 99)))
        before, rows = self.begun, []
        for (node, stage), at in order:
            rows.append(((at - self.begun) / 1e6, (at - before) / 1e6, node,
                         _WORDS.get((node, stage), stage)))
            before = at
        return rows


class TraceBook:
    """Gathers the marks of many utterances; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._traces: dict[str, UtteranceTrace] = {}
        self._lock = threading.Lock()

    def mark(self, utterance: str, node: str, stage: str, at: int, text: str = '',
             link_id: str = '') -> None:
        """Take that an utterance passed a stage of a node, by its name without namespace."""
        with self._lock:
            trace = self._traces.setdefault(utterance, UtteranceTrace(utterance))
            while len(self._traces) > MOST:
                del self._traces[next(iter(self._traces))]
            trace.text = trace.text or text
            trace.link_id = trace.link_id or link_id
            if len(trace.marks) < 2 * len(STAGES):
                trace.marks.setdefault((node, stage), at)
            trace.changed = time.monotonic()

    def take(self, mark: StageMark) -> None:
        """Take a mark as it was published."""
        self.mark(mark.utterance, mark.node_name, mark.stage, mark.at, mark.text, mark.link_id)

    def traces(self) -> list[UtteranceTrace]:
        """Return the utterances of which something was told, the oldest first."""
        with self._lock:
            return [dataclasses.replace(each, marks=dict(each.marks))
                    for each in self._traces.values()]


def printable(text: str) -> str:
    """Return a text from a topic without what would control a terminal."""
    return ''.join(each if each.isprintable() else ' ' for each in text)


def told(trace: UtteranceTrace) -> list[str]:
    """Return an utterance's way as lines for a terminal."""
    rows = trace.rows()
    over = f'  (over the link: {trace.link_id})' if trace.link_id else ''
    head = printable(f'{trace.utterance}  {trace.text}'.rstrip() + over)
    return [head, *(printable(f'{total:10.1f} ms {step:+9.1f}  {node:8} {words}')
                    for total, step, node, words in rows)]


def as_object(trace: UtteranceTrace) -> dict[str, object]:
    """Return an utterance's way for JSON: milliseconds from its begin by NODE.STAGE."""
    return {'utterance': trace.utterance, 'text': trace.text, 'begun_ns': trace.begun,
            **({'link_id': trace.link_id} if trace.link_id else {}),
            'ms': {f'{node}.{stage}': round((at - trace.begun) / 1e6, 3)
                   for (node, stage), at in sorted(trace.marks.items(), key=lambda each: each[1])}}
