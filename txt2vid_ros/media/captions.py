"""The words of the voice at the moment they are heard, and whether anything is heard."""

from __future__ import annotations

import collections
from collections.abc import Callable
import dataclasses
import threading

from txt2vid_ros.core.clock import Clock, SECOND

CLOCK_POLL_INTERVAL = 0.02
"""Seconds between looks at the clock, which may be a simulated one, while something is due."""
IDLE_INTERVAL = 0.1
"""Seconds between looks at whether to stop, while nothing is."""
CUT = ' —'
"""What ends the caption of an utterance that was interrupted."""


@dataclasses.dataclass(frozen=True)
class Caption:
    """What has been heard of an utterance so far, or all of it where it is `final`."""

    utterance: str
    start: int
    """When its first word is heard, nanoseconds."""
    text: str
    final: bool
    locale: str
    """BCP 47 tag of the voice's language; '' where nothing was spoken."""
    unsaid: str = ''
    """What was dropped of an utterance that was interrupted."""


@dataclasses.dataclass
class _CaptionedUtterance:
    start: int
    """When its first word is heard."""
    waiting: collections.deque[tuple[int, str]] = dataclasses.field(
        default_factory=collections.deque)
    heard: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    locale: str = ''
    left_out: str = ''
    audible: bool = False
    heard_from: int = 0
    """When it is heard after it was held; else its start."""
    end: int | None = None
    held: bool = False
    """Whether it is silent from `end` on, and perhaps goes on."""
    repeated: int = 0
    """Words to come that were heard before it was held."""
    interrupted: bool = False
    unsaid: str = ''
    told: list[str] = dataclasses.field(default_factory=list)
    """Words that were told as heard when they had just been cut off."""

    def cut(self, end: int) -> None:
        """Learn that nothing is heard from `end` on; what was told since counts as heard."""
        self.end = end
        self.told += [word for time, word in self.heard if time > end]
        # They were, as far as who read them knows.
        self.heard = [(min(time, end), word) for time, word in self.heard]
        self.waiting = collections.deque(each for each in self.waiting if each[0] <= end)

    def sounds(self, now: int) -> bool:
        """Return whether it is heard."""
        return self.audible and self.heard_from <= now and not (
            self.held and self.end is not None and self.end <= now)


class Captions:
    """
    Takes words ahead of their time, and gives them out when they are heard.

    Times are nanoseconds on the clock. Safe to use from several threads; `run` calls back from
    its own.
    """

    def __init__(self, clock: Clock, caption: Callable[[Caption], None],
                 speaking: Callable[[bool], None]) -> None:
        """`speaking` learns when a voice begins and ends to be heard; first that it is silent."""
        self._clock = clock
        self._caption = caption
        self._speaking = speaking
        self._utterances: dict[str, _CaptionedUtterance] = {}
        self._changed = threading.Condition()

    def audio(self, utterance: str, start: int) -> None:
        """Learn that sound of an utterance is heard from `start` on."""
        with self._changed:
            held = self._utterances.setdefault(utterance, _CaptionedUtterance(start))
            if not held.audible:
                held.audible, held.start = True, start
            elif not held.held or held.end is None:
                return
            elif held.start > held.end:
                # It was held before any of it was heard.
                held.start = start
            held.told.clear()
            held.held, held.end, held.heard_from = False, None, start
            self._changed.notify_all()

    def words(self, utterance: str, words: list[tuple[int, str]], locale: str) -> None:
        """Take words of an utterance with the times at which they are heard, in order."""
        if not words:
            return
        with self._changed:
            held = self._utterances.setdefault(utterance, _CaptionedUtterance(words[0][0]))
            again = min(held.repeated, len(words))
            held.repeated -= again
            held.waiting.extend(words[again:])
            held.locale = locale
            self._changed.notify_all()

    def left_out(self, utterance: str, described: str) -> None:
        """Learn what of an utterance cannot be said, by number and writing."""
        with self._changed:
            self._utterances.setdefault(utterance, _CaptionedUtterance(self._clock.now())
                                        ).left_out = described

    def held(self, utterance: str, end: int, continuation: str, repeated: int) -> None:
        """Learn that an utterance is silent from `end` on, and may go on under another id."""
        with self._changed:
            held = self._utterances.pop(utterance, None)
            if held is not None:
                before = len(held.told)
                held.cut(end)
                held.held, held.repeated = True, repeated + len(held.told) - before
                self._utterances[continuation] = held
                self._changed.notify_all()

    def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
              ) -> None:
        """Learn that nothing of an utterance is heard from `end` on; `unsaid` is left of it."""
        with self._changed:
            held = self._utterances.get(utterance)
            if held is not None:
                held.held, held.end, held.interrupted = False, end, interrupted
                if interrupted:
                    held.cut(end)
                    for word in held.told:
                        unsaid = unsaid.removeprefix(word).lstrip()
                    held.unsaid = unsaid
                self._changed.notify_all()

    def run(self, stop: threading.Event) -> None:
        """Give out what is due until `stop` is set; what is not due by then is forgotten."""
        speaking: bool | None = None
        while not stop.is_set():
            with self._changed:
                now = self._clock.now()
                captions = [caption for name in list(self._utterances)
                            for caption in self._due(name, now)]
                heard = any(held.sounds(now) for held in self._utterances.values())
            if heard != speaking:
                speaking = heard
                self._speaking(heard)
            for caption in captions:
                self._caption(caption)
            with self._changed:
                self._changed.wait(self._pause(self._clock.now()))
        with self._changed:
            self._utterances.clear()
        if speaking:
            self._speaking(False)

    def _due(self, name: str, now: int) -> list[Caption]:
        held = self._utterances[name]
        found: list[Caption] = []
        until = now if held.end is None else min(now, held.end)
        new = False
        # Words come ahead of their sound, whose start every caption carries.
        while held.audible and held.waiting and held.waiting[0][0] <= until:
            held.heard.append(held.waiting.popleft())
            new = True
        text = ' '.join(word for _, word in held.heard)
        if new:
            found.append(Caption(name, held.start, text, False, held.locale))
        if held.end is not None and held.end <= now and not held.held:
            del self._utterances[name]
            # One that was silenced within its first word has a caption too.
            if held.interrupted and (text or (held.sounds(held.end) and held.unsaid)):
                text = (text + CUT).strip()
            note = f'[{held.left_out} not said]' if held.left_out else ''
            whole = ' '.join(filter(None, (text, note)))
            if whole:
                found.append(Caption(name, held.start, whole, True, held.locale, held.unsaid))
        return found

    def _pause(self, now: int) -> float:
        """Return how long nothing is due, in seconds."""
        due = [time for held in self._utterances.values() for time in (
            held.waiting[0][0] if held.audible and held.waiting else None,
            held.end if not held.held or (held.end or 0) > now else None,
            held.heard_from if held.audible and held.heard_from > now else None)
            if time is not None]
        if not due:
            return IDLE_INTERVAL
        return max(0.0, min((min(due) - now) / SECOND, CLOCK_POLL_INTERVAL))
