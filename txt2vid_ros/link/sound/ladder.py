"""Which way speech takes, as text or as sound and how finely coded, by what the path bears."""

from __future__ import annotations

import collections
from typing import NamedTuple

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import NEVER
from txt2vid_ros.link.sound.rungs import bearable, SoundRung, wire_rate
from txt2vid_ros.link.sound.trial import SECONDS as TRIAL_SECONDS
from txt2vid_ros.link.sound.trial import Trial

TEXT, AUDIO, AUTO = 'text', 'audio', 'auto'
MODES = (TEXT, AUDIO, AUTO)
QUEUE_BAD, QUEUE_LOST = 0.4, 1.0
"""Seconds for which sound waits on the way: a lower rung is needed; none is of use any more."""
LOSS_BAD, LOSS_LOST = 0.15, 0.5
"""Shares of the datagrams of sound that are lost, likewise."""
_LOSS_WINDOW = 4.0
"""Seconds over which losses are counted."""
_FEW, _MANY = 4, 12
"""Datagrams that show LOSS_LOST, and LOSS_BAD."""
_STEP_UP_AFTER = 4.0
"""Seconds without complaint after which the next rung is tried."""
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
"""Seconds until what the path did not bear is tried again; each failure doubles them."""
_FORGIVEN = 30.0
"""Seconds after which a rung that holds has made up for its failures."""
_DRAINS = 0.03
"""Seconds by which a queue is shorter, from report to report, where the path bears the rung."""
_GOOD = 0.5
"""How much of a bad queue there may be where a finer rung is tried."""
_STRICT = 0.75
"""What a trial may show of what is bad."""
_TALK = 20.0
"""Seconds after speech in which a trial makes sense: silence costs nothing."""


class Arrivals(NamedTuple):
    """What a report says of the datagrams since the one before."""

    sent: int
    received: int
    queue: float


