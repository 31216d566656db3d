"""How far a stream has come, remembered in a file."""

from __future__ import annotations

import pathlib

from link_simulation import Simulation
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.delivery.progress_store import ProgressStore

SENTENCES = [f'This is sentence number {number}.' for number in range(6)]


def converse(simulation: Simulation, texts: list[str]) -> None:
    for text in texts:
        simulation.say(text)
        simulation.run(3.0)


def test_a_damaged_progress_file_counts_as_none(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'link.json'
    path.write_text('{"stream": ')
    assert ProgressStore(path).load().stream is None
    with pytest.raises(UserError, match='state_file'):
        ProgressStore(tmp_path / 'link.json' / 'under a file.json')
    with pytest.raises(UserError, match=r'state_file: .* cannot be written: Is a directory'):
        ProgressStore(tmp_path)


def test_a_full_disk_stops_no_speech_and_is_reported(tmp_path: pathlib.Path) -> None:
    store = ProgressStore(tmp_path / 'link.json')
    simulation = Simulation(store=store)
    converse(simulation, SENTENCES[:2])
    (tmp_path / 'link.json').unlink()
    (tmp_path / 'link.json').mkdir()  # No file takes its place, not even root's.
    converse(simulation, SENTENCES[2:4])
    assert simulation.heard == SENTENCES[:4]
    assert 'state_file' in store.problem
    (tmp_path / 'link.json').rmdir()
    converse(simulation, SENTENCES[4:6])
    assert not store.problem
