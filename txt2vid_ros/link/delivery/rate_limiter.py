"""Keeps an end of the link below its rate."""

from __future__ import annotations

from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.duty_cycle import DutyCycle

_BURST_SECONDS = 2.0
"""Of the rate, that may be sent at once after a pause."""


class RateLimiter:
    """A token bucket in bits that one datagram may overdraw. Rate 0 means no limit."""

    def __init__(self, rate: float, burst: float = 0.0) -> None:
        """Allow `rate` bit/s on average, and `burst` bits at once after a pause."""
        self.rate = rate
        self._burst = burst
        self._level = burst
        self._at: float | None = None

    def ready_at(self, now: float) -> float:
        """Return when the next datagram may be sent, on the clock of `now`: now, or later."""
        if not self.rate:
            return now
        self._fill(now)
        # A little later than exact, so that rounding never wakes a waiter just too early.
        return now if self._level >= 0 else now - self._level / self.rate + 1e-6

    def spend(self, bits: float, now: float) -> None:
        """Account for `bits` sent."""
        if self.rate:
            self._fill(now)
            self._level -= bits

    @property
    def half_full(self) -> bool:
        """Whether at least half of the burst was left at the last look."""
        return not self.rate or self._level * 2 >= self._burst

    def _fill(self, now: float) -> None:
        earned = 0.0 if self._at is None else max(0.0, now - self._at) * self.rate
        self._level = min(self._burst, self._level + earned)
        self._at = now if self._at is None else max(now, self._at)


class SendingLimits:
    """All that limits when an end may send: its rate, and its share of the air time."""

    def __init__(self, config: LinkConfig) -> None:
        """Take the limits of `config`."""
        self._rate = RateLimiter(config.rate, _BURST_SECONDS * config.rate)
        self._duty = DutyCycle(config.duty_cycle, config.rate, config.wire_bits(bytes(config.mtu)))

    def ready_at(self, now: float) -> float:
        """Return when the next datagram may be sent, on the clock of `now`: now, or later."""
        return max(self._rate.ready_at(now), self._duty.ready_at(now))

    def data_ready_at(self, now: float) -> float:
        """Return when data may be sent, which leaves half of the air time to speech."""
        return self._duty.ready_at(now, 0.5)

    def spend(self, bits: float, now: float) -> None:
        """Account for `bits` sent."""
        self._rate.spend(bits, now)
        self._duty.spend(bits, now)

    @property
    def half_full(self) -> bool:
        """Whether the rate leaves room for what is not urgent."""
        return self._rate.half_full

    def air_share(self, now: float) -> float:
        """Return the share of the last hour that this end was on the air, 0 without a limit."""
        return self._duty.used_share(now)

    def blocked_for(self, now: float) -> float:
        """Return for how many seconds the air time of the last hour keeps this end silent."""
        return self._duty.ready_at(now) - now
