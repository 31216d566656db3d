"""Which way speech takes, as text or as sound and how finely coded, by what the path bears."""

from __future__ import annotations

import collections

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import NEVER
from txt2vid_ros.link.sound.reported_path import Arrivals, ReportedPath
from txt2vid_ros.link.sound.rungs import bearable, SoundRung, wire_rate
from txt2vid_ros.link.sound.trial import SECONDS as TRIAL_SECONDS
from txt2vid_ros.link.sound.trial import Trial

TEXT, AUDIO, AUTO = 'text', 'audio', 'auto'
MODES = (TEXT, AUDIO, AUTO)
QUEUE_BAD, QUEUE_LOST = 0.4, 1.0
"""Seconds for which sound waits on the way: a lower rung is needed; none is of use any more."""
LOSS_BAD, LOSS_LOST = 0.15, 0.5
"""Shares of the datagrams of sound that are lost, likewise."""
_LOSS_SECONDS = 4.0
"""Over which losses are counted where they cost a rung, and a trial those of all of it."""
_MANY = 12
"""Datagrams that show a share of them to be lost."""
_FALL_LOSS, _FALL_SECONDS, _FALL_MANY = 0.25, 10.0, 30
"""The share, and over what it is counted, that has AUTO fall from the lowest rung. It is far above
what a trial passes, so that a path in between stays with what it has."""
_STEP_UP_AFTER = 4.0
"""Seconds without complaint after which the next rung is tried."""
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
"""Seconds until what the path did not bear is tried again; each failure doubles them."""
_FALL_PAUSE, _LONGEST_FALL_PAUSE = 20.0, 320.0
"""Seconds until a trial after a fall from a fresh rise; each such fall doubles them."""
_FRESH = 60.0
"""Seconds after which a rise that holds is no fresh one, and earlier falls are forgotten."""
_FORGIVEN = 30.0
"""Seconds after which a rung that holds has made up for its failures."""
_TRIAL, _FALL = -1, -2
"""What may fail besides rungs, which are counted from 0."""
_GOOD = 0.5
"""How much of a bad queue there may be where a finer rung is tried."""
_STRICT = 0.75
"""What a trial may show of what is bad."""
_TALK = 20.0
"""Seconds after speech in which a trial makes sense: silence costs nothing."""


class Ladder:
    """
    Decides for one end; the time is that of the monotonic clock.

    AUTO goes down to text where the lowest rung is too much, and up again after a trial (`trial`)
    of ten seconds. What a trial passes is far from what has it fall, and a fall soon after a rise
    delays the next trial, so that AUTO does not go up and down. AUDIO stays at the lowest rung.
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
        self._path = ReportedPath()
        self._pauses: collections.Counter[int] = collections.Counter()
        """How often each rung has failed of late, and _TRIAL and _FALL."""
        self._not_before: dict[int, float] = {}
        self._good_since = self._settled = self._held_since = self._rose = 0.0
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
            if talked and now >= self._next_trial:
                self._path.forget_losses()
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
        return max(now, self._next_trial) if waits else NEVER

    def report(self, arrivals: Arrivals, now: float) -> None:
        """Take what the other end says of the sound that it got."""
        self._path.report(arrivals, now)
        bad, lost = self._judged(arrivals, now)
        if self.trial is not None:
            if bad or lost:
                self._fail(_TRIAL, now)
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
            self._fail(_TRIAL, now)
            self.trial = None
        elif self.carries:
            self._down(now, 0.0, at_once=True)

    @property
    def _next_trial(self) -> float:
        return max(self._not_before.get(what, 0.0) for what in (_TRIAL, _FALL))

    def _judged(self, arrivals: Arrivals, now: float) -> tuple[bool, bool]:
        """Return whether the path complains, and whether it bears nothing of this."""
        path = self._path
        strict = _STRICT if self.trial is not None else 1.0
        held_up = path.grows and arrivals.queue > strict * QUEUE_BAD
        bad = held_up or self._loses(now, strict)
        lost = (path.grows and arrivals.queue > QUEUE_LOST) or (
            path.lost_of_last(_MANY) > LOSS_LOST) or (bad and self._carried < self._least)
        return bad, lost

    def _loses(self, now: float, strict: float) -> bool:
        """Return whether too much is lost for what is sent now."""
        if self.trial is not None:
            return self._path.lost(_MANY, TRIAL_SECONDS, now) > strict * LOSS_BAD
        if self._at == 0:
            return self._path.lost(_FALL_MANY, _FALL_SECONDS, now) > _FALL_LOSS
        return self._path.lost(_MANY, _LOSS_SECONDS, now) > LOSS_BAD

    @property
    def _carried(self) -> float:
        """Return the bit/s that the path carries, by how fast its queue grows."""
        return wire_rate(self._rungs[self._at], self._config) * (1 - self._path.growth)

    def _begin(self, now: float) -> None:
        self.carries, self._at = True, 0
        self._path.forget_losses()
        self._good_since = self._settled = self._held_since = self._rose = now

    def _up(self, now: float) -> None:
        self._good_since = now
        if now - self._held_since >= _FORGIVEN:
            self._forgive(_TRIAL, *range(len(self._rungs)))
        above = self._at + 1
        if above < len(self._rungs) and now >= self._not_before.get(above, 0.0):
            self._at, self._held_since = above, now

    def _forgive(self, *what: int) -> None:
        for each in what:
            self._pauses.pop(each, None)

    def _down(self, now: float, queue: float, at_once: bool) -> None:
        self._path.forget_losses()
        self._good_since = self._held_since = now
        # What waits on the way already goes on complaining.
        self._settled = now + queue + 1.0
        if self._at and not at_once:
            self._fail(self._at, now)
            self._at -= 1
        elif self.asked == AUTO:
            self._fall(now)
        else:
            self._at = 0

    def _fall(self, now: float) -> None:
        """Go down to text; where it went up only just now, back off."""
        self.carries = False
        if now - self._rose < _FRESH:
            self._fail(_FALL, now, _FALL_PAUSE, _LONGEST_FALL_PAUSE)
        else:
            self._forgive(_FALL)
            self._fail(_TRIAL, now)

    def _fail(self, what: int, now: float, first: float = _FIRST_PAUSE,
              longest: float = _LONGEST_PAUSE) -> None:
        self._path.forget_losses()
        pause = min(first * 2 ** self._pauses[what], longest)
        self._pauses[what] += 1
        self._not_before[what] = now + pause
