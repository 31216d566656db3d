"""What an end of the link reports about itself: figures, and what is wrong."""

from __future__ import annotations

import collections
from typing import Any

from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.link.messages import Instant
from txt2vid_ros.link.peer import Peer

_RATE_REPORTS = 10
"""Reports, one a second, that rates are taken over."""

_LOST_AFTER = 10.0
"""Seconds without a datagram, besides three round trips, after which the link counts as lost
where something had to be sent again."""
_KEEPALIVES_MISSED = 2
_SILENCE_TO_REPORT = 5.0
"""Seconds for which the duty cycle keeps an end silent."""


class LinkStatistics:
    """Rates over the last ten reports (one a second), totals, clock and delays of an end."""

    def __init__(self, end: Peer) -> None:
        """Watch `end`."""
        self.mismatch = ''
        """Why the two ends cannot work together, as long as they cannot."""
        self._end = end
        self._seen: collections.deque[tuple[float, dict[str, int]]] = collections.deque(
            maxlen=_RATE_REPORTS)
        self._silent_for = 0.0
        self._arrived = (0, 0, 0.0)
        self._delays: dict[str, RollingPercentiles] = {}

    def add_delay(self, name: str, seconds: float) -> None:
        """Add to the delays whose percentiles are reported as `name`, in milliseconds."""
        self._delays.setdefault(name, RollingPercentiles.of_sentences()).observe(seconds)

    def report(self, now: Instant) -> dict[str, Any]:
        """Return the figures; to be called about once a second."""
        end, counters = self._end, self._end.counters
        self._seen.append((now.mono, {
            'wire_bps': counters.wire_bits_out + counters.wire_bits_in,
            'datagram_bps': 8 * (counters.bytes_out + counters.bytes_in),
            'text_bps': 8 * counters.text_bytes,
            'forged': counters.forged}))
        span = max(self._seen[-1][0] - self._seen[0][0], 1e-3)
        figures: dict[str, Any] = {
            'role': end.role.name,
            'connected': end.connected,
            **{name: self._increase(name) / span for name in ('wire_bps', 'datagram_bps',
                                                              'text_bps')},
            **counters.as_dict(),
            **end.sound.figures,
            **self._clock(now),
        }
        if end.config.duty_cycle:
            figures['air_percent'] = 100 * end.limits.air_share(now.mono)
            self._silent_for = end.limits.blocked_for(now.mono)
        if end.role.speaks:
            figures['queue_depth'] = end.backlog
        if lost := self._lost_for(now):
            figures['lost_s'] = lost
        for name, delays in self._delays.items():
            figures |= delays.figures(name)
        return figures

    @property
    def problem(self) -> str:
        """Return what the user should look at, in one line; empty where nothing is wrong."""
        forged = self._increase('forged') if self._seen else 0
        if self.mismatch:
            return self.mismatch
        if self._silent_for > _SILENCE_TO_REPORT:
            return (f'the air time that duty_cycle allows in an hour is used up: silent for '
                    f'{self._silent_for:.0f} s')
        if not self._end.connected:
            return ('the datagrams that arrive are sealed with another key: both ends need the '
                    'same' if forged else 'waiting for the other end')
        if forged:
            return (f'{forged} recent datagram(s) were forged, damaged or sealed with another '
                    'key; all were rejected')
        return ''

    def _lost_for(self, now: Instant) -> float:
        """Return for how many seconds the other end has not been heard, 0 while it is there."""
        end, counters = self._end, self._end.counters
        arrived = counters.datagrams_in - counters.rejected
        if arrived != self._arrived[0] or not end.connected:
            self._arrived = arrived, counters.retries, now.mono
        _, retries, since = self._arrived
        silence = now.mono - since
        patience = _LOST_AFTER + 3 * (end.clock.smoothed_round_trip or 0.0)
        asked = end.role.two_way and end.config.keepalive
        gone = asked and silence > _KEEPALIVES_MISSED * end.config.keepalive_pause + patience
        return silence if gone or (
            counters.retries > retries and silence > patience) else 0.0

    def _increase(self, name: str) -> int:
        return self._seen[-1][1][name] - self._seen[0][1][name]

    def _clock(self, now: Instant) -> dict[str, float]:
        end = self._end
        offset = end.measured_offset(now)
        if offset is None:
            known = end.reported_offset
            figures = {'offset_ms': known[0] * 1000,
                       'offset_uncertainty_ms': known[1] * 1000} if known else {}
            if end.role.speaks and end.clock.smoothed_round_trip is not None:
                figures['round_trip_ms'] = end.clock.smoothed_round_trip * 1000
            return figures
        return {'offset_ms': offset.seconds * 1000,
                'offset_uncertainty_ms': offset.uncertainty * 1000,
                'drift_ppm': offset.drift * 1e6,
                'round_trip_ms': (end.clock.smoothed_round_trip or 0.0) * 1000}
