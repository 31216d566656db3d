"""What the rounds of `txt2vid bench reach` say."""

from __future__ import annotations

from pathlib import Path

from txt2vid_ros.bench.commands.reach import _of_rounds
from txt2vid_ros.bench.reach.graphs import processes
from txt2vid_ros.bench.reach.rounds import Round


def test_what_was_lost_and_who_did_not_come_back_is_summed_by_name() -> None:
    found = _of_rounds([
        Round({'tts': 2.0, 'stt of caller': 4.0}, {'tts': 0, 'stt of caller': 1}, {'link': 0}),
        Round({'tts': 4.0, 'stt of caller': None}, {'tts': 0, 'stt of caller': 5}, {'link': 2})])
    assert found['kills'] == 2
    assert found['lost'] == 8
    assert found['not_back'] == {'stt of caller': 1}
    assert found['back_s_p50'] == {'tts': 3.0, 'stt of caller': 4.0}
    assert found['lost_answers'] == {'stt of caller': 6}
    assert found['lost_texts'] == {'link': 2}


def test_every_node_that_a_graph_can_have_is_killed(tmp_path: Path) -> None:
    labels = {each.label for each in processes('/x', tmp_path, loudspeaker=True, window=True)}
    assert labels == {
        'mic', 'stt', 'responder', 'tts', 'lipsync', 'stream', 'web', 'say', 'link', 'loudspeaker',
        'window', 'mic of caller', 'stt of caller', 'link of caller', 'playout of audio'}
