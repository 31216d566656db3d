"""The headers that every answer carries: what browsers may do with it (CSP Level 3, Fetch)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from aiohttp import web
from txt2vid_ros.web.server.access.origins import OriginPolicy

EMBED_PATH = '/embed'
"""The one page that other pages may frame."""
CALL_PATH = '/call'
"""The one page that may ask for the camera."""
PUBLIC_PATHS = ('/embed.js',)
"""What pages of any origin may load: it holds nothing of this server, and needs no token."""
_FIXED = {
    'Server': 'txt2vid',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
}
# Pictures of the MSE player have blob: addresses, which only the page itself can make.
_CONTENT = ("default-src 'self'; media-src 'self' blob:; img-src 'self' data:; object-src 'none'; "
            "base-uri 'none'; form-action 'self'; frame-ancestors ")


def content_security_policy(path: str, framing: Collection[str]) -> str:
    """Return the policy of a path; pages of the origins `framing` may frame EMBED_PATH."""
    if path != EMBED_PATH:
        return f"{_CONTENT}'none'"
    return _CONTENT + ' '.join(["'self'", *sorted(framing)])


def add_headers(origins: OriginPolicy
                ) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return the function that completes the headers of every answer."""
    async def complete(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        for name, value in _FIXED.items():
            headers[name] = value
        headers.setdefault('Cache-Control', 'no-store')
        headers['Content-Security-Policy'] = content_security_policy(
            request.path, origins.allowed)
        camera = '(self)' if request.path == CALL_PATH else '()'
        headers['Permissions-Policy'] = (
            f'microphone=(self), camera={camera}, geolocation=(), display-capture=()')
        public = request.path in PUBLIC_PATHS
        headers['Cross-Origin-Resource-Policy'] = 'cross-origin' if public else 'same-origin'
        origin = request.headers.get('Origin', '')
        if public:
            headers['Access-Control-Allow-Origin'] = '*'
        elif origin.lower() in origins.allowed:
            headers['Cross-Origin-Resource-Policy'] = 'cross-origin'
            headers['Access-Control-Allow-Origin'] = origin
            headers['Access-Control-Allow-Credentials'] = 'true'
            headers.setdefault('Access-Control-Expose-Headers', 'Location, Link, ETag')
            headers['Vary'] = 'Origin'

    return complete