class Ladder:
    """
    Decides for one end; the time is that of the monotonic clock.

    AUTO goes down to text at once where the lowest rung is too much, and up again after a trial
    (`trial`) of ten seconds. AUDIO stays at the lowest rung then.
    """

    def __init__(self, config: LinkConfig) -> None:
        """Begin with text."""
        self.asked = TEXT
        self.carries = False
        """Whether sound goes."""
        self.trial: Trial | None = None
        self._rungs = bearable(config)
        self._least = wire_rate(self._rungs[0], config) if self._rungs else 0.0
        self._config = config
        self._at = 0
        self._window: collections.deque[tuple[float, Arrivals]] = collections.deque()
        self._pauses: collections.Counter[int] = collections.Counter()
        """How often each rung has failed of late; -1 stands for the trial."""
        self._not_before: dict[int, float] = {}
        self._good_since = self._settled = self._held_since = 0.0
        self._queue, self._reported = 0.0, -NEVER
        self._talked = -NEVER

    @property
    def rung(self) -> SoundRung | None:
        """Return how sound is coded; None where this end's limits allow none."""
        return self._rungs[self._at] if self._rungs else None

    def ask(self, mode: str, now: float) -> None:
        """Use a mode from now on. Raises UserError as check() does."""
        self.check(mode)
        before, self.asked = self.asked, mode
        if mode == before:
            return
        self.trial = None
        if mode == TEXT:
            self.carries = False
        elif mode == AUDIO and not self.carries:
            self._begin(now)

    def check(self, mode: str) -> None:
        """Raise UserError where this end's limits leave no room for a mode."""
        if mode == AUDIO and not self._rungs:
            raise UserError(
                'mode is audio, and this end of the link may not send as much',
                'Set rate to 9000 bit/s at least or 0, duty_cycle to 0 and mtu to 128 at least; '
                'or mode to text or auto')

    def talks(self, now: float) -> None:
        """Note that somebody speaks."""
        self._talked = now

    def tick(self, now: float) -> None:
        """Begin, end or give up a trial."""
        if self.asked != AUTO or self.carries or not self._rungs:
            return
        talked = now - self._talked < _TALK
        if self.trial is None:
            if talked and now >= self._not_before.get(-1, 0.0):
                self._window.clear()
                self.trial = Trial(self._rungs[0], now)
        elif not talked:
            self.trial = None
        elif self.trial.passed(now):
            self.trial = None
            self._begin(now)

    def wakeup(self, now: float) -> float:
        """Return when to call tick() at the latest."""
        if self.asked != AUTO or self.carries or not self._rungs:
            return NEVER
        if self.trial is not None:
            return self.trial.due
        waits = now - self._talked < _TALK
        return max(now, self._not_before.get(-1, 0.0)) if waits else NEVER

    def report(self, arrivals: Arrivals, now: float) -> None:
        """Take what the other end says of the sound that it got."""
        self._window.append((now, arrivals))
        while self._window[0][0] < now - (TRIAL_SECONDS if self.trial else _LOSS_WINDOW):
            self._window.popleft()
        bad, lost = self._judged(arrivals, now)
        self._queue, self._reported = arrivals.queue, now
        if self.trial is not None:
            if bad or lost:
                self._fail(-1, now)
                self.trial = None
            else:
                self.trial.reported(now)
        elif self.carries and now >= self._settled:
            if bad or lost:
                self._down(now, arrivals.queue, at_once=lost)
            elif arrivals.queue > _GOOD * QUEUE_BAD:
                self._good_since = now
            elif now - self._good_since >= _STEP_UP_AFTER:
                self._up(now)

    def silent(self, now: float) -> None:
        """Note that no report has come in time."""
        if self.trial is not None:
            self._fail(-1, now)
            self.trial = None
        elif self.carries:
            self._down(now, 0.0, at_once=True)

    def _judged(self, arrivals: Arrivals, now: float) -> tuple[bool, bool]:
        """Return whether the path complains, and whether it bears nothing of this."""
        sent = sum(each.sent for _, each in self._window)
        received = sum(each.received for _, each in self._window)
        strict = _STRICT if self.trial is not None else 1.0
        # A queue that a lower rung lets run dry is no complaint about that.
        grows = arrivals.queue > self._queue - _DRAINS
        bad = (arrivals.queue > strict * QUEUE_BAD and grows) or (
            sent >= _MANY and received < (1 - strict * LOSS_BAD) * sent)
        lost = (arrivals.queue > QUEUE_LOST and grows) or (
            arrivals.sent >= _FEW and arrivals.received < (1 - LOSS_LOST) * arrivals.sent) or (
            bad and self._carried(arrivals.queue, now) < self._least)
        return bad, lost

    def _carried(self, queue: float, now: float) -> float:
        """Return the bit/s that the path carries, by how fast its queue grows."""
        growth = (queue - self._queue) / max(now - self._reported, 0.1)
        return wire_rate(self._rungs[self._at], self._config) * (1 - max(growth, 0.0))

    def _begin(self, now: float) -> None:
        self.carries, self._at = True, 0
        self._window.clear()
        self._good_since = self._settled = self._held_since = now

    def _up(self, now: float) -> None:
        self._good_since = now
        if now - self._held_since >= _FORGIVEN:
            self._pauses.clear()
        above = self._at + 1
        if above < len(self._rungs) and now >= self._not_before.get(above, 0.0):
            self._at, self._held_since = above, now

    def _down(self, now: float, queue: float, at_once: bool) -> None:
        self._window.clear()
        self._good_since = self._held_since = now
        # What waits on the way already goes on complaining.
        self._settled = now + queue + 1.0
        if self._at and not at_once:
            self._fail(self._at, now)
            self._at -= 1
        elif self.asked == AUTO:
            self._fail(-1, now)
            self.carries = False
        else:
            self._at = 0

    def _fail(self, what: int, now: float) -> None:
        self._window.clear()
        pause = min(_FIRST_PAUSE * 2 ** self._pauses[what], _LONGEST_PAUSE)
        self._pauses[what] += 1
        self._not_before[what] = now + pause
