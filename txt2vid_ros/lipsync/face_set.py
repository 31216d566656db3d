"""The faces of all speakers and the engine that animates them, as the settings ask for them."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.core.options import made, prefix_of
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.people import DEFAULT, People, speaker_of
from txt2vid_ros.core.process.sharing import SharedThings
from txt2vid_ros.lipsync.choice import make_engine
from txt2vid_ros.lipsync.engine import LipSyncEngine, LipSyncSession
from txt2vid_ros.lipsync.render_loop import AnimatedFace
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.media.driving.options import DrivingOptions
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from txt2vid_ros.media.speech_timeline import SpeechTimeline

FACE = 'face'
"""The prefix of the options of the face."""


@dataclasses.dataclass(frozen=True)
class FaceFile:
    """The face itself; its options have the prefix face. like those of DrivingOptions."""

    file: str = parameter('', 'picture or video of the speaker; empty for the built-in portrait')


@dataclasses.dataclass(frozen=True)
class FaceSettings:
    """What faces are made of."""

    engine: str
    """Its name, or 'auto'."""
    people: str
    """File of the speakers' profiles; '' for none."""
    width: int
    height: int
    """Pixels of the pictures; 0 as the default speaker's face has it."""
    max_pixels: int
    """Pixels of a picture at most, where width and height are both 0."""
    fps: float
    options: Mapping[str, Any]
    """Those of engine and face by full name: 'viseme.blinks', 'face.file'."""

    def of(self, prefix: str) -> dict[str, Any]:
        """Return the options with a prefix."""
        return {name: value for name, value in self.options.items()
                if name.startswith(f'{prefix_of(prefix)}.')}


@dataclasses.dataclass(frozen=True)
class _OpenFace:
    """A face file that is read, and the session that animates it."""

    driving: DrivingMedia
    session: LipSyncSession
    size: tuple[int, int]
    """The width and height that it was read for."""


class FaceSet:
    """Faces that are ready to be shown. Immutable; close() once another one is shown."""

    def __init__(self, settings: FaceSettings, speech: SpeechTimeline,
                 expressions: ExpressionTimeline, before: FaceSet | None = None,
                 shared: SharedThings | None = None) -> None:
        """
        Load the engine and the faces; may take seconds. Raises UserError.

        What `before` has loaded with the same settings is used again. `shared`: what the engines
        of the process have in common.
        """
        self.settings = settings
        self.grid = FrameGrid.at(settings.fps)
        self.notices: tuple[str, ...] = ()
        """What the user should be told of what was loaded, one line each."""
        self._people = People.load(settings.people)
        self._file = made(FaceFile, FACE, settings.options).file
        self._before = before
        self._shared = shared
        self._expressions = expressions
        self.expressive = True
        """Whether all faces can show expressions and look somewhere."""
        self._open: dict[str, _OpenFace] = {}
        self.faces: dict[str, AnimatedFace] = {}
        """By face file."""
        self.engine, self.why = self._make_engine()
        try:
            shown = settings.width, settings.height
            first = self._load(self.face_of(None), shown, speech)
            # One size for all: what shows the pictures need not change with who speaks.
            for person in self._people:
                self._load(person.face or self._file,
                           shown if all(shown) else first.driving.size, speech)
        except BaseException:
            self.close(*(() if before is None else (before,)))
            raise
        self._before = None

    def face_of(self, utterance: str | None) -> str:
        """Return the face file of who speaks an utterance, or of the default speaker."""
        # tts warns of a speaker without a profile.
        person = self._people.get(DEFAULT if utterance is None else speaker_of(utterance),
                                  warn=False)
        return str(person.face or self._file)

    def close(self, *kept: FaceSet) -> None:
        """Release what none of `kept` uses; may be called twice."""
        used = [face for each in kept for face in each._open.values()]
        for face in self._open.values():
            if not any(face.session is each.session for each in used):
                face.session.close()
            if not any(face.driving is each.driving for each in used):
                face.driving.close()
        if not any(each.engine is self.engine for each in kept):
            self.engine.close()

    def _make_engine(self) -> tuple[LipSyncEngine, str]:
        before, settings = self._before, self.settings
        if (before is not None and before.settings.engine == settings.engine
                and before.settings.of(before.engine.name) == settings.of(before.engine.name)):
            return before.engine, before.why
        engine, why = make_engine(settings.engine, settings.options, 'lipsync.engine')
        if self._shared is not None:
            engine.share(self._shared)
        try:
            engine.load()
        except BaseException:
            engine.close()
            raise
        return engine, why

    def _load(self, file: str, size: tuple[int, int], speech: SpeechTimeline) -> _OpenFace:
        if file in self.faces:
            return self._open[file]
        face = self._opened(file, size)
        self._open[file] = face
        self.expressive = face.session.express(self._expressions) and self.expressive
        self.faces[file] = AnimatedFace(face.driving, face.session, speech, self.grid)
        return face

    def _opened(self, file: str, size: tuple[int, int]) -> _OpenFace:
        settings, before = self.settings, self._before
        known = before._open.get(file) if before is not None and (
            before.settings.of(FACE), before.settings.max_pixels) == (
            settings.of(FACE), settings.max_pixels) else None
        if known is not None and known.size != size:
            known = None
        if known is not None and before is not None and before.engine is self.engine:
            return known
        driving = known.driving if known is not None else load_driving(
            file, width=size[0], height=size[1], max_pixels=settings.max_pixels,
            options=made(DrivingOptions, FACE, settings.options),
            upright=self.engine.quarter_turns)
        session = self.engine.open(driving)
        self.notices += tuple(dict.fromkeys(driving.notices + session.notices))
        return _OpenFace(driving, session, size)
