"""The way to the providers of a Ray cluster, over Ray Serve's HTTP, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import dataclasses
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.cloud.http_call import HttpCall, HttpServer, split_address, StatusError
from txt2vid_ros.providers.cloud.ray import wire
from txt2vid_ros.providers.cloud.ray.wire import Message, MessageReader

PORT = 8000
"""Of Ray Serve's HTTP."""
LIMITS = TimeLimits(first=3.0, gap=2.0, load=30.0)
"""Of a network, but for a replica that has to load a voice, or makes it piece by piece."""
END_TIMEOUT = 0.1
"""Seconds to wait for the end of an answer after its last message."""
_RETRIABLE = (500, 502, 504)
"""As of a replica that was lost; another may answer."""


@dataclasses.dataclass(frozen=True)
class ClusterOptions:
    """Where the cluster is."""

    address: str = parameter('', f'where Ray Serve is: HOST or HOST:PORT ({PORT} without), or the '
                             'https:// address of a proxy before it')
    timeout: float = parameter(10.0, 'seconds for which it may send nothing', minimum=0.01,
                               maximum=600.0)

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        check_fields(self)


NOWHERE = ClusterOptions()
_SILENCE = np.zeros(0, np.float32)


class ClusterServer:
    """A deployment of the cluster at a path, such as /voice."""

    def __init__(self, options: ClusterOptions, prefix: str, path: str) -> None:
        """Take the options, and what stands before their names. Raises UserError."""
        option = f'{prefix}.address'
        address = options.address.strip().rstrip('/').removeprefix('ray://')
        if not address:
            raise UserError(f'{option} is not set', 'Set it to the machine where Ray Serve runs, '
                            f'as gpu1 or gpu1:{PORT}.')
        if '://' not in address:
            place, slash, prefix = address.partition('/')
            if not re.search(r':[0-9]+$', place):
                place += f':{PORT}'
            address = f'http://{place}{slash}{prefix}'
        parts = split_address(address, option)
        self._path = parts.path + path
        self.service = f'the cluster at {parts.netloc.rpartition("@")[2]}'
        self._server = HttpServer(address, self.service, options.timeout, option, keyed=False)

    def call(self, fields: Mapping[str, Any], sound: NDArray[np.float32] = _SILENCE) -> HttpCall:
        """Return a request, which is sent when its answer is first read."""
        return self._server.call('POST', self._path, lambda: {'Content-Type': wire.MEDIA_TYPE},
                                 wire.pack(fields, sound))

    def messages(self, call: HttpCall) -> Iterator[Message]:
        """
        Yield the messages of an answer as they come, all but the end.

        Raises what the provider there has raised, and ProviderError where the answer breaks off.
        """
        reader = MessageReader()
        try:
            for data in call.answer():
                for message in reader.push(data):
                    if message.is_end:
                        # So that the connection can be kept.
                        call.drain(END_TIMEOUT)
                        return
                    wire.raise_error(message, self.service)
                    yield message
        except StatusError as refused:
            raise self._error(refused.status) from None
        except ValueError as error:
            raise ProviderError(f'{self.service} sends what is no answer: {error}',
                                retriable=False) from None
        raise ProviderError(f'{self.service} broke off', retriable=True)

    def one(self, call: HttpCall) -> Message:
        """Return the only message of an answer; see messages()."""
        found = list(self.messages(call))
        if len(found) != 1:
            raise ProviderError(f'{self.service} sends {len(found)} answers', retriable=False)
        return found[0]

    def close(self) -> None:
        """Close the idle connection; may be called twice."""
        self._server.close()

    def _error(self, status: int) -> ProviderError:
        if status == 404:
            return ProviderError(f'{self.service} runs nothing at {self._path} (docs/many.md): '
                                 'HTTP 404', retriable=False)
        if status == 503:
            return ProviderError(f'{self.service} is busy, or not ready: HTTP 503',
                                 retriable=False)
        return ProviderError(f'{self.service} refuses: HTTP {status}',
                             retriable=status in _RETRIABLE)
