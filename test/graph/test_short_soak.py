"""The soak test itself, for some seconds."""

from __future__ import annotations

import json
from pathlib import Path

from graph_harness import run
from txt2vid_ros.bench.soak.results.stages import KEPT

KEYS = {'lost', 'repeated', 'rss_slope_mb_per_h', 'offset_ms_p95', 'offset_ms_p95_last',
        'worst_restart_s', 'worst_picture_gap_s', 'faults'}


def test_a_short_soak_speaks_kills_and_reports(tmp_path: Path) -> None:
    report = tmp_path / 'soak.html'
    status, text = run(
        tmp_path, 'bench', 'soak', '--minutes', '0.15', '--faults', 'kill lipsync', '--json',
        '--engine', 'none', '--html', str(report), *(word for option in (
            'skills=false', 'web=false', 'mic=false', 'responder=none', 'width=160', 'height=120')
            for word in ('--option', option)), timeout=120)
    assert status == 0, text
    found = json.loads(text.splitlines()[-1])
    assert not KEYS - set(found)
    assert [fault['name'] for fault in found['faults']] == ['kill lipsync']
    assert found['faults'][0]['back_s'] > 0
    assert found['utterances'] >= found['whole'] > 0
    assert found['pictures'] > 0 and found['picture_changes'] > 0
    assert {'tts', 'stream', 'ffmpeg encoder', 'live'} <= set(found['rss_slope_mb_per_h'])
    assert report.read_text().count('<svg') == 7
    # The figures of the plots are those that the nodes publish.
    samples = report.with_suffix('.jsonl')
    kept = [row for row in map(json.loads, samples.read_text().splitlines())
            if row['kind'] == 'stages']
    assert not KEPT - {name for row in kept for name in row}
    assert 'ready to speak' in report.with_suffix('.graph.log').read_text()
    # What happened lies beside it, from which the same can be told again.
    again, text = run(tmp_path, 'bench', 'soak', '--from', str(samples), '--json')
    assert again == 0
    assert json.loads(text.splitlines()[-1]) == found
    shown, text = run(tmp_path, 'bench', 'soak', '--from', str(samples))
    assert shown == 0 and 'rss_slope_interval' in text
