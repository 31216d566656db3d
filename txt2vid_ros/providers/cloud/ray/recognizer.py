"""
A recognizer on the machines of a Ray cluster.

Each text, a draft or the final one, is a request with all the sound that it is made from. So a
replica that is lost takes nothing with it: another, or another recognizer, is asked again.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.locales import spoken_locales
from txt2vid_ros.listening.recognizer import (
    Recognition,
    RecognizerCapabilities,
    Transcript,
    WholeRecognizer,
)
from txt2vid_ros.providers.cloud.http_call import HttpCall
from txt2vid_ros.providers.cloud.ray import wire
from txt2vid_ros.providers.cloud.ray.cluster_server import (
    ClusterOptions,
    ClusterServer,
    LIMITS,
    NOWHERE,
)

PATH = '/recognizer'


class RayRecognizer(WholeRecognizer):
    """The recognizer of the deployment; which provider that is, is the deployment's to say."""

    name = 'ray'
    limits = LIMITS
    Options: ClassVar[type[Any] | None] = ClusterOptions

    def __init__(self, locale: str = 'en', options: ClusterOptions = NOWHERE) -> None:
        """Take the locale, or several separated by commas, or auto; and the options."""
        spoken_locales(locale)
        self._asked = {'locale': locale}
        self._options = options
        self._server: ClusterServer | None = None
        self._capabilities: RecognizerCapabilities | None = None
        self._call: HttpCall | None = None

    @classmethod
    def understands(cls, locale: str) -> bool:
        """Return True: the recognizer there says what it does not understand when it is loaded."""
        return True

    @property
    def capabilities(self) -> RecognizerCapabilities:
        """Return what the recognizer there can do, once it has said so."""
        if self._capabilities is None:
            raise RuntimeError('load() comes first')
        return self._capabilities

    def load(self) -> None:
        """Have a replica load the recognizer. Raises UserError and ProviderError."""
        self.close()
        server = ClusterServer(self._options, 'stt.ray', PATH)
        self._server = server
        answer = server.one(server.call({'ask': wire.CAPABILITIES, **self._asked}))
        try:
            self._capabilities = wire.capabilities_of(answer, RecognizerCapabilities)
        except ValueError as error:
            raise _no_text(server, error) from None

    def open(self) -> Recognition:  # noqa: A003
        """Begin with a segment of speech."""
        return _AbortableRecognition(super().open(), self)

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        """Return the text of mono samples at the rate that the recognizer there wants."""
        server = self._server
        if server is None:
            raise RuntimeError('load() comes first')
        self._call = server.call({'ask': wire.TEXT, **self._asked}, samples)
        try:
            return transcript_of(server.one(self._call).fields)
        except ValueError as error:
            raise _no_text(server, error) from None
        finally:
            self._call = None

    def abort(self) -> None:
        """End the request that is under way, if one is; from any thread."""
        call = self._call
        if call is not None:
            call.abort()

    def close(self) -> None:
        """Close the connection; may be called twice."""
        if self._server is not None:
            self._server.close()
        self._server = None


class _AbortableRecognition(Recognition):
    """One whose request ends where nobody wants its text any more."""

    def __init__(self, whole: Recognition, recognizer: RayRecognizer) -> None:
        self._whole = whole
        self._recognizer = recognizer

    def push(self, samples: NDArray[np.float32]) -> None:
        self._whole.push(samples)

    def hypothesis(self) -> Transcript:
        return self._whole.hypothesis()

    def draft(self) -> Transcript:
        return self._whole.draft()

    def finish(self) -> Transcript:
        return self._whole.finish()

    def cancel(self) -> None:
        self._recognizer.abort()


def transcript_of(fields: Any) -> Transcript:
    """Return the transcript in the fields of a message. Raises ValueError."""
    match fields:
        case {'text': str(text), 'confidence': None | float() | int() as sure,
              'locale': str(locale)} if sure is None or math.isfinite(sure):
            return Transcript(text, sure, locale)
    raise ValueError('it has no text')


def _no_text(server: ClusterServer, error: ValueError) -> ProviderError:
    return ProviderError(f'{server.service} sends what is no text: {error}', retriable=False)
