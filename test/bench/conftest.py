"""What belongs to all tests of the benchmarks."""

from __future__ import annotations

import pathlib

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the faces found apart from those of the user and of other tests."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
