"""The tables of docs/gpu.md, written from docs/gpu.json; what is not in there was not measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import json
import pathlib
from typing import Any

BEGIN, END = '<!-- from gpu.json -->', '<!-- end -->'
NOT_MEASURED = 'not measured'
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_PARITY = ('fp32', 'tf32', 'fp16', 'bf16')
# What is told, where it is in the figures, how it is written.
_ROWS = (
    ('sessions at 25 pictures a second, 99 % within 40 ms', 'sessions.sessions_at_99_percent',
     '{}'),
    ('the same, where a picture waits up to 2 ms for others',
     'sessions_gathered_2_ms.sessions_at_99_percent', '{}'),
    ('the same, 5 ms', 'sessions_gathered_5_ms.sessions_at_99_percent', '{}'),
    ('matrix products in half precision', 'limits.fp16_tflops', '{:.0f} TFLOP/s'),
    ('the same in TF32, float32', 'limits.tf32_tflops limits.fp32_tflops',
     '{:.0f}, {:.0f} TFLOP/s'),
    ('a copy, read and written', 'limits.copy_gb_per_second', '{:.0f} GB/s'),
    ('loading with the graph for one picture, seconds', 'load.load_seconds', '{:.1f}'),
    ('the graphs up to 128, seconds', 'load.graphs_seconds', '{:.1f}'),
    ('memory that all of these take', 'load.memory_gb', '{:.2f} GB'),
)


def render(results: Mapping[str, Any]) -> str:
    """Return the tables in Markdown for what tools/gpu_check.sh has written."""
    return '\n'.join(_lines(results))


def write(json_file: pathlib.Path, page: pathlib.Path) -> None:
    """Replace the tables of `page` by those for `json_file`. Raises ValueError without a place."""
    text = page.read_text('utf-8')
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f'{page} has no place for tables, from {BEGIN} to {END}')
    results = json.loads(json_file.read_text('utf-8'))
    page.write_text(f'{before}{BEGIN}\n{render(results)}\n{END}{after}', 'utf-8')


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    figures = results['figures']
    yield (f'{results["device"]}, PyTorch {results["torch"]}, {results["date"]}, synthetic '
           'weights.' if figures else 'No GPU was to be had since this was written.')
    yield ''
    yield '| what | measured |\n|---|---|'
    for what, where, how in _ROWS:
        yield f'| {what} | {_told(figures, where, how)} |'
    yield ''
    yield ('| pictures in a batch | ms a step | pictures a second | over the published module '
           '| share of the limit |\n|---|---|---|---|---|')
    for size in _BATCHES:
        cells = (_told(figures, f'batch_{size}.{name}', how) for name, how in (
            ('ms', '{:.2f}'), ('pictures_per_second', '{:,.0f}'), ('over_plain', '{:.1f}'),
            ('share_of_limit', '{:.2f}')))
        yield f'| {size} | {" | ".join(cells)} |'
    yield ''
    yield '| precision | largest difference | mean difference | allowed |\n|---|---|---|---|'
    for precision in _PARITY:
        cells = (_told(figures, f'parity_{precision}.{name}', '{:.2g}')
                 for name in ('max', 'mean', 'tolerance'))
        yield f'| {precision} | {" | ".join(cells)} |'
    for section, why in sorted(results['failed'].items()):
        yield f'\n`{section}` was not measured: {why}'


def _told(figures: Mapping[str, Any], where: str, how: str) -> str:
    values = []
    for path in where.split():
        section, _, name = path.partition('.')
        value = figures.get(section, {}).get(name)
        if value is None:
            return NOT_MEASURED
        values.append(value)
    return how.format(*values)
