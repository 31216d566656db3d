"""Text or sound and a face into a video, without ROS and faster than real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
import contextlib
import dataclasses
from fractions import Fraction
import logging
import math
from pathlib import Path

import cv2
from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.expressions import EXPRESSIONS
from txt2vid_ros.core.pcm import STREAM_RATE, to_s16, VOICE_RATE
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from txt2vid_ros.media.output.file_encoder import encoding_to, FileEncoder
from txt2vid_ros.media.sound_file import read_sound
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.speaking.synthesis import synthesize_text
from txt2vid_ros.speaking.visemes.track import mouth_track
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech
from txt2vid_ros.speaking.word_times import ClauseWords

log = logging.getLogger(__name__)

BEFORE, AFTER = 0.4, 0.6
"""Seconds at rest before and after the speech of a text."""
MIN_LOOK_AHEAD = 0.6
"""Seconds of speech after a frame that are known when it is rendered."""
SHARERS, SHARE = 2, 8
"""Sessions that share the work where they can, and how many frames in a row each renders."""


@dataclasses.dataclass(frozen=True)
class SpeechPart:
    """`gap` seconds of silence, then samples at `rate` Hz, with phonemes or without."""

    gap: float
    chunk: SpeechChunk
    rate: int
    asked: bool = False
    """Whether it is of a question."""
    expressions: tuple[tuple[float, str], ...] = ()
    """What the face shows, and from when on, seconds after the first sample."""


def from_text(text: str, voice: TextToSpeech) -> Iterator[SpeechPart]:
    """
    Yield the speech of a text; what cannot be said is logged.

    Raises UserError where there is nothing to pronounce, before anything is yielded.
    """
    able = voice.capabilities
    unsaid: list[str] = []
    nothing = True
    words = ClauseWords('', able)
    for spoken in synthesize_text(text, voice, lambda: False, unsaid.append):
        if spoken.clause:
            words = ClauseWords(spoken.clause, able, cues=spoken.cues)
        shown = tuple((word.start, name) for word in words.chunk(spoken.chunk)
                      for name in word.expressions)
        yield SpeechPart(spoken.pause + (BEFORE if nothing else 0.0), spoken.chunk,
                         able.sample_rate, words.asked, shown)
        nothing = False
    languages = ', '.join(able.languages)
    if nothing and unsaid:
        raise UserError(f'a voice for {languages} has no sounds for this text: {unsaid[0]!r}',
                        'Choose a --tts provider and voice for its language.')
    if nothing:
        raise UserError('there is nothing to pronounce in the text', 'Give words or numbers.')
    if unsaid:
        log.warning('not said, for a voice for %s has no sounds for it: %s', languages,
                    ', '.join(map(repr, dict.fromkeys(unsaid))))


def from_sound(file: Path, from_picture: bool = False) -> Iterator[SpeechPart]:
    """Yield the sound of a file as it is; `from_picture`: from its first picture on."""
    for samples in read_sound(file, VOICE_RATE, from_picture=from_picture):
        yield SpeechPart(0.0, SpeechChunk(samples), VOICE_RATE)


def render(speech: Iterator[SpeechPart], tail: float, driving: DrivingMedia, engine: LipSyncEngine,
           file: Path, fps: float, progress: Callable[[float], None] = lambda seconds: None
           ) -> float:
    """
    Write the video; return its length in seconds. `progress` gets the seconds done.

    `tail` seconds at rest follow the speech. Only a few seconds are in memory at a time, however
    long the speech is. Raises UserError.
    """
    grid = FrameGrid.at(fps)
    timeline, expressions = SpeechTimeline(), ExpressionTimeline()
    session = engine.open(driving)
    session.express(expressions)
    for line in dict.fromkeys(driving.notices + session.notices):
        log.warning('%s', line)
    need = max(engine.look_ahead, MIN_LOOK_AHEAD)
    known = 0.0
    with contextlib.ExitStack() as stack:
        stack.callback(session.close)
        sessions = [session]
        if session.in_any_order:
            for _ in range(SHARERS - 1):
                sessions.append(engine.open(driving))
                stack.callback(sessions[-1].close)
        threads = [stack.enter_context(ThreadPoolExecutor(1, 'render')) for _ in sessions]
        encoder = stack.enter_context(
            encoding_to(file, driving.size, grid.fps, STREAM_RATE))
        writer = _FrameWriter(sessions, threads, driving, timeline, grid, encoder)

        def write_to(end: int) -> None:
            while writer.frames < end:
                writer.write(min(writer.at_a_time, end - writer.frames))
                progress(grid.seconds(writer.written))

        for part in speech:
            # What is being rendered shall not depend on how soon the next part is there.
            writer.settle()
            known = _add(timeline, expressions, part, known)
            writer.timed = writer.timed and bool(part.chunk.phonemes)
            write_to(math.ceil((known - need) * grid.fps))
        write_to(max(1, round((known + tail) * grid.fps)))
        writer.finish()
        progress(grid.seconds(writer.written))
        return grid.seconds(writer.frames)


def _add(timeline: SpeechTimeline, expressions: ExpressionTimeline, part: SpeechPart,
         known: float) -> float:
    """Put a part on the timelines; return the time at which it ends."""
    start = known + part.gap
    if part.chunk.phonemes:
        track = mouth_track(part.chunk.phonemes, part.chunk.samples, part.rate)
        if len(track.times):
            timeline.push_mouth('render', dataclasses.replace(
                track.shifted(start), asked=part.asked))
    for after, name in part.expressions:
        expressions.express(start + after, EXPRESSIONS[name])
    timeline.push('render', round(start * SECOND), part.chunk.samples, part.rate)
    return start + len(part.chunk.samples) / part.rate


class _FrameWriter:
    """Writes frame after frame with the sound that belongs to it."""

    def __init__(self, sessions: Sequence[LipSyncSession], threads: Sequence[Executor],
                 driving: DrivingMedia, timeline: SpeechTimeline, grid: FrameGrid,
                 encoder: FileEncoder) -> None:
        self._sessions = sessions
        self._threads = threads
        """One for each session."""
        self._driving = driving
        self._timeline = timeline
        self._grid = grid
        self._encoder = encoder
        self.frames = self.written = 0
        """Frames that were begun, and those that the encoder has."""
        self._begun: tuple[Sequence[int], list[Future[list[Frame]]]] | None = None
        """Places, and their pictures once they are rendered."""
        self._settled: list[tuple[Frame, bytes]] = []
        """Pictures that wait to be written, and the sound with each."""
        self.timed = True
        """Whether all speech has phonemes; without them a session goes by what it has heard."""

    @property
    def at_a_time(self) -> int:
        """Return how many frames are rendered together."""
        if len(self._sessions) > 1 and self.timed:
            return SHARE * len(self._sessions)
        return self._sessions[0].batch_size

    def write(self, count: int) -> None:
        """
        Begin the next `count` frames, rendered together, and write those rendered before.

        So the cores that render wait neither for what is written nor for the next speech.
        """
        self.settle()
        places = range(self.frames, self.frames + count)
        self._begun = places, self._rendered(places)
        self.frames += count
        self._write_settled()

    def settle(self) -> None:
        """Wait until all that was begun is rendered; nothing else is done with it yet."""
        if self._begun is None:
            return
        places, parts = self._begun
        self._begun = None
        pictures = [picture for part in parts for picture in part.result()]
        self._settled += [(picture, to_s16(self._timeline.samples(
            _sample_time(place, self._grid.fps), _sample_time(place + 1, self._grid.fps),
            STREAM_RATE)).tobytes()) for place, picture in zip(places, pictures, strict=True)]
        self._timeline.forget(self._grid.seconds(places[-1]))

    def finish(self) -> None:
        """Write all that was begun."""
        self.settle()
        self._write_settled()

    def _write_settled(self) -> None:
        for picture, sound in self._settled:
            self._encoder.write(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).tobytes(), sound)
        self.written += len(self._settled)
        self._settled = []

    def _rendered(self, places: Sequence[int]) -> list[Future[list[Frame]]]:
        times = [self._grid.seconds(place) for place in places]
        indices = [self._driving.index_at(time) for time in times]
        share = SHARE if len(self._sessions) > 1 and self.timed else len(times)
        return [thread.submit(session.render_batch, times[at:at + share], indices[at:at + share],
                              self._timeline)
                for session, thread, at in zip(self._sessions, self._threads,
                                               range(0, len(times), share), strict=False)]


def _sample_time(frame: int, fps: Fraction) -> float:
    """Return the time of the sample with which a frame begins."""
    return int(frame * STREAM_RATE / fps) / STREAM_RATE
