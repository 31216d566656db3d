"""The speech of an answer over HTTP, as it comes, until nobody wants it any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.providers.cloud.abort_on_cancel import AbortOnCancel
from txt2vid_ros.providers.cloud.http_call import HttpCall
from txt2vid_ros.speaking.voice import SpeechChunk

END_TIMEOUT = 0.1
"""Seconds to wait for the end of an answer after its last sample: what a new connection costs."""
SoundPart = tuple[NDArray[np.float32], bool]
"""Samples, and whether they are known to be the last ones."""


def spoken(call: HttpCall, parts: Iterable[SoundPart], cancelled: Callable[[], bool], service: str
           ) -> Iterator[SpeechChunk]:
    """
    Yield the sound that `parts` read out of the answer to a call; abort the call once cancelled.

    Raises what the call and the parts raise, and ProviderError where `service` sends no sound.
    """
    some = False
    with AbortOnCancel(cancelled, call.abort) as guard:
        for samples, last in parts:
            if last:
                # The consumer may leave now, and what goes wrong from here on does no harm: the
                # end of the answer is only read so that the connection can be kept.
                guard.release()
            try:
                if len(samples):
                    some = True
                    yield SpeechChunk(samples, last=last)
            finally:
                if last:
                    call.drain(END_TIMEOUT)
    if not some and not cancelled():
        raise ProviderError(f'{service} sends no sound', retriable=True)
