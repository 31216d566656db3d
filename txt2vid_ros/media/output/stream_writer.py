"""The playout: at each frame's time its picture and its samples go to the encoder."""

from __future__ import annotations

import collections
from collections.abc import Callable
import dataclasses
import logging
import math
import threading

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import Clock, FrameGrid, SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import to_s16
from txt2vid_ros.media.fitting import CodedPictures
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.hand_over import (
    Beginning,
    Gaps,
    HandOver,
    LEFT_OUT,
    LONGEST_STALL_SECONDS,
    seam_after,
    units_before,
)
from txt2vid_ros.media.output.stream_format import FrameEncoder, Opening, StreamFormat
from txt2vid_ros.media.speech_timeline import SpeechTimeline

log = logging.getLogger(__name__)

FULL_SECONDS = 5.0
"""Seconds for which an encoder may take nothing while it catches up."""
AUDIO_AHEAD_SECONDS = 0.045
"""Seconds. An AAC encoder holds two frames of 1,024 samples back (ISO 14496-3), 43 ms."""
MOST_RESTARTS = 8
"""Failures of the encoder in a row after which the stream gives up."""
CHANGE_SECONDS = 0.5
"""Seconds that an encoder has to start before it takes over from another."""
RESTART_BACKOFF = Backoff(first=0.2, largest=5.0)
"""From the second failure on: after the first it starts again at once."""


@dataclasses.dataclass
class StreamStatistics:
    """Counts since the start, for diagnostics and `txt2vid bench graph`."""

    frames: int = 0
    on_time: int = 0
    repeated: int = 0
    skipped: int = 0
    """Grid places that viewers did not get."""
    late_audio: int = 0
    restarts: int = 0
    lateness: collections.deque[float] = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=500))
    """Seconds after its due time at which each of the last frames was written."""


