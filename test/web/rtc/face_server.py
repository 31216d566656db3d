"""A face over WebRTC without ROS: the stream's engines, the service and a bare page."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
import threading
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SystemClock
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.web.rtc.peer.network import Network
from txt2vid_ros.web.rtc.routes import rtc_routes
from txt2vid_ros.web.rtc.service import RtcService

Result = TypeVar('Result')

PAGE = """<!doctype html><meta charset="utf-8"><title>test</title>
<video id="face" autoplay muted playsinline></video>
<script>
const face = document.getElementById('face');
async function exchange(pc, path) {
  await pc.setLocalDescription(await pc.createOffer());
  const answer = await fetch(path, {method: 'POST', body: pc.localDescription.sdp,
                                    headers: {'Content-Type': 'application/sdp'}});
  if (answer.status !== 201) { throw new Error(answer.status + ' ' + await answer.text()); }
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return answer.headers.get('Location');
}
async function watch(kinds = ['video', 'audio']) {
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  for (const kind of kinds) { pc.addTransceiver(kind, {direction: 'recvonly'}); }
  pc.ontrack = event => { face.srcObject = event.streams[0]; };
  const begun = performance.now();
  const shown = new Promise(resolve => face.requestVideoFrameCallback(
    () => resolve(performance.now() - begun)));
  face.muted = false;
  window.viewer = pc;
  window.place = await exchange(pc, '/whep');
  return kinds.includes('video') ? await shown : 0;
}
async function talk() {
  const media = await navigator.mediaDevices.getUserMedia({audio: {
    echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  const pc = new RTCPeerConnection();
  pc.addTransceiver(media.getAudioTracks()[0], {direction: 'sendonly'});
  window.talker = pc;
  return await exchange(pc, '/whip');
}
async function inbound(kind) {
  for (const each of (await window.viewer.getStats()).values()) {
    if (each.type === 'inbound-rtp' && each.kind === kind) { return each; }
  }
  return {};
}
</script>"""


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, Result], timeout: float = 30.0) -> Result:
        """Run a coroutine in the loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class Microphone:
    """Collects what a microphone brings."""

    def __init__(self) -> None:
        self.blocks: list[tuple[int, NDArray[np.float32]]] = []

    def heard(self, stamp: int, samples: NDArray[np.float32]) -> None:
        self.blocks.append((stamp, samples))

    @property
    def seconds(self) -> float:
        return sum(len(samples) for _, samples in self.blocks) / 16000

    @property
    def samples(self) -> NDArray[np.float32]:
        return np.concatenate([samples for _, samples in self.blocks])


class FaceServer:
    """Serves an RtcService on a free port of the loopback interface; a context manager."""

    def __init__(self, speech: SpeechTimeline, clock: Clock | None = None,
                 network: Network | None = None, most_viewers: int = 8) -> None:
        self.microphone = Microphone()
        self._make = lambda: RtcService(speech, clock or SystemClock(), self.microphone.heard,
                                        network, most_viewers)
        self.port = 0

    def __enter__(self) -> FaceServer:
        self.thread = LoopThread()
        self.faults: list[dict[str, Any]] = []
        self.thread.loop.set_exception_handler(lambda loop, context: self.faults.append(context))
        self.call(self._start())
        return self

    async def _start(self) -> None:
        self.service = self._make()
        await self.service.start()
        app = web.Application()
        app.add_routes([web.get('/', _page), *rtc_routes(self.service, _own_pages)])
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, '127.0.0.1', 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        try:
            self.call(self._stop())
        finally:
            self.thread.close()

    async def _stop(self) -> None:
        await self.service.close()
        await self._runner.cleanup()

    def call(self, work: Coroutine[Any, Any, Result], timeout: float = 30.0) -> Result:
        """Run a coroutine in the server's loop."""
        return self.thread.call(work, timeout)

    def follow(self, url: str) -> None:
        """Follow a stream."""
        self.thread.loop.call_soon_threadsafe(self.service.feed.follow, url)

    def figures(self) -> dict[str, float]:
        """Return the service's figures."""
        async def read() -> dict[str, float]:
            return self.service.figures()
        return self.call(read())

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}'


async def _page(request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type='text/html')


def _own_pages(origin: str) -> bool:
    return origin == 'http://allowed.example'
