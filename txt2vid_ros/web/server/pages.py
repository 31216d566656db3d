"""The files of the pages, read once and served from memory: no path of a request is opened."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import hashlib
import importlib.resources
import re

from aiohttp import web
from txt2vid_ros.web.server.access.response_headers import CALL_PATH, EMBED_PATH, PUBLIC_PATHS

FOLDERS = ('web/page', 'web/server/assets')
"""Where the files lie, in the package; the first that has a name wins."""
KINDS = {
    '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png',
    '.jpg': 'image/jpeg', '.webp': 'image/webp', '.ico': 'image/x-icon',
    '.woff2': 'font/woff2', '.webmanifest': 'application/manifest+json'}
"""The media types of what is served; other files are not."""
PART = re.compile(rb'[ ]*<!-- include ([a-z-]+\.part) -->\n')
"""The place of what several pages have alike, in a file of its own, which is not served itself."""
PAGES = {'/': 'index.html', EMBED_PATH: 'index.html', CALL_PATH: 'call.html',
         '/status': 'status.html', '/embed.js': 'embed.js',
         '/favicon.ico': 'icon.svg'}


@dataclasses.dataclass(frozen=True)
class PageFile:
    """A file as it is served."""

    kind: str
    content: bytes
    etag: str


def read_files() -> dict[str, PageFile]:
    """Return the files of the pages by their names, with the parts that they include."""
    found: dict[str, PageFile] = {}
    for folder in FOLDERS:
        directory = importlib.resources.files('txt2vid_ros').joinpath(folder)
        if not directory.is_dir():
            continue
        parts = {file.name: file.read_bytes() for file in directory.iterdir()
                 if file.name.endswith('.part')}
        for file in directory.iterdir():
            kind = KINDS.get('.' + file.name.rpartition('.')[2])
            if kind and file.name not in found and file.is_file():
                content = _assembled(file.read_bytes(), parts)
                digest = hashlib.sha256(content).hexdigest()[:32]
                found[file.name] = PageFile(kind, content, digest)
    return found


def _assembled(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Return a page with the parts that it includes, which are there by their names."""
    return PART.sub(lambda found: parts[found[1].decode()], content)


class Pages:
    """Serves the pages and /static/NAME."""

    def __init__(self) -> None:
        """Read the files."""
        self._files = read_files()

    def routes(self) -> list[web.RouteDef]:
        """Return the paths that it serves."""
        return [*(web.get(path, self._page) for path in PAGES),
                web.get('/static/{name}', self._static)]

    async def _page(self, request: web.Request) -> web.Response:
        return self._answer(request, self._files[PAGES[request.path]])

    async def _static(self, request: web.Request) -> web.Response:
        return self._answer(request, self._files.get(request.match_info['name']))

    def _answer(self, request: web.Request, file: PageFile | None) -> web.Response:
        if file is None:
            raise web.HTTPNotFound(text='There is no such file.\n')
        # Asked for again each time, and sent again where it has changed: after an update, no
        # browser mixes files of two versions.
        headers = {'Cache-Control': 'no-cache', 'ETag': f'"{file.etag}"'}
        if request.path in PUBLIC_PATHS:
            headers['Cache-Control'] = 'public, max-age=3600'
        held = request.if_none_match
        if held is not None and any(each.value == file.etag for each in held):
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.content, headers={**headers, 'Content-Type': file.kind})
