"""/events: a WebSocket (RFC 6455) with a JSON object in each text frame, both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
import contextlib
import json
import logging
import math
from typing import Any, Protocol

from aiohttp import web, WSCloseCode, WSMsgType
from txt2vid_ros.web.server.access.connections import ConnectionGuard
from txt2vid_ros.web.server.access.rates import RateLimit
from txt2vid_ros.web.server.events.hub import as_text, EventHub, PageQueue
from txt2vid_ros.web.server.figures.counters import ErrorCounters
from txt2vid_ros.web.server.relay import abort
from txt2vid_ros.web.tasks import cancelled

log = logging.getLogger(__name__)

PATH = '/events'
LONGEST_MESSAGE = 16 * 1024
MESSAGES_A_SECOND = 10.0
MESSAGES_AT_ONCE = 30
MOST_IGNORED = 200
"""Messages too many after which a page is sent away."""
SEND_SECONDS = 5.0
"""Seconds after which a page that takes nothing is dropped."""
HEARTBEAT_SECONDS = 15.0
"""Seconds between pings; who does not answer within half of it is gone."""
CLOSE_SECONDS = 0.3


Action = Callable[[dict[str, Any], PageQueue], str]
"""Does what a message asks for; returns what is wrong with it, or ''."""


class ConversationPort(Protocol):
    """What pages ask of the graph. Called in the server's loop, and never waits."""

    def say(self, text: str, speaker: str) -> str:
        """Have a text spoken; return '' or why not."""

    def interrupt(self, answer: Callable[[str], None]) -> None:
        """Silence the face; `answer` gets '' or why not, on any thread."""

    def measured(self, figures: dict[str, float]) -> None:
        """Take what a page measured of its own playing."""

    def now(self) -> int:
        """Return the present ROS time in nanoseconds."""


MEASURED = ('av_offset_ms', 'latency_ms', 'dropped_frames')
"""What a page may report of its own playing, each a number."""


class EventDoor:
    """Serves /events."""

    def __init__(self, hub: EventHub, conversation: ConversationPort, counters: ErrorCounters,
                 guard: ConnectionGuard, most: int, more: Mapping[str, Action]) -> None:
        """Allow `most` pages at a time; `more` are further types of messages they may send."""
        self._hub = hub
        self._conversation = conversation
        self._count = counters.count
        self._guard = guard
        self._most = most
        self._actions: dict[str, Action] = {
            'say': self._say, 'interrupt': self._interrupt, 'ping': self._ping,
            'measured': self._measured, **more}

    def routes(self) -> list[web.RouteDef]:
        """Return the paths that it serves."""
        return [web.get(PATH, self._serve, allow_head=False)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if len(self._hub) >= self._most:
            self._count('busy')
            return web.Response(status=503, text='Too many pages.\n',
                                headers={'Retry-After': '5'})
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, max_msg_size=LONGEST_MESSAGE, timeout=CLOSE_SECONDS,
            compress=False)
        if not socket.can_prepare(request).ok:
            return web.Response(status=426, text='This is a WebSocket.\n',
                                headers={'Upgrade': 'websocket', 'Connection': 'Upgrade'})
        await socket.prepare(request)
        self._guard.hold(request)

        def overrun() -> None:
            self._count('slow_pages')
            log.info('a page was too slow and was dropped')
            abort(request)

        queue = self._hub.join(overrun)
        sending = asyncio.create_task(self._send(socket, queue, overrun))
        try:
            await self._receive(socket, queue)
        finally:
            self._hub.leave(queue)
            await cancelled(sending)
        return socket

    async def _send(self, socket: web.WebSocketResponse, queue: PageQueue,
                    overrun: Callable[[], None]) -> None:
        try:
            while (event := await queue.take()) is not None:
                await asyncio.wait_for(socket.send_str(event), SEND_SECONDS)
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b'the server ends')
        except asyncio.TimeoutError:
            queue.end()
            overrun()
        except ConnectionError:
            log.debug('a page has left')

    async def _receive(self, socket: web.WebSocketResponse, queue: PageQueue) -> None:
        limit, ignored = RateLimit(MESSAGES_A_SECOND, MESSAGES_AT_ONCE), 0
        async for frame in socket:
            if frame.type == WSMsgType.ERROR:
                # Of the protocol itself; aiohttp ends the connection.
                self._count('oversized_messages' if getattr(frame.data, 'code', 0) == (
                    WSCloseCode.MESSAGE_TOO_BIG) else 'malformed_messages')
                continue
            if not limit.take():
                self._count('too_many_messages')
                ignored += 1
                if ignored == 1:
                    queue.put(error('too many messages; some were ignored'))
                if ignored > MOST_IGNORED:
                    await socket.close(code=WSCloseCode.POLICY_VIOLATION,
                                       message=b'too many messages')
                # What waits need not be waited for: others have their turn.
                await asyncio.sleep(0)
                continue
            if problem := self._take(frame.data, queue):
                self._count('malformed_messages')
                queue.put(error(problem))

    def _take(self, data: str | bytes, queue: PageQueue) -> str:
        """Do what a message asks for; return what is wrong with it, or ''."""
        if not isinstance(data, str):
            return 'send text frames, each a JSON object'
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            return 'that is no JSON'
        if not isinstance(message, dict):
            return 'that is no JSON object'
        kind = message.get('type')
        action = self._actions.get(kind) if isinstance(kind, str) else None
        if action is None:
            return f'unknown type; known: {", ".join(self._actions)}'
        return action(message, queue)

    def _say(self, message: dict[str, Any], queue: PageQueue) -> str:
        text, speaker = message.get('text'), message.get('speaker') or ''
        if not isinstance(text, str) or not isinstance(speaker, str):
            return 'say: text and speaker have to be texts'
        if not text.strip():
            return 'say: the text is empty'
        try:
            (text + speaker).encode()
        except UnicodeEncodeError:
            return 'say: the text has half a character (a lone surrogate)'
        # A NUL ends what ROS carries.
        text, speaker = text.replace('\0', ' '), speaker.replace('\0', ' ')
        if problem := self._conversation.say(text, speaker):
            queue.put(error(problem))
        return ''

    def _interrupt(self, message: dict[str, Any], queue: PageQueue) -> str:
        loop = asyncio.get_running_loop()

        def answered(problem: str) -> None:
            if problem:
                # The loop may have ended meanwhile.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(queue.put, error(problem))

        self._conversation.interrupt(answered)
        return ''

    def _ping(self, message: dict[str, Any], queue: PageQueue) -> str:
        sent = message.get('sent')
        if sent is not None and not _number(sent):
            return 'ping: sent has to be a number'
        queue.put(as_text({'type': 'pong', 'sent': sent, 'now': str(self._conversation.now())}))
        return ''

    def _measured(self, message: dict[str, Any], queue: PageQueue) -> str:
        figures = {name: message[name] for name in MEASURED if message.get(name) is not None}
        if not figures or not all(map(_number, figures.values())):
            return f'measured: give numbers for some of {", ".join(MEASURED)}'
        self._conversation.measured({name: float(value) for name, value in figures.items()})
        return ''


def error(text: str) -> str:
    """Return the event that answers what a page has sent wrongly."""
    return as_text({'type': 'error', 'text': text})


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and (
        abs(value) < 1e18 and math.isfinite(value))
