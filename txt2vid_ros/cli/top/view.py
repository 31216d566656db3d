"""What `txt2vid top` shows, as tables for a terminal of any size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import time

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.monitoring.node_states import GONE, NodeState, NodeStates
from txt2vid_ros.core.monitoring.utterance_trace import printable, TraceBook, UtteranceTrace

ORDER = ('mic', 'stt', 'link', 'responder', 'say', 'tts', 'playout', 'lipsync', 'stream', 'web',
         'loudspeaker', 'window')
"""Nodes as a sentence passes them; others come behind."""
COLOURS = {'ok': 'green', 'warn': 'yellow', 'error': 'bold red', GONE: 'bold red'}
STAGES: tuple[tuple[str, str, str], ...] = (
    # Node, figure, what is shown of it; the last ones go where the terminal is small.
    ('stt', 'endpoint_to_final_ms', 'end of speech → its text'),
    ('link', 'speech_to_heard_ms', 'first word → text over the link'),
    ('link', 'mouth_to_eye_ms', 'first word → lips at the other end'),
    ('stream', 'text_to_sound_ms', 'text → its sound'),
    ('stream', 'av_offset_ms', 'picture behind sound'),
    ('tts', 'text_to_voice_ms', 'text → voice made'),
    ('lipsync', 'sound_delay_ms', 'voice → face'),
    ('lipsync', 'render_ms', 'a picture made'),
    ('stream', 'picture_delay_ms', 'picture → stream'),
    ('stream', 'write_lateness_ms', 'a frame written late'),
    ('stream', 'packet_lateness_ms', 'a packet after its time'),
    ('window', 'lateness_ms', 'a picture on the screen late'),
)
PERCENTILES = ('p50', 'p95', 'p99')
BREAKER = {'open': 'out', 'half-open': 'being tried'}
LEAST_SENTENCES = 3
WIDE = 100
"""Columns from which on there is room for a clock."""
NONE = Text('–', style='dim')


class View:
    """Draws what is known now, as large as the terminal allows."""

    def __init__(self, namespace: str, states: NodeStates, book: TraceBook) -> None:
        """Show what these gather."""
        self._namespace = namespace
        self._states = states
        self._book = book

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the header and three tables."""
        nodes = dict(sorted(self._states.nodes().items(), key=lambda each: _place(each[0])))
        traces = [each for each in self._book.traces() if each.known]
        # A table has a heading and an empty line before it.
        height = options.height or len(nodes) + len(STAGES) + len(traces) + 20
        # Providers that are out come first.
        stages = sorted(_stages(nodes), key=lambda each: not each[3])
        room = height - 1 - (len(nodes) + 2) - 2
        spare = max(LEAST_SENTENCES, room - len(stages) - 2)
        yield _header(self._namespace, nodes, self._states.memory(), options.max_width)
        yield _node_table(nodes)
        yield _stage_table(stages[:max(1, room - LEAST_SENTENCES - 2)])
        yield _sentence_table(traces[-spare:][::-1])


def _place(node: str) -> tuple[int, str]:
    return (ORDER.index(node) if node in ORDER else len(ORDER), node)


def _header(namespace: str, nodes: Mapping[str, NodeState], memory: Mapping[str, float],
            width: int) -> Table:
    levels = {state.shown for state in nodes.values()}
    worst = next((level for level in (GONE, 'error', 'warn') if level in levels), 'ok')

    def figure(node: str, name: str) -> float | None:
        return nodes[node].figures.get(name) if node in nodes and nodes[node].alive else None

    parts = [
        (figure('stream', 'rate_hz'), '{:.1f} fps'),
        (figure('stream', 'text_to_sound_ms_p50'), 'text to sound {:.0f} ms'),
        (figure('stream', 'av_offset_ms_p50'), 'A/V {:.0f} ms'),
        (figure('web', 'viewers') if 'web' in nodes else figure('stream', 'viewers'),
         '{:.0f} viewers'),
        (sum(memory.values()), '{:.0f} MB')]
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow='ellipsis', ratio=1)
    clock = width >= WIDE
    if clock:
        line.add_column(justify='right', no_wrap=True, min_width=8)
    said = Text.assemble((namespace, 'bold'), '  ', (worst, COLOURS[worst]))
    for value, form in parts:
        if value is not None:
            said.append('  ').append(form.format(value))
    line.add_row(said, *([Text(time.strftime('%H:%M:%S'), style='dim')] if clock else []))
    return line


