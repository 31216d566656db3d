"""A web server with a call whose graph is noted, and a stream where one is asked for."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
import time
from types import TracebackType
from typing import Any

from rig import Rig
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.web.face_media import FaceMedia, RtcSettings
from txt2vid_ros.web.server.call.drafts import DraftLines
from txt2vid_ros.web.server.call.peer import read_peer
from txt2vid_ros.web.server.server import WebServer
from txt2vid_ros.web.server.settings import WebSettings

DELAY = 60.0
"""Seconds that drafts stand, unless a test says otherwise: longer than any of them takes."""
PEER: dict[str, Any] = {
    'state': 'connected', 'name': 'Anna', 'locale': 'en_GB', 'voice': 'heart', 'face': 'picture',
    'progress': None, 'refusal': '', 'own_card': {'face': 'none'}}


class NotedCall:
    """What pages ask of the call (CallPort)."""

    def __init__(self, folder: Path) -> None:
        self.there = True
        self.own_face_folder = folder
        self.shared: list[Path | None] = []
        self.edits: list[tuple[str, int, str, str]] = []
        self.hung_up = 0

    def share_face(self, file: Path | None) -> None:
        self.shared.append(file)

    def edit(self, speaker: str, start: int, action: str, text: str) -> None:
        self.edits.append((speaker, start, action, text))

    def hang_up(self) -> None:
        self.hung_up += 1

    def last(self, action: str) -> tuple[str, int, str, str] | None:
        """Return the last edit of a kind."""
        return next((each for each in reversed(self.edits) if each[2] == action), None)


class NotedGraph:
    """What pages ask of the graph (ConversationPort)."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def say(self, text: str, speaker: str) -> str:
        self.said.append((text, speaker))
        return ''

    def interrupt(self, answer: Any) -> None:
        answer('')

    def measured(self, figures: dict[str, float]) -> None:
        pass

    def now(self) -> int:
        return time.time_ns()


class CallServer:
    """Serves a call; use as a context manager."""

    def __init__(self, folder: Path, *, pictures: bool = False, **settings: Any) -> None:
        self.call, self.graph = NotedCall(folder), NotedGraph()
        self.loudest = 0.0
        """Of what came from the microphone of a browser."""
        self.peaks: list[float] = []
        self._drafts = DraftLines()
        self._parts = contextlib.ExitStack()
        self._speech = SpeechTimeline()
        self._rig = self._parts.enter_context(Rig(
            speech=self._speech, fps=5.0)) if pictures else None
        self.server = WebServer(
            WebSettings(**{'http': '127.0.0.1:0', **settings}), self.graph,
            self._media if pictures else None, self.call)
        self._parts.callback(self.server.close)
        self.server.start()
        if self._rig is not None:
            self.server.stream_at(self._rig.output.url)
        self.post = self.server.parts.hub.post
        self.post({'type': 'hello', 'version': 1, 'speakers': [], 'speaker': 'default',
                   'can': {'say': True, 'talk': True, 'secure': True}, 'synthetic': True,
                   'ice_servers': []})

    @property
    def url(self) -> str:
        return self.server.url

    def tell(self, *, bits: int | None = 86, mode: str = 'text', lost: int = 0,
             shares: bool = False, **peer: Any) -> None:
        """Tell pages how the call stands, as the node web does."""
        told = read_peer(json.dumps({**PEER, **peer})) or {}
        self.post({'type': 'call', 'there': True, **told,
                   'mode': mode, 'shares': shares, 'bits_per_second': bits,
                   'lost_seconds': lost})

    def draft(self, text: str, start: int = 1, *, held: bool = False, delay: float = DELAY
              ) -> None:
        """Tell pages what stands; '' where it stands no more."""
        self.post(self._drafts.take('guest', start, text if held else '', '' if held else text,
                                    time.time_ns(), delay))

    def __enter__(self) -> CallServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._parts.close()

    def _media(self) -> FaceMedia:
        assert self._rig is not None
        return FaceMedia(RtcSettings(), self._speech, self._rig.clock, self._hear,
                         lambda line: None, self.server.is_allowed_origin,
                         self.server.parts.budget)

    def _hear(self, stamp: int, samples: Any) -> None:
        self.peaks.append(float(abs(samples).max()) if len(samples) else 0.0)
