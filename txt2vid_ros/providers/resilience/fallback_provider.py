"""What a voice and a recognizer with fall-back have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from txt2vid_ros.providers.resilience.fallback import FallbackChain
from txt2vid_ros.providers.resilience.provider_slot import P

Capabilities = TypeVar('Capabilities')


class FallbackProvider(Generic[P, Capabilities]):
    """A provider that is a chain of others."""

    def __init__(self, chain: FallbackChain[P], initial: Capabilities,
                 combine: Callable[[Sequence[P]], Capabilities]) -> None:
        """`combine` returns what loaded providers can do together, `initial` if there are none."""
        self._chain = chain
        self._capabilities = initial
        self._combine = combine
        self.known = False
        """Whether the capabilities are those of a provider that was loaded."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what all providers that are loaded can do."""
        return self._capabilities

    @property
    def probing(self) -> bool:
        """Return whether a provider that failed is being probed."""
        return self._chain.probing

    @property
    def loaded(self) -> bool:
        """Return whether any of them could be loaded."""
        return bool(self._chain.loaded)

    def load(self) -> None:
        """Load all. Raises UserError where the user has to mend every one of them."""
        self._chain.load()
        if self._chain.loaded:
            self._capabilities = self._combine(self._chain.loaded)
            self.known = True

    def release(self) -> None:
        """Release all without waiting until what they do now is done."""
        for slot in self._chain.slots:
            slot.release()

    def close(self) -> None:
        """Release all; may be called twice."""
        self._chain.close()
