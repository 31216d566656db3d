"""The command that lists and forgets the cards of others."""

from __future__ import annotations

from pathlib import Path

from command_line import txt2vid
import pytest
from txt2vid_ros.call.card import CardHead
from txt2vid_ros.call.store import CardStore

ANNA, BERT = 'ab' * 16, 'ac' * 16


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    store = CardStore(tmp_path / 'txt2vid' / 'cards')
    for identity, name in ((ANNA, 'Anna'), (BERT, 'Bert')):
        store.keep(identity, bytes(16), CardHead(name, 'en'))
    return {'XDG_STATE_HOME': str(tmp_path)}


def test_cards_are_listed_and_forgotten(state: dict[str, str]) -> None:
    lines = txt2vid('cards', 'list', environment=state).stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == [ANNA[:8], BERT[:8]]
    assert any('Anna (en), no face' in line for line in lines)
    assert '2 of them' in txt2vid('cards', 'forget', 'a', environment=state).stderr
    assert txt2vid('cards', 'forget', 'ab', environment=state).returncode == 0
    assert 'Anna' not in txt2vid('cards', 'list', environment=state).stdout
    assert txt2vid('cards', 'forget', 'ab', environment=state).returncode == 2
    assert txt2vid('cards', 'forget', 'all', environment=state).returncode == 0
    assert txt2vid('cards', 'list', environment=state).stdout == ''
