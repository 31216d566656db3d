"""/metrics in the text format of Prometheus (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import dataclasses
import itertools

from txt2vid_ros.core.monitoring.percentiles import REPORTED
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
    quantile: str = ''
    """Which it is of the last values, from 0 to 1; '' for what is no quantile."""


MILLI = 1e-3


def quantiles(name: str, text: str, node: str, figure: str) -> tuple[NodeMetric, ...]:
    """Return the quantiles of a summary that a node tells as FIGURE_p50 and so on."""
    return tuple(NodeMetric(name, 'summary', text, node, f'{figure}_p{percent}', MILLI,
                            f'{percent / 100:g}') for percent in REPORTED)


OF_NODES = (
    *quantiles('text_to_sound_seconds', 'From a text to its first sample being due and sent.',
               'stream', 'text_to_sound_ms'),
    *quantiles('text_to_voice_seconds', 'From a text to the first chunk of its sound having been '
               'made.', 'tts', 'text_to_voice_ms'),
    *quantiles('speech_to_text_seconds', 'From the end of speech being known to its text.',
               'stt', 'endpoint_to_final_ms'),
    *quantiles('stream_av_offset_seconds', 'By which the picture in the stream is behind its '
               'sound while somebody speaks.', 'stream', 'av_offset_ms'),
    *quantiles('render_seconds', 'That a picture takes to be made.', 'lipsync', 'render_ms'),
    *quantiles('packet_lateness_seconds', 'From the time of a picture to its packet being sent.',
               'stream', 'packet_lateness_ms'),
    NodeMetric('utterances_total', 'counter', 'Utterances spoken.', 'tts', 'utterances'),
    NodeMetric('interrupted_total', 'counter', 'Utterances interrupted.', 'tts', 'interrupted'),
    NodeMetric('frames_total', 'counter', 'Frames of the stream.', 'stream', 'frames'),
    NodeMetric('late_frames_total', 'counter', 'Frames that were shown again because the next was '
               'late.', 'stream', 'repeated'),
    NodeMetric('skipped_frames_total', 'counter', 'Frames left out, as the stream was far '
               'behind.', 'stream', 'skipped'),
    NodeMetric('left_out_frames_total', 'counter', 'Frames left out, as the machine was too busy '
               'to encode them.', 'stream', 'left_out'),
    NodeMetric('encoder_restarts_total', 'counter', 'Restarts of the encoder.', 'stream',
               'encoder_restarts'),
    *quantiles('write_lateness_seconds', 'By which frames reach the encoder late.', 'stream',
               'write_lateness_ms'),
    NodeMetric('link_bits_per_second', 'gauge', 'Of the text link, on the wire.', 'link',
               'wire_bps'),
    *quantiles('mouth_to_eye_seconds', 'From speech to the lips at the other end.', 'link',
               'mouth_to_eye_ms'),
)
OF_NOW = frozenset({'connections', 'pages', 'viewers', 'plain_viewers', 'talkers', 'pushes',
                    'open_files', 'most_open_files'})
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
    for name, metrics in itertools.groupby(OF_NODES, lambda each: each.name):
        held = list(metrics)
        _add(lines, name, held[0].kind, held[0].help, [
            (_labels(quantile=each.quantile) if each.quantile else '',
             nodes[each.node].figures[each.figure] * each.scale) for each in held
            if each.node in nodes and nodes[each.node].alive
            and each.figure in nodes[each.node].figures])
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
