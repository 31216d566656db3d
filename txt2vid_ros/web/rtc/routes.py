"""WHEP (draft-ietf-wish-whep) and WHIP (RFC 9725) over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
import functools

from aiohttp import web
from txt2vid_ros.web.rtc.errors import BusyError, OfferError
from txt2vid_ros.web.rtc.sdp.offers import LARGEST_OFFER
from txt2vid_ros.web.rtc.service import RtcService, RtcSession

SDP = 'application/sdp'
FRAGMENT = 'application/trickle-ice-sdpfrag'
METHODS = 'POST, PATCH, DELETE, OPTIONS'

AllowOrigin = Callable[[str], bool]
_Join = Callable[[str], Awaitable[RtcSession]]
_Handler = Callable[[web.Request], Awaitable[web.Response]]


def rtc_routes(service: RtcService, allow_origin: AllowOrigin = lambda origin: False
               ) -> list[web.RouteDef]:
    """
    Return the routes /whep and /whip and those of their sessions.

    `allow_origin` tells which other pages' scripts may use them; without it none may.
    """
    routes = []
    for path, join in (('/whep', service.watch), ('/whip', service.talk)):
        routes += [
            web.post(path, _guarded(allow_origin, functools.partial(_post, service, join))),
            web.options(path, _guarded(allow_origin, functools.partial(_options, SDP))),
            web.patch(f'{path}/{{id}}', _guarded(allow_origin, functools.partial(
                _patch, service))),
            web.delete(f'{path}/{{id}}', _guarded(allow_origin, functools.partial(
                _delete, service))),
            web.options(f'{path}/{{id}}', _guarded(allow_origin, functools.partial(
                _options, FRAGMENT)))]
    return routes


def _guarded(allow_origin: AllowOrigin, handler: _Handler) -> _Handler:
    """Answer errors in one line, and say what other pages may see."""
    async def answered(request: web.Request) -> web.Response:
        try:
            response = await handler(request)
        except OfferError as error:
            response = _line(error.status, error.problem)
            if isinstance(error, BusyError):
                response.headers['Retry-After'] = '5'
        response.headers['Cache-Control'] = 'no-store'
        origin = request.headers.get('Origin', '')
        if origin and allow_origin(origin):
            response.headers['Access-Control-Allow-Origin'] = origin
            response.headers['Access-Control-Expose-Headers'] = 'Location, ETag, Link'
            response.headers['Vary'] = 'Origin'
        return response
    return answered


async def _post(service: RtcService, join: _Join, request: web.Request) -> web.Response:
    if request.content_type != SDP:
        return _line(415, f'Send an offer as {SDP}.')
    session = await join(await _text(request))
    response = web.Response(status=201, body=session.answer.encode(), content_type=SDP, headers={
        'Location': f'{request.path}/{session.id}', 'ETag': _tag(session.id),
        'Accept-Patch': FRAGMENT})
    for server in service.network.ice_servers:
        credentials = (f'; username="{server.username}"; credential="{server.credential}"; '
                       'credential-type="password"' if server.username else '')
        response.headers.add('Link', f'<{server.url}>; rel="ice-server"{credentials}')
    return response


async def _patch(service: RtcService, request: web.Request) -> web.Response:
    session_id = request.match_info['id']
    if request.content_type != FRAGMENT:
        return _line(415, f'Send more candidates as {FRAGMENT}.')
    if request.headers.get('If-Match', '*') not in ('*', _tag(session_id)):
        return _line(412, 'That is not the ETag of this session.')
    known = await service.trickle(session_id, await _text(request))
    return web.Response(status=204) if known else _unknown()


async def _delete(service: RtcService, request: web.Request) -> web.Response:
    known = await service.end(request.match_info['id'])
    return web.Response(status=200) if known else _unknown()


async def _options(kind: str, request: web.Request) -> web.Response:
    response = web.Response(status=204, headers={'Allow': METHODS})
    response.headers['Accept-Post' if kind == SDP else 'Accept-Patch'] = kind
    if 'Access-Control-Request-Method' in request.headers:
        response.headers['Access-Control-Allow-Methods'] = METHODS
        response.headers['Access-Control-Allow-Headers'] = 'Authorization, Content-Type, If-Match'
        response.headers['Access-Control-Max-Age'] = '600'
    return response


async def _text(request: web.Request) -> str:
    """Return the body. Raises OfferError where it is too long or no text."""
    # The server may have read it, and bounds it; what request.content gives is gone then.
    body = await request.read()
    if len(body) > LARGEST_OFFER:
        raise OfferError(413, f'An offer has at most {LARGEST_OFFER} bytes.')
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise OfferError(400, 'The offer is not UTF-8.') from error


def _tag(session_id: str) -> str:
    return f'"{session_id[:8]}"'


def _unknown() -> web.Response:
    return _line(404, 'There is no such session; it may have ended.')


def _line(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f'{text}\n')
