"""
How long the sender waits for an acknowledgement before it does something about it.

On a clean link acknowledgements are batched, because each costs as much as a sentence; as soon as
something gets lost they come at once. Both ends follow the same rule by what each of them sees.
"""

from __future__ import annotations

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Instant, NEVER

CLEAN_RUN_AT_START, CLEAN_RUN_AFTER_LOSS = 2, 16
"""How many datagrams in a row have to arrive at the first try before their acknowledgements are
batched."""
QUIET_GAP = 8.0
"""Seconds of silence after which the next datagram is acknowledged at once."""
MAX_ACK_BATCH = 14
"""Datagrams that share an acknowledgement at most: fewer than MAX_DISTANCE, so that the last text
that is acknowledged can be the next one's context."""
PROMPT_ACK_DELAY = 0.1
"""Seconds for which a lossy link's acknowledgements are merged."""

_TYPICAL_INTERVAL = 4.0
"""Seconds between two sentences, before any have come."""
_ROUND_TRIP_GUESS = 1.0
"""Seconds, before any round trip has been measured."""
_MAX_TIMEOUT = 3.0
"""Seconds; a link slower than this waits for twice the time that an answer takes."""
_PATIENT_AFTER, _PATIENT_TIMEOUT = 6, 15.0
"""After so many timeouts in a row an end that cannot ask for a new session waits for so many
seconds between two tries."""
_PEER_TIMEOUT = 10.0
"""Seconds without an answer, besides the time that one takes, before a new session is tried."""
_ACK_BYTES = 13


class IntervalEstimator:
    """Estimates the usual time between datagrams that carry new speech."""

    def __init__(self) -> None:
        """Begin with _TYPICAL_INTERVAL."""
        self._interval = _TYPICAL_INTERVAL
        self._last = -NEVER

    def observe(self, now: float) -> bool:
        """Note a new datagram; return whether it came after QUIET_GAP."""
        gap, self._last = now - self._last, now
        if gap > QUIET_GAP:
            return True
        self._interval += (gap - self._interval) / 4
        return False

    def silence_ends(self, factor: float, least: float, most: float) -> float:
        """
        Return when `factor` usual intervals since the last datagram are over, within limits.

        `least` and `most` are seconds since that datagram.
        """
        return self._last + min(max(factor * self._interval, least), most)


class RetransmissionTimer:
    """Decides when to send again or to ask, and when the receiver seems to be gone."""

    def __init__(self, config: LinkConfig) -> None:
        """Allow for the time that datagrams take at the link's rate."""
        self._seconds_per_bit = 1 / config.rate if config.rate else 0.0
        self._ack_bits = config.wire_bits(bytes(_ACK_BYTES))
        self.reset()

    def reset(self, round_trip: float | None = None) -> None:
        """Start over for a new session; `round_trip` is the smoothed one, where it is known."""
        self.wakeup = NEVER
        self._interval = IntervalEstimator()
        self._clean, self._clean_needed = 0, CLEAN_RUN_AT_START
        self._prompt = True
        self._new = False
        self._tries = 0
        self._round_trip = round_trip
        self._timeouts = 0
        self._waiting_since = NEVER
        self._last_sent = -NEVER
        self._bits = 0

    @property
    def expects_batched_ack(self) -> bool:
        """Whether the last datagram's acknowledgement is expected with those of later ones."""
        return not self._prompt and self._clean >= self._clean_needed

    @property
    def no_loss_suspected(self) -> bool:
        """Whether missing acknowledgements are only on their way or batched."""
        return self._clean >= self._clean_needed and self._timeouts == 0

    def on_new_data(self, now: Instant, answer: bool) -> None:
        """Note that a datagram with new speech is sent; `answer`: it answers the other end."""
        self._prompt = self._interval.observe(now.mono) and not answer
        self._new = True

    @property
    def lossy(self) -> bool:
        """Whether something was lost lately: new speech repeats what is missing then."""
        return self._clean_needed == CLEAN_RUN_AFTER_LOSS and self._clean < self._clean_needed

    def on_sent(self, now: Instant, bits: int, complete: bool = False) -> None:
        """
        Note that a datagram was sent that needs an answer.

        `complete`: it holds all that is missing, so that no loss before it is left to discover.
        """
        self._bits = bits
        self._last_sent = now.mono
        if complete and self._new:
            self._tries = 0
        self._new = False
        self._waiting_since = min(self._waiting_since, now.mono)
        # Further speech puts off a batch only, never the discovery of a loss.
        timeout = self._next_timeout()
        self.wakeup = timeout if self._batched or complete else min(self.wakeup, timeout)

    def on_ack(self, now: Instant, clean: int, lost: bool, unanswered: int,
               round_trip: float | None) -> None:
        """
        Take in an acknowledgement.

        `clean`: datagrams that arrived at the first try; `lost`: whether any is known to have been
        lost; `unanswered`: what still waits for an answer; `round_trip`: the smoothed one, in
        seconds.
        """
        self._clean += clean
        if lost:
            self._clean, self._clean_needed = 0, CLEAN_RUN_AFTER_LOSS
            self._last_sent = now.mono  # It is sent again now.
        self._round_trip = round_trip
        self._timeouts = self._tries = 0
        self._waiting_since = now.mono if unanswered else NEVER
        self.wakeup = self._next_timeout() if unanswered else NEVER

    def on_timeout(self, now: Instant) -> bool:
        """Note that no answer came in time; return whether to ask for one before sending again."""
        ask = self.expects_batched_ack and self._timeouts == 0
        self._timeouts += 1
        self._tries += 1
        if not ask:
            self._clean, self._clean_needed = 0, CLEAN_RUN_AFTER_LOSS
        self._last_sent = now.mono
        self.wakeup = self._next_timeout()
        return ask

    def peer_timed_out(self, now: Instant) -> bool:
        """Return, once each time that the peer seems gone, whether to try a new session."""
        if (self._timeouts >= 3
                and now.mono - self._waiting_since > _PEER_TIMEOUT + self.response_time):
            self._timeouts = 1
            return True
        return False

    def heard(self, now: Instant) -> None:
        """Note that something came from the other end: one that was away is tried again now."""
        if self._timeouts > _PATIENT_AFTER:
            self._timeouts = 1
            self.wakeup = now.mono

    @property
    def response_time(self) -> float:
        """Return the seconds that an answer may take on a link that works."""
        round_trip = _ROUND_TRIP_GUESS if self._round_trip is None else self._round_trip
        return (1.5 * round_trip + PROMPT_ACK_DELAY + 0.1
                + 2 * (self._bits + self._ack_bits) * self._seconds_per_bit)

    @property
    def _batched(self) -> bool:
        return self.expects_batched_ack and self._timeouts == 0

    def _next_timeout(self) -> float:
        answer = self.response_time
        largest = _MAX_TIMEOUT if self._timeouts <= _PATIENT_AFTER else _PATIENT_TIMEOUT
        backoff = Backoff(answer, max(largest, 2 * answer))
        prompt = self._last_sent + backoff.after(max(1, self._tries))
        if not self._batched:
            return prompt
        return max(prompt, self._interval.silence_ends(2.5, 4.0, 12.0))
