"""A voice on the machines of a Ray cluster, heard as it is made, with the times of its sounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.providers.cloud.abort_on_cancel import AbortOnCancel
from txt2vid_ros.providers.cloud.ray import wire
from txt2vid_ros.providers.cloud.ray.cluster_server import (
    ClusterOptions,
    ClusterServer,
    END_TIMEOUT,
    LIMITS,
    NOWHERE,
)
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

PATH = '/voice'


class RayVoice(TextToSpeech):
    """One voice of the deployment; which provider speaks there is the deployment's to say."""

    name = 'ray'
    limits = LIMITS
    Options: ClassVar[type[Any] | None] = ClusterOptions

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: ClusterOptions = NOWHERE) -> None:
        """Take the name that the voice has there, its pace (1 is usual), and the options."""
        self._asked = {'voice': voice, 'speed': speed}
        self._options = options
        self._server: ClusterServer | None = None
        self._capabilities: VoiceCapabilities | None = None

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what the voice there can do, once it has said so."""
        if self._capabilities is None:
            raise RuntimeError('load() comes first')
        return self._capabilities

    def load(self) -> None:
        """Have a replica load the voice. Raises UserError and ProviderError."""
        self.close()
        server = ClusterServer(self._options, 'tts.ray', PATH)
        self._server = server
        answer = server.one(server.call({'ask': wire.CAPABILITIES, **self._asked}))
        try:
            self._capabilities = wire.capabilities_of(answer, VoiceCapabilities)
        except ValueError as error:
            raise _no_voice(server, error) from None

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's sound as it comes. Raises ProviderError and UserError."""
        server = self._server
        if server is None:
            raise RuntimeError('load() comes first')
        call = server.call({'ask': wire.SPEECH, 'clause': clause, **self._asked})
        with AbortOnCancel(cancelled, call.abort) as guard:
            for message in server.messages(call):
                try:
                    chunk = wire.chunk_of(message)
                except ValueError as error:
                    raise _no_voice(server, error) from None
                if not chunk.last:
                    yield chunk
                    continue
                # The consumer may leave now; the rest is read to keep the connection.
                guard.release()
                try:
                    yield chunk
                finally:
                    call.drain(END_TIMEOUT)
                return

    def close(self) -> None:
        """Close the connection; may be called twice."""
        if self._server is not None:
            self._server.close()
        self._server = None


def _no_voice(server: ClusterServer, error: ValueError) -> ProviderError:
    return ProviderError(f'{server.service} sends what is no voice: {error}', retriable=False)
