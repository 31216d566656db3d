"""The end of tasks."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging

log = logging.getLogger(__name__)


async def cancelled(task: asyncio.Task[None] | None) -> None:
    """Cancel a task, if there is one, and wait for its end. Raises what it has raised."""
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def watched(task: asyncio.Future[None], what: str) -> None:
    """Have it logged that `what` has ended, once a task that nobody awaits dies of an error."""
    task.add_done_callback(functools.partial(_tell, what))


def _tell(what: str, task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error('%s has ended: %r', what, error, exc_info=error)
