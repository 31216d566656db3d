"""
The Wav2Lip network as a deployment of Ray Serve, for `engine:=ray://HOST`.

    serve run txt2vid_ros.cluster.lipsync:application device=cuda

Ray places the replicas, counts and checks them, and starts new ones; `serve.batch` computes the
mouths of many sessions together. Nothing is remembered of a session, so any replica answers.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from ray import serve
from starlette.requests import Request
from starlette.responses import Response
from txt2vid_ros.core.options import made, OptionTables
from txt2vid_ros.lipsync.remote import wire
from txt2vid_ros.lipsync.wav2lip.architecture import FACE
from txt2vid_ros.lipsync.wav2lip.audio.mel import BANDS, SILENCE, WINDOW
from txt2vid_ros.lipsync.wav2lip.engine import load_generator
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Generator
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions

MOST_TOGETHER = 64
"""Requests that are computed in one go; a session asks for one mouth at a time."""
GATHER_SECONDS = 0.004
"""For which the first of them waits for others."""
DEPLOYMENT: Mapping[str, Any] = {
    'name': 'lipsync',
    # Beyond these a request is refused at once, and the session makes its mouths itself.
    'max_ongoing_requests': MOST_TOGETHER,
    'max_queued_requests': MOST_TOGETHER,
    'autoscaling_config': {'min_replicas': 1, 'max_replicas': 8, 'target_ongoing_requests': 16},
    'health_check_period_s': 5.0,
    'health_check_timeout_s': 10.0,
    'graceful_shutdown_timeout_s': 2.0,
    'ray_actor_options': {'num_cpus': 1.0},
}
"""What a configuration file of Serve may set otherwise."""


class FaceFeatures:
    """What the network has computed of the faces that were seen last, up to a number of bytes."""

    def __init__(self, generator: Generator[Any, Any], limit: int) -> None:
        """Hold nothing yet; `limit` in bytes, without the face at hand."""
        self._generator = generator
        self._limit = limit
        self._kept: OrderedDict[bytes, Any] = OrderedDict()
        self._bytes = 0

    def get(self, crop: Crop) -> Any:
        """Return what mouths on this face need."""
        key = crop.tobytes()
        encoded = self._kept.get(key)
        if encoded is None:
            encoded = self._kept[key] = self._generator.encode(crop)
            self._bytes += self._generator.size_of(encoded)
            while self._bytes > self._limit and len(self._kept) > 1:
                self._bytes -= self._generator.size_of(self._kept.popitem(last=False)[1])
        self._kept.move_to_end(key)
        return self._generator.features(encoded)


class MouthReplica:
    """One copy of the network, and whoever asks it."""

    def __init__(self, load: Callable[[], Generator[Any, Any]], cache_bytes: int) -> None:
        """Load the network and compute a mouth. Raises UserError."""
        self._generator = load()
        self._features = FaceFeatures(self._generator, cache_bytes)
        self._running = asyncio.Lock()
        self._compute([_silence()])

    async def __call__(self, request: Request) -> Response:
        """Answer a request of lipsync.remote.client."""
        try:
            asked = wire.unpack_request(await request.body())
        except ValueError as error:
            return Response(f'{error}', status_code=400, media_type='text/plain')
        return Response(await self.mouths(asked), media_type=wire.MEDIA_TYPE)

    @serve.batch(  # type: ignore[untyped-decorator]
        max_batch_size=MOST_TOGETHER, batch_wait_timeout_s=GATHER_SECONDS)
    async def mouths(self, asked: list[wire.MouthRequest]) -> list[bytes]:
        """Answer what has come meanwhile, together."""
        async with self._running:
            return await asyncio.to_thread(self._compute, asked)

    async def check_health(self) -> None:
        """Raise where the network does not work any more, as when its GPU is gone."""
        async with self._running:
            await asyncio.to_thread(self._compute, [_silence()])

    def _compute(self, asked: list[wire.MouthRequest]) -> list[bytes]:
        features = [self._features.get(crop) for one in asked for crop in one.crops]
        mouths = self._generator.mouths(np.concatenate([one.windows for one in asked]), features)
        answers, at = [], 0
        for one in asked:
            answers.append(wire.pack_mouths(mouths[at:at + len(one.crops)]))
            at += len(one.crops)
        return answers


def deployment(load: Callable[[], Generator[Any, Any]], cache_bytes: int, **changes: Any) -> Any:
    """Return the application that serves the network which `load` returns."""
    return serve.deployment(MouthReplica).options(
        **{**DEPLOYMENT, **changes}).bind(load, cache_bytes)


def application(args: Mapping[str, Any]) -> Any:
    """
    Return the application that `serve run` and a configuration file name.

    `args`: options of Wav2Lip without their prefix, such as device, precision or weights. Raises
    UserError.
    """
    tables = OptionTables({'wav2lip': [Wav2LipOptions]})
    given, _ = tables.check({f'wav2lip.{name}': value for name, value in args.items()}, 'args: {}')
    table = made(Wav2LipOptions, 'wav2lip', given)
    return deployment(lambda: load_generator(table), table.cache_mb * 1_000_000)


def _silence() -> wire.MouthRequest:
    return wire.MouthRequest(np.full((1, BANDS, WINDOW), SILENCE, np.float32),
                             [np.full((FACE, FACE, 3), 128, np.uint8)])
