"""What the figures of a soak test are held against."""

from __future__ import annotations

from typing import Any

GROWTH, OFFSET, RESTART, GAP = 1.0, 20.0, 3.0, 1.0
"""The bars: MB an hour, ms, seconds, seconds."""

Bar = tuple[str, str, bool | None]
"""A bar in words, what was measured, and whether it was met; None: not measured."""


def bars(found: dict[str, Any]) -> list[Bar]:
    """Return the bars and what becomes of each."""
    return [_said(found), _growth(found), _offset(found), _restart(found), _picture(found)]


def _said(found: dict[str, Any]) -> Bar:
    wrong = found['lost'] + found['repeated'] + found['unjudged']
    return ('no utterance lost or said twice, but for those that a kill of tts cut',
            f'{found["lost"]} lost, {found["repeated"]} twice, {found["unjudged"]} not judged '
            f'of {found["utterances"] + found["unjudged"]}',
            wrong == 0 if found['utterances'] + found['unjudged'] else None)


def _growth(found: dict[str, Any]) -> Bar:
    known = {name: interval for name, interval in found['rss_slope_interval'].items()
             if interval[0] is not None}
    most = max(known, key=lambda name: known[name][0], default='')
    return (f'no process grows by {GROWTH:g} MB an hour: missed where the lower end of the 95 % '
            'interval is above it',
            f'{most}: {found["rss_slope_mb_per_h"][most]:g}, between {known[most][0]:g} and '
            f'{known[most][1]:g}' if most else '',
            known[most][0] < GROWTH if most else None)


def _offset(found: dict[str, Any]) -> Bar:
    first, last = found['offset_ms_p95'], found['offset_ms_p95_last']
    missing = first is None or last is None
    return (f'offset within {OFFSET:g} ms for 95 in 100, at the end as in the whole',
            '' if missing else f'{first} and {last} ms',
            None if missing else max(first, last) <= OFFSET)


def _restart(found: dict[str, Any]) -> Bar:
    killed = [fault for fault in found['faults'] if 'back_s' in fault]
    worst = found['worst_restart_s']
    return (f'every killed process back in {RESTART:g} s',
            f'{worst} s' if worst is not None else 'one did not come back' if killed else '',
            None if not killed else worst is not None and worst <= RESTART)


def _picture(found: dict[str, Any]) -> Bar:
    said, kept = (f'{found["worst_picture_gap_s"]} s; frozen for '
                  f'{found["worst_frozen_picture_s"]} s'), found['worst_picture_gap_s'] <= GAP
    if found['pictures'] is None:
        said, kept = '', None
    elif not found['pictures']:
        said, kept = 'no picture came', False
    elif not found['picture_changes']:
        said, kept = 'the picture was frozen all the time', False
    return f'no more than {GAP:g} s without a picture', said, kept
