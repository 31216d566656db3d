"""One's own card is made beside everything else; what its owner takes back is not offered."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from pathlib import Path
import threading

import pytest
from txt2vid_ros.call.card import CardHead, Face, FaceFormat, FaceOutline
from txt2vid_ros.call.face.making import FaceBudget
from txt2vid_ros.call.own_card import OwnCard, OwnOffer
from txt2vid_ros.call.own_faces import OwnFaces
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT

TIMEOUT = 60.0
BUDGETS = (FaceBudget(3000, face_seconds=0.0), FaceBudget(30_000))


class SlowFaces(OwnFaces):
    """Faces that are made once the test lets them."""

    def __init__(self, folder: Path, problem: str = '') -> None:
        super().__init__(folder)
        self.begun, self.go_on, self.cleared = (
            threading.Semaphore(0), threading.Semaphore(0), threading.Event())
        self._problem = problem

    def find(self, file: Path, budget: FaceBudget) -> Face | None:
        return None

    def get(self, file: Path, budget: FaceBudget) -> Face:
        self.begun.release()
        assert self.go_on.acquire(timeout=TIMEOUT)
        if self._problem:
            raise UserError(self._problem)
        data = str(budget).encode()
        return Face(FaceOutline(FaceFormat.AV1, 64, 64, 1, 1, len(data)), data)

    def clear(self) -> None:
        self.cleared.set()


class Running:
    """An OwnCard on its thread."""

    def __init__(self) -> None:
        self._ready, self._stop = threading.Semaphore(0), threading.Event()
        self.card = OwnCard(CardHead('Anna', 'en', ()), BUDGETS, self._ready.release)
        self._thread = threading.Thread(target=self.card.run, args=(self._stop,))
        self._thread.start()

    def offer(self) -> OwnOffer:
        """Wait for the next offer."""
        while True:
            assert self._ready.acquire(timeout=TIMEOUT)
            offer = self.card.take()
            if offer is not None:
                return offer

    def close(self) -> None:
        self._stop.set()
        self._thread.join(TIMEOUT)


@pytest.fixture
def own() -> Iterator[Running]:
    with contextlib.closing(Running()) as running:
        yield running


def test_the_card_goes_without_a_face_then_with_a_preview_then_whole(
        own: Running, tmp_path: Path) -> None:
    faces = SlowFaces(tmp_path)
    own.card.share(BUILT_IN_PORTRAIT, faces)
    assert own.offer().card.face is None
    faces.go_on.release()
    preview = own.offer()
    assert preview.card.face is not None and preview.preview is None
    assert preview.consent.covers(preview.card.face)
    faces.go_on.release()
    whole = own.offer()
    assert whole.preview == preview.card and whole.card != preview.card
    assert whole.card.face is not None and whole.consent.covers(whole.card.face)


def test_a_face_that_is_taken_back_while_it_is_made_is_never_offered(
        own: Running, tmp_path: Path) -> None:
    faces = SlowFaces(tmp_path)
    own.card.share(BUILT_IN_PORTRAIT, faces, keeps=False)
    assert own.offer().card.face is None
    assert faces.begun.acquire(timeout=TIMEOUT)
    own.card.share(None, OwnFaces(tmp_path / 'none'))
    # At once, and not when the making is over.
    assert own.offer().card.face is None
    faces.go_on.release()
    assert faces.cleared.wait(TIMEOUT)
    assert own.card.take() is None
    assert not faces.begun.acquire(blocking=False)


def test_why_a_face_cannot_be_made_is_told(own: Running, tmp_path: Path) -> None:
    faces = SlowFaces(tmp_path, 'it shows no face')
    own.card.share(BUILT_IN_PORTRAIT, faces)
    faces.go_on.release()
    while not (offer := own.offer()).problem:
        assert offer.card.face is None
    assert offer.problem == 'it shows no face' and offer.card.face is None
