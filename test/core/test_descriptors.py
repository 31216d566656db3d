"""Those who connect leave a process the descriptors that it needs itself."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

import pytest
from txt2vid_ros.core.process import descriptors
from txt2vid_ros.core.process.descriptors import DescriptorBudget, most_files, open_files


def test_what_is_open_is_counted() -> None:
    before = open_files()
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(Path(os.devnull).open('rb'))
        assert open_files() == before + 5
    assert open_files() == before


def test_some_are_kept_back_and_a_shortage_is_said_once(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(descriptors, 'most_files', lambda: open_files() + 10)
    budget = DescriptorBudget(kept_back=8)
    assert budget.allows(2) and not budget.allows(3)
    assert not budget.shortage()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            budget.refuse()
    assert len(caplog.messages) == 1 and 'keeps 8 for itself' in caplog.messages[0]
    assert budget.shortage() == caplog.messages[0]
    assert budget.figures()['refused_for_files'] == 3


def test_where_none_is_left_nothing_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> int:
        raise OSError

    monkeypatch.setattr(descriptors, 'open_files', none_left)
    budget = DescriptorBudget()
    assert not budget.allows()
    assert budget.figures()['open_files'] == most_files()
