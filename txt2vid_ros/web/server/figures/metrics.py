"""/metrics in the text format of Prometheus (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import dataclasses

from txt2vid_ros.web.server.figures.health import GraphHealth

CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
PREFIX = 'txt2vid_'


@dataclasses.dataclass(frozen=True)
class NodeMetric:
    """A figure of a node's diagnostics as a metric in base units."""

    name: str
    kind: str
    help: str  # noqa: A003
    node: str
    figure: str
    scale: float = 1.0
    median: bool = False
    """Whether 0 is that nothing was measured yet."""


MILLI = 1e-3
OF_NODES = (
    NodeMetric('text_to_sound_seconds', 'gauge', 'From a text to the first chunk of its sound '
               'having been made, median of the last; it is heard the lead after that.', 'tts',
               'text_to_voice_ms_p50', MILLI, True),
    NodeMetric('speech_to_text_seconds', 'gauge', 'From the end of speech being known to its '
               'text, median of the last.', 'stt', 'endpoint_to_final_ms_p50', MILLI, True),
    NodeMetric('utterances_total', 'counter', 'Utterances spoken.', 'tts', 'utterances'),
    NodeMetric('interrupted_total', 'counter', 'Utterances interrupted.', 'tts', 'interrupted'),
    NodeMetric('frames_total', 'counter', 'Frames of the stream.', 'stream', 'frames'),
    NodeMetric('late_frames_total', 'counter', 'Frames that were shown again because the next was '
               'late.', 'stream', 'repeated'),
    NodeMetric('skipped_frames_total', 'counter', 'Frames left out.', 'stream', 'skipped'),
    NodeMetric('encoder_restarts_total', 'counter', 'Restarts of the encoder.', 'stream',
               'encoder_restarts'),
    NodeMetric('write_lateness_seconds', 'gauge', 'How late frames reach the encoder, 99th '
               'percentile.', 'stream', 'write_lateness_ms_p99', MILLI),
    NodeMetric('link_bits_per_second', 'gauge', 'Of the text link, on the wire.', 'link',
               'wire_bps'),
    NodeMetric('mouth_to_eye_seconds', 'gauge', 'From speech to the lips at the other end.',
               'link', 'mouth_to_eye_ms', MILLI),
)
OF_NOW = frozenset({'connections', 'pages', 'viewers', 'plain_viewers', 'talkers', 'pushes'})
"""Figures of the server that go up and down; all others only count."""
OF_PAGES = {
    'av_offset_ms': ('av_offset_seconds', 'Of picture and sound, as a browser measured it last.'),
    'latency_ms': ('viewer_latency_seconds', 'Of what a browser shows, as it measured it last.')}


def as_metrics(health: GraphHealth, web: Mapping[str, float], errors: Mapping[str, int]) -> str:
    """Return the metrics of a graph; `web` are the figures of the server, `errors` its counts."""
    nodes, figures = health.nodes(), health.figures()
    lines: list[str] = []
    _add(lines, 'up', 'gauge', 'Whether all nodes live and frames advance.',
         [('', float(health.healthy))])
    _add(lines, 'node_up', 'gauge', 'Whether a node lives.',
         [(_labels(node=name), float(state.alive)) for name, state in nodes.items()])
    _add(lines, 'fps', 'gauge', 'Frames a second of the stream.',
         [('', figures['fps'])])
    for metric in OF_NODES:
        state = nodes.get(metric.node)
        value = state.figures.get(metric.figure) if state is not None and state.alive else None
        if value is not None and (value or not metric.median):
            _add(lines, metric.name, metric.kind, metric.help, [('', value * metric.scale)])
    _add(lines, 'memory_bytes', 'gauge', 'Resident memory of a process.',
         [(_labels(process=names), held * 1e6) for names, held in health.memory().items()])
    for figure, (name, text) in OF_PAGES.items():
        if figure in figures:
            _add(lines, name, 'gauge', text, [('', figures[figure] * MILLI)])
    for name, number in web.items():
        kind, suffix = ('gauge', '') if name in OF_NOW else ('counter', '_total')
        _add(lines, f'web_{name}{suffix}', kind, f'{name.replace("_", " ").capitalize()}.',
             [('', float(number))])
    _add(lines, 'web_errors_total', 'counter', 'What went wrong at the web server, by kind.',
         [(_labels(kind=kind), float(count)) for kind, count in errors.items()])
    return '\n'.join(lines) + '\n'


def _labels(**labels: str) -> str:
    inside = ','.join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f'{{{inside}}}'


def _escaped(value: str) -> str:
    return value.replace('\\', r'\\').replace('"', r'\"').replace('\n', r'\n')


def _add(lines: list[str], name: str, kind: str, text: str,
         samples: Iterable[tuple[str, float]]) -> None:
    held = list(samples)
    if held:
        lines += [f'# HELP {PREFIX}{name} {text}', f'# TYPE {PREFIX}{name} {kind}',
                  *(f'{PREFIX}{name}{labels} {value:.10g}' for labels, value in held)]
