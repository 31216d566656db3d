"""/call/face: takes one's own face, by whose owner's leave alone, and gives it up again."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web
from txt2vid_ros.web.server.call.own_face import FaceKind, kind_of, OwnFaceFolder, SNIFFED
from txt2vid_ros.web.server.call.requests import CallPort, NO_CALL

log = logging.getLogger(__name__)

PATH = '/call/face'
MOST_BYTES = 8_000_000
"""10 s of a browser's clip at 1.5 Mbit/s have 1.9 MB, a large photograph 5 MB."""
UPLOAD_SECONDS = 20.0
CONSENT, AGREED = 'X-Face-Consent', 'agreed'
"""The header by which a page says that the owner has agreed; no form can send it."""
_PIECE = 1 << 16


class FaceDoor:
    """Serves PATH: POST shares a face, DELETE stops that."""

    def __init__(self, call: CallPort) -> None:
        """Hand what comes to `call`."""
        self._call = call
        self._folder = OwnFaceFolder(call.own_face_folder)
        self._busy = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return the paths that it serves; the body of PATH is read here."""
        return [web.post(PATH, self._post), web.delete(PATH, self._delete)]

    async def _post(self, request: web.Request) -> web.Response:
        if request.headers.get(CONSENT) != AGREED:
            raise _refusal(web.HTTPForbidden(
                text='Whose face it is has to agree first; nothing was kept.\n'))
        self._check_call()
        if (request.content_length or 0) > MOST_BYTES:
            raise _too_large(request.content_length or 0)
        if self._busy.locked():
            raise _refusal(web.HTTPConflict(text='Another face is on its way.\n'))
        async with self._busy:
            try:
                data, kind = await asyncio.wait_for(_read(request), UPLOAD_SECONDS)
            except asyncio.TimeoutError:
                raise _refusal(web.HTTPRequestTimeout(
                    text='The face took too long to arrive.\n')) from None
            try:
                file = await asyncio.to_thread(self._folder.keep, data, kind)
            except OSError as error:
                log.error('the own face cannot be kept: %s', error)
                raise _refusal(web.HTTPInsufficientStorage(
                    text=f'The face cannot be kept: {error.strerror}.\n')) from None
            self._call.share_face(file)
        return web.Response(status=204)

    async def _delete(self, request: web.Request) -> web.Response:
        self._check_call()
        async with self._busy:
            self._call.share_face(None)
            await asyncio.to_thread(self._folder.clear)
        return web.Response(status=204)

    def _check_call(self) -> None:
        if not self._call.there:
            raise _refusal(web.HTTPNotFound(text=f'{NO_CALL.capitalize()}.\n'))


async def _read(request: web.Request) -> tuple[bytes, FaceKind]:
    """Read the body, and give up as soon as it is too large or no face."""
    data, kind = bytearray(), None
    async for piece in request.content.iter_chunked(_PIECE):
        data += piece
        if len(data) > MOST_BYTES:
            raise _too_large(len(data))
        if kind is None and len(data) >= SNIFFED:
            kind = _kind(data)
    return bytes(data), kind or _kind(data)


def _kind(data: bytearray) -> FaceKind:
    kind = kind_of(bytes(data[:SNIFFED]))
    if kind is None:
        raise _refusal(web.HTTPUnsupportedMediaType(
            text='A face is a JPEG, PNG, WebM or MP4; that is none of them.\n'))
    return kind


def _too_large(size: int) -> web.HTTPException:
    return _refusal(web.HTTPRequestEntityTooLarge(
        MOST_BYTES, size, text=f'A face has at most {MOST_BYTES // 1_000_000} MB.\n'))


def _refusal(answer: web.HTTPException) -> web.HTTPException:
    # What follows on this connection, such as the rest of a body, is not read.
    answer.force_close()
    return answer
