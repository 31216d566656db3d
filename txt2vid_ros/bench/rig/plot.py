"""Plots as inline SVG, without a plotting package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import html
import itertools
import math

Points = Sequence[tuple[float, float]]
"""Of time (seconds) and value."""

WIDTH, HEIGHT = 900, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 190, 12, 30
"""Margins: the axes, and on the right the names."""
COLOURS = ('#4269d0', '#d97a00', '#d4413a', '#2f9c95', '#3ca951', '#c2517a', '#9467bd', '#7a5c3e',
           '#5aa0d8', '#6b7280', '#a3a800', '#e377c2')
LINES = 4
"""Lines across at least."""
MOST_POINTS = 900


def chart(title: str, unit: str, series: Mapping[str, Points],
          marks: Sequence[tuple[float, str]] = (), dots: bool = False, until: float = 0.0,
          across: str = '') -> str:
    """
    Return an SVG of lines (or dots) over time, with a dashed upright line at each mark.

    With `across` they are over that instead.

    The time ends with the last point, or at `until` seconds. A line is broken where a value is
    NaN. A mark's text is shown by the browser when pointed at. Each name is beside the plot in
    the colour of its line.
    """
    drawn = {name: _thinned(points) for name, points in series.items() if points}
    last = max([1.0, until, *(point[0] for points in drawn.values() for point in points)])
    values = [point[1] for points in drawn.values() for point in points
              if math.isfinite(point[1])]
    low, high, step = _scale(min(values, default=0.0), max(values, default=1.0))
    minutes = last > 180 and not across
    width = (WIDTH - LEFT - RIGHT) / last
    upwards = (HEIGHT - TOP - BOTTOM) / (high - low)

    def x(time: float) -> float:
        return LEFT + time * width

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) * upwards

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_text(title)}">'
             f'<title>{_text(title)}</title>']
    for number in range(round((high - low) / step) + 1):
        at = low + number * step
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(at):.1f}" '
                     f'y2="{y(at):.1f}"/><text x="{LEFT - 6}" y="{y(at) + 4:.1f}" '
                     f'text-anchor="end">{at:g}</text>')
    _, end, step = _scale(0.0, last / 60 if minutes else last)
    for number in range(round(end / step) + 1):
        at = number * step
        if (place := x(at * 60 if minutes else at)) <= WIDTH - RIGHT:
            parts.append(f'<text x="{place:.1f}" y="{HEIGHT - 12}" text-anchor="middle">'
                         f'{at:g}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 1}" text-anchor="end">'
                 f'{_text(across) or ("minutes" if minutes else "seconds")}</text>'
                 f'<text x="4" y="{TOP}">{_text(unit)}</text>')
    for at, what in marks:
        parts.append(f'<line class="mark" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" '
                     f'y2="{HEIGHT - BOTTOM}"><title>{_text(what)}, {at:.0f} s</title></line>')
    for number, (name, points) in enumerate(drawn.items()):
        colour = COLOURS[number % len(COLOURS)]
        for known, piece in itertools.groupby(points, lambda point: math.isfinite(point[1])):
            places = [(x(at), y(value)) for at, value in piece] if known else []
            if dots:
                parts += [f'<circle cx="{at:.1f}" cy="{value:.1f}" r="2.5" fill="{colour}"/>'
                          for at, value in places]
            elif places:
                line = ' '.join(f'{at:.1f},{value:.1f}' for at, value in places)
                parts.append(f'<polyline fill="none" stroke="{colour}" points="{line}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{TOP + 10 + number * 18}" '
                     f'fill="{colour}" style="fill:{colour}">{_text(name)}</text>')
    return '\n'.join([*parts, '</svg>'])


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Return round numbers around two values, and the step from one line to the next."""
    rough = max(high - low, abs(high) * 0.02, 1e-3) / LINES
    power = 10 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    first = math.floor(low / step + 1e-9)
    return first * step, max(math.ceil(high / step - 1e-9), first + 1) * step, step


def _thinned(points: Points) -> Points:
    """Return about as many points as there are pixels, the extremes kept."""
    size = math.ceil(len(points) / MOST_POINTS)
    if size < 2:
        return points
    kept: list[tuple[float, float]] = []
    for begin in range(0, len(points), size * 2):
        part = points[begin:begin + size * 2]
        kept += sorted({min(part, key=lambda each: each[1]), max(part, key=lambda each: each[1])})
    return kept
