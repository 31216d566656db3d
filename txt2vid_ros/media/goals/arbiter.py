"""Decides which goal may speak, has it spoken, and finds out how it ends."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.people import origin_of, speaker_of
from txt2vid_ros.media.goals.goal import Outcome, SpeechGoal
from txt2vid_ros.media.goals.progress import GoalProgress

MOST_GOALS = 100
"""Goals that have not ended; one more ends at once."""
POLL_INTERVAL = 0.02
"""Seconds between looks at the clock, which may be a simulated one, while an end is due."""
CHECK_INTERVAL = 0.5
"""Seconds between looks at whether the voice is still there, while one speaks."""
VOICE_TIMEOUT = 10.0
"""Seconds that a goal waits for a voice."""
ABSENCE_TIMEOUT = 3.0
"""Seconds that the voice may be away while it speaks."""
SILENCE_TIMEOUT = 1.0
"""Seconds after which an utterance that was ended counts as silent though nobody confirms it."""


class GoalVoice(Protocol):
    """Where the texts go."""

    def ready(self) -> bool:
        """Return whether somebody would speak a text now."""
        ...

    def say(self, goal: SpeechGoal) -> str:
        """Have a goal's text spoken; return the id of the utterance."""
        ...

    def interrupt(self, utterance: str) -> None:
        """End an utterance at once, whether it is being spoken or waits."""
        ...


