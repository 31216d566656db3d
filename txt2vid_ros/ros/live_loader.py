"""Loads what changed parameters call for, beside what is in use, which it then replaces."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
import gc
import logging
import threading
from typing import Any, Generic, TypeVar

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import Declared, put_back, value_of

log = logging.getLogger(__name__)

Made = TypeVar('Made')

SETTLE_SECONDS = 0.2
"""Seconds without a further change before it loads: `ros2 param load` sets one after the other."""
CLOSE_TIMEOUT = 5.0
"""Seconds to wait for what is being loaded."""


class LiveLoader(Generic[Made]):
    """
    One load at a time, of what was asked for last.

    What cannot be loaded leaves in use what is in use: the parameters return to that, and a line
    in the log and in the diagnostics says why.
    """

    def __init__(self, node: ManagedNode, what: str, names: Collection[str],
                 load: Callable[[Declared[Any]], Made], use: Callable[[Made], None],
                 drop: Callable[[Made], None]) -> None:
        """
        `load` depends on the parameters `names` and on all options.

        It is called on a thread of its own and may raise UserError or ProviderError. `use` takes
        what it returns; `drop` what is not wanted any more by then. `what` is in use, as a user
        calls it: 'the face'. What is set now counts as loaded.
        """
        self._node = node
        self._what = what
        self._names = names
        self._load = load
        self._use = use
        self._drop = drop
        self._shown = self._wanted = node.declared
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def follow(self) -> None:
        """Load what the node's parameters call for now."""
        with self._changed:
            declared = self._node.declared
            if not self._differs(declared, self._wanted):
                return
            self._wanted = declared
            self._changed.notify_all()
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name=f'load {self._what}',
                                                daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Load nothing more; what is being loaded is dropped once it is there."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSE_TIMEOUT)

    def _differs(self, one: Declared[Any], other: Declared[Any]) -> bool:
        return any(value_of(one, name) != value_of(other, name) for name in self._names) or (
            _set_options(one) != _set_options(other))

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and self._changed.wait(SETTLE_SECONDS):
                    pass
                if self._closed or not self._differs(self._wanted, self._shown):
                    self._thread = None
                    return
                wanted = self._wanted
            try:
                made = self._load(wanted)
            except (UserError, ProviderError) as error:
                self._failed(wanted, str(error))
                continue
            except Exception as error:
                # A provider or an engine is code of its own; what is in use works.
                log.exception('%s cannot be loaded', self._what)
                self._failed(wanted, f'{type(error).__name__} while it was loaded')
                continue
            with self._changed:
                wasted = self._closed or self._wanted is not wanted
                if not wasted:
                    self._shown = wanted
                    self._use(made)
                    gc.unfreeze()   # what was loaded at the start may be garbage soon
            if wasted:
                self._drop(made)

    def _failed(self, wanted: Declared[Any], why: str) -> None:
        with self._changed:
            if self._closed or self._wanted is not wanted:
                return
            # So that it is not tried again until something changes.
            self._wanted = self._shown
        self._node.report_refusal(f'{self._what} stays as it is: {why}')
        executor = self._node.executor
        if executor is not None:
            # Where all other changes are made.
            executor.create_task(self._put_back, wanted)

    def _put_back(self, failed: Declared[Any]) -> None:
        """Let the parameters show what is in use, where nobody has set them since."""
        present = self._node.declared
        for name in sorted(present.specs):
            if name not in self._shown.specs or name not in failed.specs or not (
                    name in self._names or '.' in name):
                continue
            shown = value_of(self._shown, name)
            if value_of(present, name) == value_of(failed, name) != shown:
                put_back(self._node, name, present.specs[name], shown)


def _set_options(declared: Declared[Any]) -> Mapping[str, Any]:
    """Return the options that are not at their defaults."""
    return {name: value for name, value in declared.options.items()
            if name in declared.specs and value != declared.specs[name].default}
