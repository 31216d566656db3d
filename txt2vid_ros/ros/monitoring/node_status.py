"""What a node says of itself: its level, a line, and figures with limits."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import time
from typing import Any

from rclpy.impl.rcutils_logger import RcutilsLogger
from txt2vid_ros.core.monitoring import thresholds
from txt2vid_ros.core.monitoring.node_states import LEVELS
from txt2vid_ros.core.monitoring.rate import RollingRate
from txt2vid_ros.core.process.memory import own_figures
from txt2vid_ros.ros.parameters import parameter

Status = tuple[str, str, Mapping[str, Any]]
"""A level ('ok', 'warn', 'error'), a line and figures."""
REFUSAL_SECONDS = 30.0
"""Seconds for which the diagnostics tell of what was refused."""
WARN_IF = ('limits of the figures in its diagnostics from which on they warn, as '
           '[memory_mb>500, rate_hz<24]')


@dataclasses.dataclass(frozen=True)
class NodeParameters:
    """The parameters that every node has."""

    warn_if: tuple[str, ...] = parameter((), WARN_IF, live=True)
    error_if: tuple[str, ...] = parameter(
        (), 'limits from which on they report an error; written as warn_if', live=True)


def check_limits(table: Any, node: str) -> None:
    """Raise UserError where warn_if or error_if of a node's parameters cannot be understood."""
    for name in ('warn_if', 'error_if'):
        thresholds.parsed(f'{node}.{name}', getattr(table, name))


class NodeStatus:
    """Completes what a node reports: problems, limits that are crossed, figures of the process."""

    def __init__(self, logger: RcutilsLogger, rate_of: str) -> None:
        """`rate_of` names the count among the figures whose growth is the node's rate_hz."""
        self._logger = logger
        self._problems: dict[str, str] = {}
        self._refusal = '', 0.0
        self._rate_of = rate_of
        self._rate, self._processor = RollingRate(), RollingRate()

    def refuse(self, line: str) -> None:
        """Log that something is not done, and warn of it for a while."""
        self._logger.error(line)
        self._refusal = line, time.monotonic() + REFUSAL_SECONDS

    def set_problem(self, about: str, line: str) -> None:
        """Log what is wrong with `about`, once, and tell it while it lasts; '' ends it."""
        if not line:
            self._problems.pop(about, None)
        elif line != self._problems.get(about):
            self._logger.error(line)
            self._problems[about] = line

    def clear(self) -> None:
        """Forget all problems."""
        self._problems.clear()

    def complete(self, reported: Status, table: Any) -> Status:
        """Return what a node reports with what is known besides; `table` has the limits."""
        level, line, figures = reported
        for crossing, limits in (('warn', table.warn_if), ('error', table.error_if)):
            if told := thresholds.crossed(thresholds.parsed('', limits), figures):
                level = max(level, crossing, key=LEVELS.index)
                line = f'{line}; {told}'
        refusal, until = self._refusal
        if time.monotonic() < until:
            level, line = max(level, 'warn', key=LEVELS.index), f'{line}; {refusal}'
        problems = ' '.join(self._problems.copy().values())
        return ('error', problems, figures) if problems else (level, line, figures)

    def measured(self, figures: Mapping[str, Any], state: str) -> dict[str, Any]:
        """Return a node's figures with its state, its rate and what its process takes."""
        process = own_figures()
        self._processor.observe(time.process_time())
        if (count := figures.get(self._rate_of)) is not None:
            self._rate.observe(count)
        rates = {'rate_hz': self._rate.per_second,
                 'cpu_percent': _percent(self._processor.per_second)}
        return {'state': state, **figures, **process,
                **{name: value for name, value in rates.items() if value is not None}}


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100
