"""
Voices and recognizers as deployments of Ray Serve, for the provider `ray`.

    serve run --route-prefix /voice txt2vid_ros.cluster.speech:voice provider=kokoro
    serve run --route-prefix /recognizer txt2vid_ros.cluster.speech:recognizer provider=moonshine

Nothing is remembered of a session, so any replica answers. Ray places them, counts and checks
them, and starts new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ray import serve
from starlette.requests import Request
from starlette.responses import StreamingResponse
from txt2vid_ros.cluster.speech_service import AT_ONCE, recognizers, SpeechService, voices
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import made
from txt2vid_ros.providers.choice import recognizer_options, voice_options
from txt2vid_ros.providers.cloud.ray import wire

DEPLOYMENT: Mapping[str, Any] = {
    # Beyond these a request is refused at once, and the node's own provider does the work.
    'max_ongoing_requests': AT_ONCE,
    'max_queued_requests': 2 * AT_ONCE,
    'autoscaling_config': {'min_replicas': 1, 'max_replicas': 8, 'target_ongoing_requests': 2},
    'health_check_period_s': 5.0,
    'health_check_timeout_s': 10.0,
    'graceful_shutdown_timeout_s': 5.0,
    'ray_actor_options': {'num_cpus': 1.0},
}
"""What a configuration file of Serve may set otherwise, as a share of a GPU (`num_gpus`)."""
_OWN = 'args: {}'


class SpeechReplica:
    """One process with a provider, and whoever asks it."""

    def __init__(self, make: Callable[[], SpeechService[Any]], first: tuple[Any, ...]) -> None:
        """Load the provider for the arguments `first`. Raises what it raises."""
        self._service = make()
        self._service.threads.load(first)

    async def __call__(self, request: Request) -> StreamingResponse:
        """Answer a request of providers.cloud.ray, as it is made."""
        return StreamingResponse(self._service.answer(await request.body()),
                                 media_type=wire.MEDIA_TYPE)

    def check_health(self) -> None:
        """Raise where the provider does not work any more, as when its GPU is gone."""
        self._service.threads.check()


def deployment(name: str, make: Callable[[], SpeechService[Any]], first: tuple[Any, ...],
               **changes: Any) -> Any:
    """Return the application that serves what `make` returns."""
    return serve.deployment(SpeechReplica).options(
        **{**DEPLOYMENT, 'name': name, **changes}).bind(make, first)


def voice(args: Mapping[str, Any]) -> Any:
    """
    Return the application of a voice, which `serve run` and a configuration file name.

    `args`: `provider` (hibari without), `voice` for who names none, and the provider's options, as
    `kokoro.threads`. Raises UserError.
    """
    name, rest = _provider(args, 'hibari')
    usual = str(rest.pop('voice', ''))
    kind, more = _made(registry.VOICES, name, voice_options([name], 'args: provider'), rest)
    return deployment('voice', lambda: voices(
        lambda voice, speed: kind(voice=voice or usual, speed=speed, **more)), ('', 1.0))


def recognizer(args: Mapping[str, Any]) -> Any:
    """
    Return the application of a recognizer; see voice().

    `args`: `provider` (moonshine without), `locale` that is loaded at the start (en without), and
    the provider's options. Raises UserError.
    """
    name, rest = _provider(args, 'moonshine')
    locale = str(rest.pop('locale', 'en'))
    kind, more = _made(
        registry.RECOGNIZERS, name, recognizer_options([name], 'args: provider'), rest)
    return deployment('recognizer', lambda: recognizers(
        lambda locale: kind(locale=locale, **more)), (locale,))


def _provider(args: Mapping[str, Any], usual: str) -> tuple[str, dict[str, Any]]:
    rest = dict(args)
    name = str(rest.pop('provider', usual))
    if name == 'ray':
        raise UserError('args: provider is ray', 'Name one that works on the machine itself.')
    return name, rest


def _made(group: str, name: str, tables: Any, options: Mapping[str, Any]
          ) -> tuple[Any, dict[str, Any]]:
    """Return the class of a provider, and its options as it takes them. Raises UserError."""
    given, _ = tables.check(options, _OWN)
    kind = registry.load(group, name, 'args: provider')
    table = getattr(kind, 'Options', None)
    return kind, {} if table is None else {'options': made(table, name, given)}
