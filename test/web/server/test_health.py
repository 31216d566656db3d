"""What is told of the graph: alive or gone, frames, and metrics that Prometheus reads."""

from __future__ import annotations

import re

import pytest
from txt2vid_ros.web.server.figures.health import GraphHealth
from txt2vid_ros.web.server.figures.metrics import as_metrics
from web_rig import until

NODES = {
    'tts': {'text_to_voice_ms_p50': '120.5', 'text_to_voice_ms_p95': '300',
            'pid': '7', 'memory_mb': '250', 'voice': 'heart'},
    'stt': {'endpoint_to_final_ms_p50': '410', 'pid': '7', 'memory_mb': '250'},
    'stream': {'frames': '100', 'repeated': '3', 'left_out': '4', 'pid': '8', 'memory_mb': '100',
               'encoder_memory_mb': '60', 'write_lateness_ms_p99': 'nan',
               'text_to_sound_ms_p50': '250', 'av_offset_ms_p50': '0'},
    'link': {'wire_bps': '96', 'connected': 'True'}}


@pytest.fixture
def health() -> GraphHealth:
    made = GraphHealth()
    for name, values in NODES.items():
        made.observe(name, 'ok', 'well', values)
    return made


def test_frames_have_to_advance(health: GraphHealth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.web.server.figures.health.FRAME_SECONDS', 0.2)
    health.observe('stream', 'ok', '', {'frames': '125'})
    assert health.healthy
    until(lambda: not health.frames_advance, 'the stall')
    assert not health.healthy
    assert health.level() == 'error'
    health.observe('stream', 'ok', '', {'frames': '125'})
    assert not health.healthy
    # Counted from 0 by one that was started again.
    health.observe('stream', 'ok', '', {'frames': '5'})
    health.observe('stream', 'ok', '', {'frames': '30'})
    assert health.healthy


def test_a_node_that_says_nothing_is_gone(
        health: GraphHealth, monkeypatch: pytest.MonkeyPatch) -> None:
    health.observe('window', 'ok', '', {})
    assert health.level() == 'ok'
    monkeypatch.setattr('txt2vid_ros.core.monitoring.node_states.ALIVE_SECONDS', 0.1)
    until(lambda: health.level() == 'error', 'the loss')
    report = health.report()
    assert not report['ok']
    assert not report['nodes']['tts']['alive']
    # Its user may have closed it.
    assert 'window' not in report['nodes']


def test_the_worst_of_all_counts(health: GraphHealth) -> None:
    health.observe('tts', 'warn', 'hm', {})
    assert (health.level(), health.healthy) == ('warn', True)
    health.observe('tts', 'error', 'oh', {})
    assert (health.level(), health.healthy) == ('error', False)


def test_strangers_on_the_topic_cannot_fill_the_memory(health: GraphHealth) -> None:
    for number in range(1000):
        health.observe(f'n{number}', 'strange', 'x', {})
    assert len(health.nodes()) <= 64


def test_metrics_are_in_base_units_and_in_the_format(health: GraphHealth) -> None:
    text = as_metrics(health, {'viewers': 2.0}, {'wrong_tokens': 4})
    samples = {}
    for line in text.splitlines():
        if not line.startswith('#'):
            found = re.fullmatch(r'(txt2vid_\w+(?:\{\w+="[^"]*"\})?) (\S+)', line)
            assert found, line
            samples[found[1]] = float(found[2])
    assert text.endswith('\n')
    assert samples['txt2vid_text_to_voice_seconds{quantile="0.5"}'] == 0.1205
    assert samples['txt2vid_text_to_voice_seconds{quantile="0.95"}'] == 0.3
    assert samples['txt2vid_speech_to_text_seconds{quantile="0.5"}'] == 0.41
    assert samples['txt2vid_text_to_sound_seconds{quantile="0.5"}'] == 0.25
    assert samples['txt2vid_stream_av_offset_seconds{quantile="0.5"}'] == 0.0
    assert samples['txt2vid_late_frames_total'] == 3
    assert samples['txt2vid_left_out_frames_total'] == 4
    assert samples['txt2vid_link_bits_per_second'] == 96
    assert samples['txt2vid_web_viewers'] == 2
    assert samples['txt2vid_web_errors_total{kind="wrong_tokens"}'] == 4
    # Nodes that share a process count once; what is no number is left out.
    assert {name: value for name, value in samples.items() if 'memory' in name} == {
        'txt2vid_memory_bytes{process="stt+tts"}': 250e6,
        'txt2vid_memory_bytes{process="stream"}': 100e6,
        'txt2vid_memory_bytes{process="encoder"}': 60e6}
    assert not any(name.startswith('txt2vid_write_lateness_seconds') for name in samples)
    declared = re.findall(r'# TYPE (\S+) ', text)
    assert len(declared) == len(set(declared))


def test_what_a_page_measured_counts_for_a_while(
        health: GraphHealth, monkeypatch: pytest.MonkeyPatch) -> None:
    health.measured({'av_offset_ms': -12.0})
    assert 'txt2vid_av_offset_seconds -0.012' in as_metrics(health, {}, {})
    monkeypatch.setattr('txt2vid_ros.web.server.figures.health.MEASURED_SECONDS', -1.0)
    assert 'txt2vid_av_offset' not in as_metrics(health, {}, {})
