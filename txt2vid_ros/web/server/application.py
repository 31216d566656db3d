"""The aiohttp application: all that is served on the one address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler
from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.web.server.access.admission import Access, ENTRY, HEALTH_PATH, LARGEST_BODY
from txt2vid_ros.web.server.access.connections import ConnectionGuard
from txt2vid_ros.web.server.access.origins import HostPolicy, OriginPolicy
from txt2vid_ros.web.server.access.response_headers import add_headers
from txt2vid_ros.web.server.access.tokens import TokenGate
from txt2vid_ros.web.server.call.face_door import FaceDoor
from txt2vid_ros.web.server.call.requests import call_actions, CallPort
from txt2vid_ros.web.server.events.event_door import ConversationPort, EventDoor
from txt2vid_ros.web.server.events.hub import EventHub
from txt2vid_ros.web.server.figures.counters import ErrorCounters
from txt2vid_ros.web.server.figures.health import GraphHealth
from txt2vid_ros.web.server.figures.metrics import as_metrics, CONTENT_TYPE
from txt2vid_ros.web.server.pages import Pages
from txt2vid_ros.web.server.relay import StreamRelay


class MediaService(Protocol):
    """What carries sound and picture besides the plain streams: WebRTC."""

    @property
    def routes(self) -> Iterable[web.RouteDef]:
        """Return the paths that it serves."""

    async def start(self) -> None:
        """Begin to serve, in the server's loop."""

    def follow(self, url: str) -> None:
        """Learn where the node stream serves; in the server's loop."""

    async def close(self) -> None:
        """End all sessions."""

    def figures(self) -> dict[str, float]:
        """Return counts of sessions and packets."""


@dataclasses.dataclass
class WebParts:
    """What the server consists of, and shares with the node."""

    hub: EventHub
    health: GraphHealth
    relay: StreamRelay
    counters: ErrorCounters
    guard: ConnectionGuard
    budget: DescriptorBudget
    media: MediaService | None = None

    def figures(self) -> dict[str, float]:
        """Return how many use the server now, and how."""
        media = self.media.figures() if self.media is not None else {}
        watching = media.get('viewers', 0.0)
        files = {name: float(count) for name, count in self.budget.figures().items()}
        return {'connections': float(len(self.guard)), 'pages': float(len(self.hub)), **files,
                **media,
                'viewers': self.relay.viewers + watching,
                'plain_viewers': float(self.relay.viewers)}


def make_application(parts: WebParts, *, hosts: HostPolicy, origins: OriginPolicy,
                     tokens: TokenGate, conversation: ConversationPort, most_pages: int,
                     call: CallPort | None) -> web.Application:
    """Return the application that serves all parts; what belongs to a call, where there is one."""
    access = Access(hosts, origins, tokens, parts.guard, parts.counters)
    application = web.Application(client_max_size=LARGEST_BODY)
    application.on_response_prepare.append(add_headers(origins))
    events = EventDoor(parts.hub, conversation, parts.counters, parts.guard, most_pages,
                       {} if call is None else call_actions(call))
    uploads = [] if call is None else FaceDoor(call).routes()
    served = [
        *Pages().routes(), *parts.relay.routes(), *events.routes(),
        *(parts.media.routes if parts.media is not None else ()),
        web.get(HEALTH_PATH, _healthz(parts.health)),
        web.get('/metrics', _metrics(parts)),
        web.get('/figures.json', _figures(parts)),
        web.route('*', '/{path:.*}', _nothing)]
    # The first route that fits counts.
    application.add_routes(web.RouteDef(
        each.method, each.path, access.before(each.handler, reads_body=each in uploads),
        each.kwargs) for each in (*uploads, *served))
    return application


async def _nothing(request: web.Request) -> web.Response:
    raise web.HTTPNotFound(text='There is nothing here.\n')


def _healthz(health: GraphHealth) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        report: Mapping[str, object] = health.report()
        # Whoever has not come in, as a load balancer, learns no more than that.
        told = report if ENTRY.get().admitted else {'ok': report['ok']}
        return web.json_response(told, status=200 if report['ok'] else 503)

    return answer


def _metrics(parts: WebParts) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        text = as_metrics(parts.health, parts.figures(), parts.counters.figures())
        return web.Response(body=text.encode(), headers={'Content-Type': CONTENT_TYPE})

    return answer


def _figures(parts: WebParts) -> Handler:
    """Return what the page of plots draws: the same figures as JSON."""
    async def answer(request: web.Request) -> web.Response:
        nodes = parts.health.nodes()
        return web.json_response({
            'level': parts.health.level(), 'figures': parts.health.figures(),
            'web': parts.figures(), 'errors': parts.counters.figures(),
            'nodes': {name: {'state': state.shown, 'message': state.message[:300],
                             'figures': dict(state.figures)} for name, state in nodes.items()}})

    return answer
