"""Replicas and lateness by the number of sessions, as figures and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import math
from typing import Any

from txt2vid_ros.bench.cluster.serving import needed, served, Serving
from txt2vid_ros.bench.rig.plot import chart, HEIGHT, WIDTH

SIZES = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Numbers of sessions, as shares of the greatest."""
_STYLE = ('text{font:12px sans-serif;fill:#555}.grid{stroke:#ddd}polyline{stroke-width:2}'
          'rect{fill:#fff}')


def growth(serving: Serving, sizes: Sequence[int], seconds: float, seed: int) -> dict[str, Any]:
    """
    Return for each number of sessions how many replicas it needs, and how late mouths then are.

    Beside it, how late they are with a quarter of the replicas that the last size needs.
    Milliseconds, from when a picture is due, None where one in a hundred is refused; all speak.
    """
    steps: list[dict[str, Any]] = []
    for sessions in sizes:
        replicas = needed(serving, sessions, seconds, seed)
        figures = served(serving, sessions, max(1, replicas), seconds, seed)
        steps.append({'sessions': sessions, 'replicas': replicas, 'in_time': figures.in_time,
                      'p50_ms': _ms(figures.p50), 'p99_ms': _ms(figures.p99),
                      'mean_batch': figures.mean_batch})
    few = max(1, steps[-1]['replicas'] // 4)
    return {'replicas_for_all': steps[-1]['replicas'],
            'sessions_per_replica': sizes[-1] / max(1, steps[-1]['replicas']),
            'p99_ms': steps[-1]['p99_ms'], 'steps': steps, 'few': few,
            'p99_ms_with_few': [_ms(served(serving, sessions, few, seconds, seed).p99)
                                for sessions in sizes]}


def picture(found: Mapping[str, Mapping[str, Any]], deadline_ms: float) -> str:
    """Return an SVG of two plots, replicas and milliseconds over sessions, of growth() each."""
    longest = 3 * deadline_ms

    def shown(ms: float | None) -> float:
        return longest if ms is None else min(longest, ms)

    replicas, late = {}, {}
    for name, each in found.items():
        at = [step['sessions'] for step in each['steps']]
        replicas[name] = [(step['sessions'], step['replicas']) for step in each['steps']]
        late[name] = [(step['sessions'], shown(step['p99_ms'])) for step in each['steps']]
        late[f'... with {each["few"]} only'] = [
            (sessions, shown(ms))
            for sessions, ms in zip(at, each['p99_ms_with_few'], strict=True)]
        late['deadline'] = [(at[0], deadline_ms), (at[-1], deadline_ms)]
    placed = chart('Time of a mouth', f'ms, 99 % of the mouths within, up to {longest:g}', late,
                   across='sessions').replace(
        '<svg ', f'<svg y="{HEIGHT}" width="{WIDTH}" height="{HEIGHT}" ', 1)
    first = chart('Replicas that are needed', 'replicas', replicas, across='sessions').replace(
        '<svg ', f'<svg width="{WIDTH}" height="{HEIGHT}" ', 1)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT}">'
            f'<style>{_STYLE}</style><rect width="100%" height="100%"/>{first}{placed}</svg>\n')


def _ms(seconds: float) -> float | None:
    return 1000 * seconds if math.isfinite(seconds) else None
