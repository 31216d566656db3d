"""Replicas and lateness by the number of sessions, as figures and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    Beside it, how late they are with the replicas of the first size, and with half of what the
    last size needs. Milliseconds, from when a picture is due; all sessions speak.
    """
    steps: list[dict[str, Any]] = []
    for sessions in sizes:
        replicas = needed(serving, sessions, seconds, seed)
        figures = served(serving, sessions, max(1, replicas), seconds, seed)
        steps.append({'sessions': sessions, 'replicas': replicas, 'in_time': figures.in_time,
                      'p50_ms': 1000 * figures.p50, 'p99_ms': 1000 * figures.p99,
                      'mean_batch': figures.mean_batch})
    most = max(step['replicas'] for step in steps)
    fixed = sorted({max(1, most // 2), max(1, most)})
    return {'replicas_for_all': steps[-1]['replicas'],
            'sessions_per_replica': sizes[-1] / max(1, steps[-1]['replicas']),
            'p99_ms': steps[-1]['p99_ms'], 'steps': steps,
            'fixed': {str(replicas): {
                str(sessions): 1000 * served(serving, sessions, replicas, seconds, seed).p99
                for sessions in sizes} for replicas in fixed}}


def picture(found: Mapping[str, Any], serving: Serving) -> str:
    """Return an SVG of two plots: replicas, and milliseconds, over sessions."""
    steps = found['steps']
    replicas = chart('Replicas that are needed', 'replicas', {
        'needed': [(step['sessions'], step['replicas']) for step in steps]}, across='sessions')
    late = chart('Time of a mouth', 'ms, 99 % within', {
        'with those needed': [(step['sessions'], step['p99_ms']) for step in steps],
        **{f'with {count}': [(int(sessions), min(ms, 5000 * serving.deadline))
                             for sessions, ms in each.items()]
           for count, each in found['fixed'].items()},
        'deadline': [(steps[0]['sessions'], 1000 * serving.deadline),
                     (steps[-1]['sessions'], 1000 * serving.deadline)]}, across='sessions')
    placed = late.replace('<svg ', f'<svg y="{HEIGHT}" width="{WIDTH}" height="{HEIGHT}" ', 1)
    first = replicas.replace('<svg ', f'<svg width="{WIDTH}" height="{HEIGHT}" ', 1)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT}">'
            f'<style>{_STYLE}</style><rect width="100%" height="100%"/>{first}{placed}</svg>\n')