class StreamWriter:
    """
    Writes a constant frame rate and unbroken sound, whatever arrives or does not arrive.

    Grid place k is written at its time plus `playout`; its sound runs `audio_ahead` seconds in
    front, about what an audio encoder holds back, so that both leave the encoder together. Sound
    that it has been given can no longer be silenced.
    """

    def __init__(self, form: StreamFormat, grid: FrameGrid, frames: FrameBuffer,
                 speech: SpeechTimeline, clock: Clock,
                 open_sink: Callable[[Opening], FrameEncoder], *, playout: float = 0.02,
                 audio_ahead: float = AUDIO_AHEAD_SECONDS) -> None:
        """`open_sink` starts an encoder."""
        self.statistics = StreamStatistics()
        self.grid = grid
        self._form = form
        self._wanted = form, grid
        self._change: HandOver | None = None
        self._frames = frames
        self._speech = speech
        self._clock = clock
        self._open_sink = open_sink
        self._playout = int(playout * SECOND)
        self._audio_ahead = round(audio_ahead * form.audio_rate)
        """Samples."""
        self._pictures = CodedPictures((form.width, form.height))
        self._samples_done = 0
        self._began = Beginning(0, 0)
        """Where the present encoder began."""
        self._live = 0
        """The first place that viewers get of it."""
        self._shown = -1
        """The last place whose picture was taken."""
        self._gaps = Gaps(clock)
        self.zero = 0
        """The stamp of the stream's first frame, nanoseconds."""

    def change(self, form: StreamFormat, grid: FrameGrid) -> None:
        """Go on in another format of the same size, without a gap."""
        self._wanted = form, grid

    @property
    def heard_until(self) -> int:
        """Return until when sound has been handed to the encoder, in nanoseconds."""
        return self._sample_stamp(self._samples_done)

    def run(self, stop: threading.Event) -> None:
        """Write until `stop` is set. Raises UserError when the encoder cannot be kept alive."""
        sink: FrameEncoder | None = None
        failures = 0
        place = self.grid.first_after(self._clock.now())
        self.zero = self.zero or self.grid.stamp(place)
        try:
            while not stop.is_set():
                if sink is None:
                    sink = self._opened(Beginning(place, self._sample_at(place)))
                elif not sink.alive:
                    failures += 1
                    self._restart(sink, failures, stop)
                    sink, place = self._resumed(sink, place)
                elif self._jumped(place):
                    sink.end_sound_after(units_before(self._began.sound, self._samples_done))
                    sink.close()
                    sink, place = self._resumed(sink, place)
                if (self._change is None and self._wanted != (self._form, self.grid)
                        and place >= self._live):
                    self._change = self._prepared(sink, place)
                if not self._wait(place, stop):
                    continue
                self._write(sink, place)
                place += 1
                if self._change is not None and place > self._change.last:
                    sink, place = self._handed_over(sink, self._change)
                if self.statistics.frames % 250 == 0:
                    failures = 0
        finally:
            if sink is not None:
                sink.close()
            self._without_hand_over()

    def _begun(self, grid: FrameGrid, place: int) -> float:
        return (grid.stamp(place) - self.zero) / SECOND

    def _prepared(self, sink: FrameEncoder, place: int) -> HandOver:
        """Start the encoder that takes over from `sink` in a moment."""
        form, grid = self._wanted
        last = place + math.ceil(CHANGE_SECONDS * self.grid.fps)
        first = grid.first_after(self.grid.stamp(last) + 1)
        seam = seam_after(self._began.sound, self._sample_at(last + 1) + self._audio_ahead)
        change = HandOver(form, grid, last, first, seam, sink)
        begin = int(first * form.audio_rate / grid.fps)
        return dataclasses.replace(change, encoder=self._open_sink(Opening(
            form, self._begun(grid, first), (change.sound_begin - begin) / form.audio_rate, sink,
            LEFT_OUT)))

    def _handed_over(self, sink: FrameEncoder, change: HandOver) -> tuple[FrameEncoder, int]:
        """Return the encoder to go on with, and its first place."""
        self._change = None
        if not change.encoder.alive:
            log.error('the stream stays as it is: %s', change.encoder.failure())
            self._wanted = self._form, self.grid
            change.encoder.close()
            return sink, change.last + 1
        old, self.grid, self._form = self.grid, change.grid, change.form
        self._renumber(old)
        sink.end_sound_after(units_before(self._began.sound, change.seam))
        self._samples_done = change.sound_begin
        self._began = Beginning(change.first, change.sound_begin, LEFT_OUT)
        self._live = change.first
        # It has yet to encode what it was given; no frame may wait for that.
        threading.Thread(target=sink.close, name='last packets', daemon=True).start()
        return change.encoder, change.first

    def _renumber(self, old: FrameGrid) -> None:
        """Go on with the places of the present grid."""
        def place_of(place: int) -> int:
            return self.grid.index(old.stamp(place))
        self._frames.renumber(place_of)
        self._shown = place_of(self._shown)

    def _without_hand_over(self) -> None:
        """Go on in the format that is wanted by an encoder of its own."""
        if self._change is not None:
            self._change.encoder.close()
            self._change = None
        if self._wanted != (self._form, self.grid):
            old, (self._form, self.grid) = self.grid, self._wanted
            self._renumber(old)

    def _jumped(self, place: int) -> bool:
        """Return whether `place` was due too long ago, or is too far ahead, for a mere stall."""
        away = self._clock.now() - self._playout - self.grid.stamp(place)
        longest = LONGEST_STALL_SECONDS * SECOND
        return away < -longest or away > longest and place >= self._live

    def _opened(self, began: Beginning, missed: int = 0, follows: FrameEncoder | None = None
                ) -> FrameEncoder:
        """Start an encoder whose first `missed` pictures viewers do not get."""
        self._began, self._samples_done = began, began.sound
        self._live = began.place + missed
        after = (began.sound - self._sample_at(began.place)) / self._form.audio_rate
        return self._open_sink(Opening(self._form, self._begun(self.grid, began.place), after,
                                       follows, began.left_out, missed))

    def _resumed(self, ended: FrameEncoder, place: int) -> tuple[FrameEncoder, int]:
        """
        Start an encoder that goes on behind the last packet of the one that has `ended`.

        Return it and the place to go on from, where `place` would have been written next;
        presentation times never go back.
        """
        old, began = self.grid, self._began.behind(ended.sent)
        self._without_hand_over()
        began = dataclasses.replace(began, place=self.grid.index(old.stamp(began.place)))
        now = self.grid.first_after(self._clock.now())
        seconds = (now - began.place) / float(self.grid.fps)
        if missed := self._gaps.missed(seconds):
            log.warning('viewers miss %.1f s of the stream; recordings get them', missed)
            places = math.ceil(missed * self.grid.fps)
            self.statistics.skipped += places
            return self._opened(began, places, ended), began.place
        skipped = self.grid.stamp(now) - self.grid.stamp(began.place)
        log.warning('the clock or the machine jumped by %+.1f s; going on from there', seconds)
        self.zero += skipped
        self.statistics.skipped += max(0, now - place)
        self._shown = now - 1
        sound = began.sound + round(skipped * self._form.audio_rate / SECOND)
        return self._opened(Beginning(now, sound, began.left_out), 0, ended), now

    def _restart(self, sink: FrameEncoder, failures: int, stop: threading.Event) -> None:
        self.statistics.restarts += 1
        fault = sink.failure()
        sink.close()
        if failures > MOST_RESTARTS:
            raise UserError(f'the encoder failed {failures} times in a row: {fault}',
                            'Run "txt2vid doctor" to see what ffmpeg lacks.')
        pause = RESTART_BACKOFF.after(failures - 1)
        log.warning('%s; starting it again%s', fault, f' in {pause:.1f} s' if pause else '')
        stop.wait(pause)

    def _wait(self, place: int, stop: threading.Event) -> bool:
        """
        Wait until `place` is due, in short steps, for the clock may be a simulated one.

        False if stopped, or if the clock went back so far that `place` is not due for long.
        """
        due = self.grid.stamp(place) + self._playout
        while (left := due - self._clock.now()) > 0:
            if left > LONGEST_STALL_SECONDS * SECOND + self._playout or stop.wait(
                    min(left / SECOND, 0.1)):
                return False
        if place >= self._live:
            self.statistics.lateness.append(-left / SECOND)
        return not stop.is_set()

    def _write(self, sink: FrameEncoder, place: int) -> None:
        catching_up = place < self._live
        late = catching_up or self.statistics.lateness[-1] * float(self.grid.fps) > 1
        picture = self._pictures.last if place <= self._shown else self._taken(place, late)
        change = self._change
        end = (change.seam if change is not None and place == change.last
               else self._sample_at(place + 1) + self._audio_ahead)
        sink.write(picture, self._sound(max(end, self._samples_done)),
                   FULL_SECONDS if late else 0.0)
        if not catching_up:
            self._gaps.note()

    def _taken(self, place: int, late: bool) -> bytes:
        """Return the picture for a place that has not been written before."""
        frame, exact = self._frames.take(place)
        self._shown = place
        self.statistics.frames += 1
        self.statistics.on_time += exact and not late
        self.statistics.repeated += not exact
        return self._pictures.of(frame)

    def _sound(self, end: int) -> bytes:
        """Return the samples before number `end` that were not written yet."""
        rate = self._form.audio_rate
        # Counted from the second in which the stretch begins, so that no float loses a sample.
        whole = self._samples_done // rate
        first, last = self._samples_done - whole * rate, end - whole * rate
        samples = self._speech.samples(whole + first / rate, whole + last / rate, rate)
        self._samples_done = end
        return to_s16(samples).tobytes()

    def _sample_at(self, place: int) -> int:
        return int(place * self._form.audio_rate / self.grid.fps)

    def _sample_stamp(self, sample: int) -> int:
        return sample * SECOND // self._form.audio_rate