class GoalArbiter:
    """
    One goal at a time: one of the same or a higher priority takes the place of another.

    Queued goals wait for their turn beside it. Safe to use from any thread; run() ends goals, and
    calls `finished` of each exactly once.
    """

    def __init__(self, clock: Clock, voice: GoalVoice) -> None:
        """Take the clock of the stamps, and the voice."""
        self._clock = clock
        self._voice = voice
        self._goals: dict[SpeechGoal, GoalProgress] = {}
        self._look_at = 0.0
        """When to look again whether the voice is there."""
        self._absent_since: float | None = None
        self._held = False
        self._closed = False
        self._changed = threading.Condition()

    @property
    def busy(self) -> bool:
        """Return whether a goal has not ended yet."""
        with self._changed:
            return bool(self._goals)

    def allows(self, priority: int) -> bool:
        """Return whether a goal of this priority would speak now, perhaps in another's place."""
        with self._changed:
            return not self._closed and all(
                each.goal.priority <= priority for each in self._speaking())

    def start(self, goal: SpeechGoal) -> None:
        """Have a goal spoken. One that is not allowed ends as replaced, one too many as FULL."""
        with self._changed:
            made = GoalProgress(goal, time.monotonic())
            if self._closed:
                made.stopping = Outcome.CLOSED
            elif len(self._goals) >= MOST_GOALS:
                made.stopping = Outcome.FULL
            elif not goal.queued:
                if self.allows(goal.priority):
                    for each in self._speaking():
                        self._stop(each, Outcome.REPLACED)
                else:
                    made.stopping = Outcome.REPLACED
            self._goals[goal] = made
            self._changed.notify_all()

    def cancel(self, goal: SpeechGoal) -> None:
        """Silence a goal; nothing happens where it has ended."""
        with self._changed:
            held = self._goals.get(goal)
            if held is not None and held.stopping is None:
                self._stop(held, Outcome.CANCELLED)

    def sound(self, utterance: str, start: int) -> None:
        """Learn that sound of an utterance is heard from `start` on."""
        with self._changed:
            held = self._of(utterance)
            if held is not None:
                held.sound(utterance, start)

    def ended(self, utterance: str, end: int) -> None:
        """Learn that nothing of an utterance is heard from `end` on."""
        with self._changed:
            held = self._of(utterance)
            if held is not None:
                held.ended(utterance, end, held=self._held)
                self._changed.notify_all()

    def holding(self, holds: bool) -> None:
        """Learn whether speech is held, and so goals that are silent may go on."""
        with self._changed:
            self._held = holds
            if holds:
                for each in self._goals.values():
                    each.held()
            self._changed.notify_all()

    def caption(self, speaker: str, start: int, text: str, *, final: bool) -> None:
        """Learn what has been heard of the utterance of a speaker that began at `start`."""
        with self._changed:
            held = next((each for each in self._goals.values()
                         if each.begun == start and speaker_of(each.utterance) == speaker), None)
            told = held.caption(text, final=final) if held is not None else None
            if final:
                self._changed.notify_all()
        if held is not None and told is not None and held.stopping is None:
            held.goal.heard(*told)

    def lost(self) -> None:
        """Learn that the voice has forgotten all that it was given."""
        with self._changed:
            for each in self._goals.values():
                if each.utterance:
                    each.stopping, each.deadline = each.stopping or Outcome.LOST, 0.0
            self._changed.notify_all()

    def close(self) -> None:
        """Silence all goals; run() ends them and returns."""
        with self._changed:
            self._closed = True
            for each in self._goals.values():
                if each.stopping is None:
                    self._stop(each, Outcome.CLOSED)
                each.deadline = 0.0
            self._changed.notify_all()

    def run(self, stop: threading.Event) -> None:
        """Have goals spoken and end them, until close(); `stop` may be set only after that."""
        while True:
            with self._changed:
                self._look_for_voice()
                ended = self._take_ended()
                over = self._closed and not self._goals
            for goal, outcome in ended:
                goal.finished(outcome)
            if over or stop.is_set():
                return
            with self._changed:
                pause = self._pause()
                if pause is None or pause > 0:
                    self._changed.wait(pause)

    def _of(self, utterance: str) -> GoalProgress | None:
        origin = origin_of(utterance)
        return next((each for each in self._goals.values() if each.utterance == origin), None)

    def _speaking(self) -> list[GoalProgress]:
        """Return the goal that speaks; none that only waits to be silent or for its turn."""
        return [each for each in self._goals.values()
                if each.stopping is None and not each.goal.queued]

    def _stop(self, held: GoalProgress, outcome: Outcome) -> None:
        held.stopping, held.deadline = outcome, time.monotonic() + SILENCE_TIMEOUT
        if held.utterance:
            self._voice.interrupt(held.utterance)
        self._changed.notify_all()

    def _look_for_voice(self) -> None:
        """Give the voice what waits for it, and give up what has waited too long."""
        waiting = [each for each in self._goals.values()
                   if not each.utterance and each.stopping is None]
        now = time.monotonic()
        if not waiting and now < self._look_at:
            return
        self._look_at = now + CHECK_INTERVAL
        if not self._goals or self._voice.ready():
            self._absent_since = None
            for each in waiting:
                each.utterance = self._voice.say(each.goal)
            return
        self._absent_since = self._absent_since or now
        for each in self._goals.values():
            left = (each.accepted + VOICE_TIMEOUT if each in waiting
                    else self._absent_since + ABSENCE_TIMEOUT) - now
            if left <= 0 and each.stopping is None:
                each.stopping, each.deadline = Outcome.LOST, now

    def _take_ended(self) -> list[tuple[SpeechGoal, Outcome]]:
        stamp, now = self._clock.now(), time.monotonic()
        ended = [(goal, outcome) for goal, held in self._goals.items()
                 if (outcome := held.outcome(stamp, now)) is not None]
        for goal, _ in ended:
            del self._goals[goal]
        return ended

    def _pause(self) -> float | None:
        """Return for how many seconds nothing is due; None where that is for ever."""
        if not self._goals:
            return 0.0 if self._closed else None
        stamp = self._clock.now()
        due = [CHECK_INTERVAL]
        for each in self._goals.values():
            if not each.utterance or each.stopping is not None:
                due.append(POLL_INTERVAL)
            elif each.end is not None:
                left = (each.end - stamp) / SECOND
                due.append(min(left, POLL_INTERVAL) if left > 0 else POLL_INTERVAL)
        return min(due)