def _table(title: str) -> Table:
    table = Table(box=None, expand=True, header_style='bold cyan', pad_edge=False,
                  padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(title, no_wrap=True, overflow='ellipsis')
    return table


def _node_table(nodes: Mapping[str, NodeState]) -> Table:
    table = _table('\nnode')
    table.columns[0].min_width = 11
    table.add_column('\nlevel', no_wrap=True)
    for title in ('rate/s', 'queue', 'drops', 'cpu %', 'MB'):
        table.add_column(f'\n{title}', justify='right', no_wrap=True)
    table.add_column('\nsays', ratio=1, no_wrap=True, overflow='ellipsis')
    for name, state in nodes.items():
        figures = state.figures
        level = Text(state.shown, style=COLOURS[state.shown])
        table.add_row(
            Text(printable(name)), level, _number(figures.get('rate_hz'), '.1f'),
            _number(figures.get('queue_depth'), '.0f'), _number(figures.get('drops'), '.0f'),
            _number(figures.get('cpu_percent'), '.0f'), _number(figures.get('memory_mb'), '.0f'),
            Text(printable(state.message) if state.alive else f'silent for {state.age:.0f} s',
                 style='' if state.shown == 'ok' else COLOURS[state.shown]))
    return table


def _stages(nodes: Mapping[str, NodeState]
            ) -> Iterator[tuple[str, str, list[float | None], str]]:
    """Yield node, words, percentiles and a style of each stage that was measured."""
    for node, figure, words in STAGES:
        if node in nodes and f'{figure}_p50' in nodes[node].figures:
            yield node, words, _percentiles(nodes[node], figure), ''
    for node, state in nodes.items():
        for key, breaker in state.texts.items():
            provider = key.removesuffix('.state')
            if provider == key:
                continue
            words, style = f'{provider} → its first result', ''
            if breaker in BREAKER:
                words, style = f'{provider} is {BREAKER[breaker]}', 'yellow'
            yield node, words, _percentiles(state, f'{provider}.first_ms'), style


def _percentiles(state: NodeState, figure: str) -> list[float | None]:
    return [state.figures.get(f'{figure}_{each}') for each in PERCENTILES]


def _stage_table(stages: list[tuple[str, str, list[float | None], str]]) -> Table:
    table = _table('\nms')
    table.columns[0].min_width = 11
    table.add_column('\nstage', ratio=1, no_wrap=True, overflow='ellipsis')
    for title in PERCENTILES:
        table.add_column(f'\n{title}', justify='right', min_width=7, no_wrap=True)
    for node, words, values, style in stages:
        table.add_row(Text(printable(node)), Text(printable(words), style=style),
                      *(_number(each, '.1f') for each in values))
    return table


def _sentence_table(traces: list[UtteranceTrace]) -> Table:
    table = _table('\nat')
    table.add_column('\nsentence', ratio=1, no_wrap=True, overflow='ellipsis')
    # When, after its begin: where each comes from.
    columns = (('text', 'text', ('tts',)), ('voice', 'sound', ('tts', 'playout')),
               ('frame', 'frame', ('lipsync',)), ('packet', 'packet', ()), ('heard', 'heard', ()))
    for title, _, _ in columns:
        table.add_column(f'\n{title}', justify='right', min_width=6, no_wrap=True)
    for trace in traces:
        at = time.strftime('%H:%M:%S', time.localtime(trace.begun / SECOND))
        table.add_row(Text(at, style='dim'), Text(trace.shown, '' if trace.text else 'dim'), *(
            _number(trace.after(stage, *nodes), '.0f') for _, stage, nodes in columns))
    return table


def _number(value: float | None, form: str) -> Text:
    return NONE if value is None else Text(format(value, form))
