"""What is answered to an offer that cannot be taken."""

from __future__ import annotations


class OfferError(Exception):
    """An offer that is malformed (400), has no codec in common (406) or the wrong media (422)."""

    def __init__(self, status: int, problem: str) -> None:
        """Take the HTTP status to answer with and one line that says why."""
        super().__init__(problem)
        self.status = status
        self.problem = problem


class BusyError(OfferError):
    """No place is free: 503 for viewers, 409 while another microphone speaks."""
