"""How far a clip is: a bar on a terminal, lines in a log."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from txt2vid_ros.media.driving.progress import shown_progress


class Terminal(io.StringIO):
    """A text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    assert list(shown_progress('abc', 'preparing a.mp4', 3)) == ['a', 'b', 'c']
    assert 'preparing a.mp4' in terminal.getvalue()
    assert '/3 ' in terminal.getvalue()


@pytest.mark.parametrize(('total', 'last'), [(3, '3 of 3'), (None, '3')])
def test_a_log_gets_lines(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, total: int | None,
        last: str) -> None:
    monkeypatch.setattr(sys, 'stderr', io.StringIO())
    caplog.set_level(logging.INFO)
    assert list(shown_progress('abc', 'preparing a.mp4', total, every=0)) == ['a', 'b', 'c']
    assert caplog.messages[-1] == f'preparing a.mp4: {last} frames'
    assert len(caplog.messages) == 3


def test_one_frame_is_not_worth_a_line(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    caplog.set_level(logging.INFO)
    assert list(shown_progress('a', 'preparing a.mp4', 1, every=0)) == ['a']
    assert terminal.getvalue() == ''
    assert caplog.messages == []
