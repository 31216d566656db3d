"""The report of a soak test: one HTML file with plots, tables and nothing to load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
import functools
import html
import itertools
import math
from pathlib import Path
import time
from typing import Any

from txt2vid_ros.bench.rig.plot import chart, Points
from txt2vid_ros.bench.soak.log import Row
from txt2vid_ros.bench.soak.results.bars import bars
from txt2vid_ros.bench.soak.results.figures import all_lives, figures, of_kind, warm
from txt2vid_ros.bench.soak.results.stages import LATE, LATENCIES, OFFSET
from txt2vid_ros.core.storage.files import replacing

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
svg{width:100%;height:auto;font:11px system-ui,sans-serif}
svg text{fill:currentColor}
.grid{stroke:currentColor;opacity:.15}
.mark{stroke:currentColor;opacity:.45;stroke-dasharray:3 3;stroke-width:1.5}
polyline{stroke-width:1.4}
table{border-collapse:collapse}
td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top}
.bad{color:#d4413a;font-weight:600}
.good{color:#2f8f3a}
"""


def write_report(file: Path, rows: Sequence[Row]) -> None:
    """Write what the rows of a test say. Raises OSError."""
    with replacing(file) as new:
        new.write_text(page(rows), 'utf-8')


def page(rows: Sequence[Row]) -> str:
    """Return the report as HTML."""
    found = figures(rows)
    marks = [(row['t'], row['name']) for row in of_kind(rows, 'fault')]
    begin = next(iter(of_kind(rows, 'begin')), {})
    day = time.strftime('%Y-%m-%d', time.gmtime(begin.get('epoch', 0)))
    offsets = [(row['t'], each) for row in of_kind(rows, 'utterance')
               for each in row['offsets_ms']]
    memory: dict[str, list[tuple[float, float]]] = {}
    for row in of_kind(rows, 'processes'):
        for name, held in row['held'].items():
            memory.setdefault(name, []).append((row['t'], held[1]))
    shares = [(row['published'], row['share'] * 100) for row in of_kind(rows, 'utterance')
              if not row['interrupted']]
    # All with the same time, so that what belongs together is one below the other.
    drawn = functools.partial(chart, marks=marks, until=found['minutes'] * 60)
    plots = [
        ('Memory of each process', drawn('Resident memory by process', 'MB', memory)),
        ('Growth of each process', drawn('Growth since the warm-up', 'MB', _grown(rows))),
        ('Latency by stage', drawn('Latency by stage', 'ms', _stages(rows, LATENCIES))),
        ('Picture against sound', drawn(
            'How far picture and sound are apart', 'ms', {
                'flash after its clap': offsets,
                **_stages(rows, {'told by stream, p95': OFFSET})}, dots=True)),
        ('Late pictures', drawn('Pictures repeated or skipped, each second', '1/s',
                                {name: _rate(points) for name, points in
                                 _stages(rows, LATE).items()})),
        ('What was heard of each utterance', drawn(
            'Share of each utterance that a viewer heard', '%', {'heard': shares}, dots=True)),
        ('Load of the machine', drawn('Processes that run or wait to', '', {'load': [
            (row['t'], row['load']) for row in of_kind(rows, 'processes')]}))]
    return '\n'.join([
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Soak test</title>',
        f'<style>{STYLE}</style><h1>Soak test, {found["minutes"]:g} minutes</h1>',
        f'<p>{day}, {html.escape(str(begin.get("machine", "")))}, {begin.get("cores", "?")} '
        f'cores, load {found["load"]}. Upright lines are faults.</p>',
        '<h2>Bars</h2>', _bars(found),
        *(f'<h2>{html.escape(name)}</h2>{plot}' for name, plot in plots),
        '<h2>Faults</h2>', _table(found['faults']),
        *(f'<h2>{name}</h2>{_table(found[key])}' for name, key in (
            ('Lost', 'lost_utterances'), ('Said twice', 'repeated_utterances'),
            ('Cut by a kill of tts', 'cut_by_kill_of_tts'), ('Cut short', 'cut_utterances'))
          if found[key]),
        *([f'<h2>Not injected</h2>{_table(_pairs(found["not_injected"], "fault", "why"))}']
          if found['not_injected'] else []),
        '<h2>Growth</h2>', _table(_growth(found)),
        '<h2>All figures</h2>', _table(_pairs({
            name: value for name, value in found.items()
            if not isinstance(value, (dict, list))})), '</html>'])


def _bars(found: dict[str, Any]) -> str:
    rows = []
    for bar, said, kept in bars(found):
        word, kind = {True: ('met', 'good'), False: ('missed', 'bad'), None: ('not measured', '')
                      }[kept]
        rows.append(f'<tr><td>{html.escape(bar)}</td><td>{html.escape(said)}</td>'
                    f'<td class="{kind}">{word}</td></tr>')
    return f'<table>{"".join(rows)}</table>'


def _growth(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [{'process': name, 'MB an hour': value,
             'with 95 % between': ' and '.join(map(str, found['rss_slope_interval'][name])),
             'minutes': found['rss_slope_minutes'][name],
             'processor %': found['processor_percent'][name],
             'open files': ' to '.join(map(str, found['open_files'][name])),
             'threads': ' to '.join(map(str, found['threads'][name]))}
            for name, value in found['rss_slope_mb_per_h'].items()]


def _pairs(values: dict[str, Any], what: str = 'what', value: str = 'value'
           ) -> list[dict[str, Any]]:
    return [{what: name, value: each} for name, each in values.items()]


def _table(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return '<p>None.</p>'
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = ''.join(f'<th>{html.escape(name)}</th>' for name in names)
    body = ''.join('<tr>' + ''.join(f'<td>{html.escape(str(row.get(name, "")))}</td>'
                                    for name in names) + '</tr>' for row in rows)
    return f'<table><tr>{head}</tr>{body}</table>'


def _grown(rows: Iterable[Row]) -> dict[str, list[tuple[float, float]]]:
    """Return by how much each process has grown since it was warm, in each of its lives."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, by_pid in all_lives(rows).items():
        for life in map(warm, by_pid.values()):
            begin, first = life[0]
            # One life is not joined to the next.
            found.setdefault(name, []).extend([(begin, math.nan), *(
                (at, held[1] - first[1]) for at, held in life)])
    return found


def _stages(rows: Iterable[Row], names: Mapping[str, str]) -> dict[str, Points]:
    kept = of_kind(rows, 'stages')
    return {shown: [(row['t'], row[name]) for row in kept if name in row]
            for shown, name in names.items()}


def _rate(points: Points) -> Points:
    """Return the growth a second of a count, which begins anew where its node did."""
    return [(after[0], max(0.0, after[1] - before[1]) / (after[0] - before[0]))
            for before, after in itertools.pairwise(points) if after[0] > before[0]]
