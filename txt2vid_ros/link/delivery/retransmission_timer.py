"""How long the sender waits for an acknowledgement before it does something about it.

On a clean link acknowledgements are batched, because each costs as much as a sentence; as soon as
something gets lost they come at once. Both ends follow the same rule by what each of them sees.
"""

from __future__ import annotations

from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Instant, NEVER

CLEAN_AT_FIRST, CLEAN_AFTER_LOSS = 2, 16
"""So many datagrams have to arrive at the first try before acknowledgements are batched."""
LULL = 8.0
"""After a silence of so many seconds the next datagram is acknowledged at once."""
BATCH = 12
"""Datagrams acknowledged together at most."""
PROMPT_DELAY = 0.1
"""Seconds in which acknowledgements on a lossy link are merged."""

_FIRST_GUESS = 1.0
_LONGEST = 3.0
_GONE_AFTER = 10.0
_ACK_BYTES = 13


class Rhythm:
    """The usual time between datagrams that say something new."""

    def __init__(self) -> None:
        """Assume a sentence every four seconds."""
        self._gap = 4.0
        self._at = -NEVER

    def beat(self, now: float) -> bool:
        """Note a new datagram; return whether it came after a lull."""
        gap, self._at = now - self._at, now
        if gap > LULL:
            return True
        self._gap += (gap - self._gap) / 4
        return False

    def pause(self, factor: float, least: float, most: float) -> float:
        """Return the time of a silence of `factor` usual gaps since the last, within limits."""
        return self._at + min(max(factor * self._gap, least), most)


class Patience:
    """Says when to send again or to ask, and when the receiver seems gone."""

    def __init__(self, config: LinkConfig) -> None:
        """Allow for the time that datagrams take at the link's rate."""
        self._bit = 1 / config.rate if config.rate else 0.0
        self._ack_bits = config.wire_bits(bytes(_ACK_BYTES))
        self.reset()

    def reset(self) -> None:
        """Begin anew, as with a new session."""
        self.wakeup = NEVER
        self._rhythm = Rhythm()
        self._clean, self._clean_needed = 0, CLEAN_AT_FIRST
        self._prompt = True
        self._round_trip: float | None = None
        self._run_out = 0
        self._waiting_since = NEVER
        self._last_sent = -NEVER
        self._bits = 0

    @property
    def lazy(self) -> bool:
        """Whether the acknowledgement of the last datagram is expected batched."""
        return not self._prompt and self._clean >= self._clean_needed

    @property
    def content(self) -> bool:
        """Whether it is no wonder that acknowledgements have not come yet."""
        return self._clean >= self._clean_needed and self._run_out == 0

    def said(self, now: Instant) -> None:
        """Note that something new is sent."""
        self._prompt = self._rhythm.beat(now.mono)

    def sent(self, now: Instant, bits: int) -> None:
        """Note that a datagram was sent that wants an answer."""
        self._bits = bits
        self._last_sent = now.mono
        self._waiting_since = min(self._waiting_since, now.mono)
        # Only a batch is put off by more speech; a loss is not to be noticed later for it.
        planned = self._planned()
        self.wakeup = planned if self._batched else min(self.wakeup, planned)

    def heard(self, now: Instant, clean: int, lost: int, open_ends: int,
              round_trip: float | None) -> None:
        """Note an acknowledgement: arrived at the first try, known lost, still unanswered."""
        self._clean += clean
        if lost:
            self._clean, self._clean_needed = 0, CLEAN_AFTER_LOSS
        self._round_trip = round_trip
        self._run_out = 0
        self._waiting_since = now.mono if open_ends else NEVER
        self.wakeup = self._planned() if open_ends else NEVER

    def run_out(self, now: Instant) -> bool:
        """Note that no answer came in time; return whether to ask rather than to send again."""
        ask = self.lazy and self._run_out == 0
        self._run_out += 1
        if not ask:
            self._clean, self._clean_needed = 0, CLEAN_AFTER_LOSS
        self._last_sent = now.mono
        self.wakeup = self._planned()
        return ask

    def receiver_gone(self, now: Instant) -> bool:
        """Return, once in a while, whether a new session should be tried."""
        if self._run_out >= 3 and now.mono - self._waiting_since > _GONE_AFTER + self._answer():
            self._run_out = 1
            return True
        return False

    def _answer(self) -> float:
        round_trip = _FIRST_GUESS if self._round_trip is None else self._round_trip
        return (1.5 * round_trip + PROMPT_DELAY + 0.1
                + 2 * (self._bits + self._ack_bits) * self._bit)

    @property
    def _batched(self) -> bool:
        return self.lazy and self._run_out == 0

    def _planned(self) -> float:
        answer = self._answer()
        prompt: float = self._last_sent + min(answer * 2.0 ** max(0, self._run_out - 1),
                                              max(_LONGEST, 2 * answer))
        return max(prompt, self._rhythm.pause(2.5, 4.0, 12.0)) if self._batched else prompt
