"""A receiver's state has a place of its own for each address, unless the user names one."""

from __future__ import annotations

from pathlib import Path

import pytest
from txt2vid_ros.link.state_file import state_file


def test_each_address_has_a_file_below_the_state_home(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path))
    assert state_file('', 'udp', '10.0.0.1:5710') == tmp_path / 'txt2vid/link-udp-10-0-0-1-5710'
    assert state_file('', 'serial', '/dev/ttyS0') == tmp_path / 'txt2vid/link-serial-dev-ttyS0'
    monkeypatch.delenv('XDG_STATE_HOME')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert state_file('', 'udp', 'a:1') == tmp_path / '.local/state/txt2vid/link-udp-a-1'


def test_a_named_file_overrides_it_and_off_is_none(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('HOME', str(tmp_path))
    assert state_file('~/state', 'udp', 'a:1') == tmp_path / 'state'
    assert state_file('off', 'udp', 'a:1') is None
