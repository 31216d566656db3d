"""One's own card while its face is being made, which takes seconds, beside everything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import threading
from typing import NamedTuple

from txt2vid_ros.call.card import Card, CardHead, Face
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.face.making import FaceBudget
from txt2vid_ros.call.own_faces import OwnFaces
from txt2vid_ros.core.errors import UserError

_LOOK = 0.5
"""Seconds between two looks at whether it is to end."""


class OwnOffer(NamedTuple):
    """What is to be offered to the peer from now on."""

    card: Card
    consent: FaceConsent = FaceConsent()
    preview: Card | None = None
    problem: str = ''
    """Why the card has no face, or only that of the preview; '' where it is as its owner wants."""


class _Job(NamedTuple):
    file: Path | None
    faces: OwnFaces
    keeps: bool


class OwnCard:
    """
    Makes the card on the thread of run(); the newest face counts, and the newest offer.

    share() and take() return at once. Thread-safe.
    """

    def __init__(self, head: CardHead, budgets: tuple[FaceBudget, ...],
                 ready: Callable[[], None]) -> None:
        """`budgets`: of previews and of the face, in this order; `ready`: there is an offer."""
        self._head, self._budgets, self._ready = head, budgets, ready
        self._job: _Job | None = None
        self._made: _Job | None = None
        """The job whose card is, or is about to be, the offer."""
        self._offer: OwnOffer | None = None
        self._busy = False
        self._changed = threading.Condition()

    def share(self, file: Path | None, faces: OwnFaces, *, keeps: bool = True) -> None:
        """
        Offer the face in `file` from now on, made or found among `faces`; none where it is None.

        `keeps`: whether what is made stays in the folder of `faces` once another is shared.
        """
        with self._changed:
            self._job = self._made = _Job(file, faces, keeps)
            at_once = file is None or self._busy
            if at_once:
                # A face that is taken back or replaced is offered no longer than that.
                self._offer = OwnOffer(Card(self._head))
            self._changed.notify()
        if at_once:
            self._ready()

    @property
    def waits(self) -> bool:
        """Return whether there is an offer to take."""
        return self._offer is not None

    def take(self) -> OwnOffer | None:
        """Return the newest offer, once."""
        with self._changed:
            offer, self._offer = self._offer, None
            return offer

    def run(self, stop: threading.Event) -> None:
        """Make faces until `stop` is set."""
        before: _Job | None = None
        while not stop.is_set():
            with self._changed:
                if self._job is None:
                    self._changed.wait(_LOOK)
                job, self._job = self._job, None
                self._busy = job is not None and job.file is not None
            if job is None:
                continue
            if job.file is not None:
                self._make(job, job.file)
            if before is not None and not before.keeps:
                before.faces.clear()
            before = job
            with self._changed:
                self._busy = False

    def _make(self, job: _Job, file: Path) -> None:
        head, made = self._head, list[Face]()
        try:
            # What there is meanwhile is offered before, unless all is known already.
            known = job.faces.find(file, self._budgets[-1]) is not None
            if not known:
                self._put(job, OwnOffer(Card(head)))
            for budget in self._budgets:
                if self._made is not job:
                    return
                made.append(job.faces.get(file, budget))
                if not known or len(made) == len(self._budgets):
                    self._put(job, self._of(made))
        except UserError as error:
            self._put(job, self._of(made)._replace(problem=str(error)))

    def _of(self, made: list[Face]) -> OwnOffer:
        head = self._head
        if not made:
            return OwnOffer(Card(head))
        cards = [Card.of(head.name, head.locale, head.voices, face) for face in made]
        preview = cards[-2] if len(cards) > 1 else None
        return OwnOffer(cards[-1], FaceConsent.to(*made), preview)

    def _put(self, job: _Job, offer: OwnOffer) -> None:
        with self._changed:
            # Its owner may have taken it back meanwhile.
            if self._made is job:
                self._offer = offer
        self._ready()
