"""WebRTC of one face as the web server runs it: those who come, and servers it is pushed to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
import dataclasses

from aiohttp import web
from txt2vid_ros.core.clock import Clock
from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.web.rtc.microphone import Heard
from txt2vid_ros.web.rtc.peer.network import ice_server, local_addresses, Network, own_address
from txt2vid_ros.web.rtc.push import WhipPush
from txt2vid_ros.web.rtc.routes import AllowOrigin, rtc_routes
from txt2vid_ros.web.rtc.service import RtcService
from txt2vid_ros.web.rtc.sound import LEAD_SECONDS


@dataclasses.dataclass(frozen=True)
class RtcSettings:
    """Where peers reach this machine, how many may, and where the face is pushed."""

    host: str = '127.0.0.1'
    ice_servers: tuple[str, ...] = ()
    push: Sequence[str] = ()
    max_viewers: int = 50


class FaceMedia:
    """An RtcService with its routes and its pushes; made, used and closed in one event loop."""

    def __init__(self, settings: RtcSettings, speech: SpeechTimeline, clock: Clock, heard: Heard,
                 lost: Callable[[str], None], allow_origin: AllowOrigin,
                 budget: DescriptorBudget) -> None:
        """
        `heard` gets a microphone's sound, `lost` a line for a push that is given up.

        The sockets of peers come out of `budget`.
        """
        network = Network(
            local_addresses(settings.host, 'web.http'),
            ice_servers=tuple(ice_server(each, 'web.ice_servers')
                              for each in settings.ice_servers))
        if network.loopback:
            network = dataclasses.replace(network, own=own_address())
        self._service = RtcService(speech, clock, heard, network, settings.max_viewers,
                                   budget)
        self._pushes = [WhipPush(url, self._service, clock, lost) for url in settings.push]
        self.routes: list[web.RouteDef] = rtc_routes(self._service, allow_origin)

    @property
    def ice_servers(self) -> list[dict[str, str]]:
        """Return the servers as RTCPeerConnection takes them."""
        return [{'urls': each.url, **({
            'username': each.username, 'credential': each.credential} if each.username else {})}
            for each in self._service.network.ice_servers]

    @property
    def lead_seconds(self) -> float:
        """Return how long before it is heard speech has to be there to be coded in time."""
        return LEAD_SECONDS

    @property
    def heard_until(self) -> int:
        """Return until when sound has been coded and can no longer be silenced, nanoseconds."""
        return self._service.sound.heard_until

    async def start(self) -> None:
        """Begin to serve and to push."""
        await self._service.start()
        for push in self._pushes:
            push.start()

    def follow(self, url: str) -> None:
        """Take the pictures from where the node stream serves now."""
        self._service.follow(url)

    async def close(self) -> None:
        """End all sessions and pushes."""
        await asyncio.gather(self._service.close(), *(push.close() for push in self._pushes))

    def figures(self) -> dict[str, float]:
        """Return counts of sessions and packets."""
        return self._service.figures()
