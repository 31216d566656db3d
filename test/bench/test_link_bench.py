"""`txt2vid bench link`: the figures, and what they are measured on."""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path
import shutil
import subprocess
import sys

import pytest
from txt2vid_ros.bench.commands import link
from txt2vid_ros.bench.link import alternatives
from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    link.add_arguments(parser)
    return parser.parse_args(words)


def beginning() -> Conversation:
    return Conversation(link.read(link.DEFAULT_TEXT, 150).texts[:15], 150)


def test_the_command_prints_the_figures_of_the_conversation_that_ships() -> None:
    printed = subprocess.run(
        [sys.executable, '-m', 'txt2vid_ros.cli.main', 'bench', 'link', '--json', '--no-rivals'],
        capture_output=True, text=True, check=True).stdout
    figures = json.loads(printed)  # one object, and nothing else
    assert figures['bits_per_char'] <= 1.75
    assert figures['wire_bps'] < 100 and figures['wire_bps_limited'] < 100
    assert figures['delivered'] == figures['sent'] == 80
    assert figures['encode_ms_p95'] > 0
    rows = figures['rows']
    assert rows['link_unlimited']['wire_bps'] < 100
    assert all(row['delivered'] == row['sent'] for row in rows.values())
    assert all(row['in_order'] for row in rows.values())
    assert all(row['cpu_percent'] > 0 and row['first_byte_ms_p50'] > 0 for row in rows.values())
    lossy = rows['link_20_percent_lost']
    assert lossy['retries'] > 0 and lossy['runs'] > 1 and lossy['wire_bps'] < 230
    assert lossy['shares_bps']['repair'] > 0
    shares = rows['link_unlimited']['shares_bps']
    assert sum(shares.values()) == pytest.approx(rows['link_unlimited']['wire_bps'])
    dialogue = figures['dialogues']['clean']
    assert dialogue['delivered'] == 80 and dialogue['in_order']
    assert dialogue['dialogue_bps'] == figures['dialogue_bps'] < 0.75 * dialogue['two_links_bps']
    lossy_dialogue = figures['dialogues']['20_percent_lost']
    assert lossy_dialogue['delivered'] == 80 and lossy_dialogue['in_order']
    assert lossy_dialogue['dialogue_bps'] < 230


def test_short_sentences_are_merged_to_stay_below_the_rate(tmp_path: Path) -> None:
    text = tmp_path / 'short.txt'
    text.write_text('\n'.join(f'Yes, number {n} is here.' for n in range(150)), 'utf-8')
    conversation = link.read(text, 150)
    limited, unlimited = (link.one_way(conversation, link.PATH, LinkConfig(rate=rate))
                          for rate in (arguments().rate, 0))
    assert limited['wire_bps'] < 100 < unlimited['wire_bps']
    assert limited['delivered'] == limited['sent'] == 150


def test_text_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='cannot be read'):
        link.run(arguments('--text', str(tmp_path / 'none.txt')))
    (tmp_path / 'empty.txt').touch()
    with pytest.raises(UserError, match='no words'):
        link.run(arguments('--text', str(tmp_path / 'empty.txt')))


def test_tcp_with_plain_text_costs_several_times_as_much() -> None:
    conversation = link.read(link.DEFAULT_TEXT, 150)
    row = alternatives.over_tcp(conversation)
    assert row['bits_per_char'] > 8
    assert row['wire_bps'] > 200


@pytest.mark.skipif(importlib.util.find_spec('hibari') is None or not shutil.which('ffmpeg'),
                    reason='speech as Opus needs hibari-tts and ffmpeg')
def test_speech_as_opus_costs_a_hundred_times_as_much() -> None:
    row = alternatives.as_opus(beginning())
    assert 5000 < row['wire_bps'] < 50_000


@pytest.mark.usefixtures('machines')
def test_a_topic_between_machines() -> None:
    row = alternatives.over_topic(beginning())
    assert row['bytes_per_utterance'] > 100
    assert row['wire_bps'] > 1000
