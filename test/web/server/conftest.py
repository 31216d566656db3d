"""What the tests of the web server share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web_rig import FakeStream, Web


@pytest.fixture(scope='module')
def stream() -> Iterator[FakeStream]:
    """Serve a stream for the module."""
    made = FakeStream()
    yield made
    made.close()


@pytest.fixture(scope='module')
def web(stream: FakeStream) -> Iterator[Web]:
    """Serve it to pages without a token."""
    with Web(stream) as made:
        yield made
