"""The playout: at each frame's time its picture and its samples go to the encoder."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import logging
import math
import threading

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import Clock, FrameGrid, SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import to_s16
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.hand_over import HandOver, seam_after, units_before
from txt2vid_ros.media.output.overload.lateness import Lateness, LONGEST_STEP_SECONDS
from txt2vid_ros.media.output.overload.load_control import LoadControl
from txt2vid_ros.media.output.overload.stream_statistics import StreamStatistics
from txt2vid_ros.media.output.pictures.i420_pictures import I420Pictures
from txt2vid_ros.media.output.pictures.picture_offset import PictureOffset
from txt2vid_ros.media.output.stream_format import FrameEncoder, Opening, StreamFormat
from txt2vid_ros.media.speech_timeline import SpeechTimeline

log = logging.getLogger(__name__)

AUDIO_AHEAD_SECONDS = 0.045
"""Seconds. An AAC encoder holds two frames of 1,024 samples back (ISO 14496-3), 43 ms."""
SPARE_FRAMES = 2
"""Frames between one encoder's last sound and the next one's first, for AAC's priming samples."""
MOST_RESTARTS = 8
"""Failures of the encoder in a row after which the stream gives up."""
CHANGE_SECONDS = 0.5
"""Seconds that an encoder has to start before it takes over from another."""
RESTART_BACKOFF = Backoff(first=0.2, largest=5.0)
"""From the second failure on: after the first it starts again at once."""


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
        self.offset = PictureOffset(speech)
        self.grid = grid
        self._form = form
        self._base = form
        """What was asked for; `_form` is what the machine can do of it."""
        self._wanted = form, grid
        self._load = LoadControl()
        self._change: HandOver | None = None
        self._frames = frames
        self._speech = speech
        self._clock = clock
        self._open_sink = open_sink
        self._playout = int(playout * SECOND)
        self._audio_ahead = round(audio_ahead * form.audio_rate)
        """Samples."""
        self._pictures = I420Pictures(form.width, form.height)
        self._fault = ''
        self._late = 0.0
        """Seconds by which the present frame is written late."""
        self._lateness = Lateness(clock)
        self._samples_done = 0
        self._sound_begin = 0
        """The first sample that the present encoder got."""
        self.zero = 0
        """The stamp of the stream's first frame, nanoseconds."""

    def change(self, form: StreamFormat, grid: FrameGrid) -> None:
        """Go on in another format of the same size, without a gap."""
        self._wanted = form, grid

    @property
    def overload(self) -> str:
        """Return, in a line, what is done less of because the machine is busy; '' for nothing."""
        return self._load.status(self._form)

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
                if sink is not None and not sink.alive:
                    failures += 1
                    self._restart(sink, failures, stop)
                    sink = None
                elif (jump := self._lateness.to_skip(
                        self.grid.stamp(place) + self._playout)) and sink is not None:
                    log.warning('the clock or the machine jumped by %+.1f s; going on from there',
                                jump)
                    place = self._jumped(place)
                if sink is None:
                    place = self._anchor(self._without_hand_over(place))
                    sink = self._opened(Opening(self._form, self._begun(self.grid, place)))
                    if sink is None:
                        failures += 1
                        self._pause(failures, stop)
                        continue
                if self._change is None and self._goal() != (self._form, self.grid):
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
            self._abandon_change()

    def _begun(self, grid: FrameGrid, place: int) -> float:
        return (grid.stamp(place) - self.zero) / SECOND

    def _goal(self) -> tuple[StreamFormat, FrameGrid]:
        """Return what is wanted, as far as the machine can do it."""
        form, grid = self._wanted
        return self._load.lowered(form), grid

    def _opened(self, opening: Opening) -> FrameEncoder | None:
        """Return an encoder; None where none can be started now, though one could before."""
        try:
            return self._open_sink(opening)
        except UserError as error:
            if not self.statistics.frames:
                raise
            self._fault = str(error)
            return None

    def _prepared(self, sink: FrameEncoder, place: int) -> HandOver | None:
        """Start the encoder that takes over from `sink` in a moment; None where it cannot be."""
        form, grid = self._goal()
        last = place + math.ceil(CHANGE_SECONDS * self.grid.fps)
        first = grid.first_after(self.grid.stamp(last) + 1)
        seam = seam_after(self._sound_begin, self._sample_at(last + 1) + self._audio_ahead)
        change = HandOver(form, grid, last, first, seam, sink)
        begin = int(first * form.audio_rate / grid.fps)
        encoder = self._opened(Opening(
            form, self._begun(grid, first), (change.sound_begin - begin) / form.audio_rate, sink))
        if encoder is None:
            self._stays(self._fault)
            return None
        return dataclasses.replace(change, encoder=encoder)

    def _handed_over(self, sink: FrameEncoder, change: HandOver) -> tuple[FrameEncoder, int]:
        """Return the encoder to go on with, and its first place."""
        self._change = None
        if not change.encoder.alive:
            self._stays(change.encoder.failure())
            change.encoder.abort()
            return sink, change.last + 1
        self._take_over(change.form, change.grid)
        sink.end_sound_after(units_before(self._sound_begin, change.seam))
        self._samples_done = self._sound_begin = change.sound_begin
        # It has yet to encode what it was given; no frame may wait for that.
        threading.Thread(target=sink.close, name='last packets', daemon=True).start()
        return change.encoder, change.first

    def _take_over(self, form: StreamFormat, grid: FrameGrid) -> None:
        """Go on in another format from here on."""
        old, self.grid, self._form = self.grid, grid, form
        self._base = self._wanted[0]
        self._frames.renumber(lambda place: grid.index(old.stamp(place)))
        if self._pictures.size != (form.width, form.height):
            self._pictures = I420Pictures(form.width, form.height)
        self._load.restarted()

    def _stays(self, why: str) -> None:
        """Go on as before, where another encoder could not take over."""
        log.error('the stream stays as it is: %s', why)
        self._wanted = self._base, self.grid
        self._load.stay(self._base, self._form)

    def _without_hand_over(self, place: int) -> int:
        """Go on in the format that is wanted by an encoder of its own; return the place."""
        self._abandon_change()
        old, goal = self.grid, self._goal()
        if goal != (self._form, self.grid):
            self._take_over(*goal)
            place = self.grid.first_after(old.stamp(place))
        self._load.restarted()
        return place

    def _abandon_change(self) -> None:
        if self._change is not None:
            self._change.encoder.close()
            self._change = None

    def _anchor(self, place: int) -> int:
        """Return the place to go on from; presentation times in the stream never go back."""
        now = self.grid.first_after(self._clock.now())
        if not 0 <= now - place <= LONGEST_STEP_SECONDS * self.grid.fps:
            ahead = math.ceil(self._audio_ahead * self.grid.fps / self._form.audio_rate)
            self.zero += (self.grid.stamp(now - ahead - SPARE_FRAMES) - self.grid.stamp(place))
        else:
            self.statistics.skipped += now - place
        self._samples_done = self._sound_begin = self._sample_at(now)
        return now

    def _jumped(self, place: int) -> int:
        """
        Return the place to go on from with the same encoder.

        It is told nothing of the time in between, whose sound is not heard.
        """
        self._abandon_change()
        now = self.grid.first_after(self._clock.now())
        self.zero += self.grid.stamp(now) - self.grid.stamp(place)
        begin = self._sample_at(now) + self._samples_done - self._sample_at(place)
        self._sound_begin += begin - self._samples_done
        self._samples_done = begin
        return now

    def _restart(self, sink: FrameEncoder, failures: int, stop: threading.Event) -> None:
        self.statistics.restarts += 1
        self._fault = sink.failure()
        sink.abort()
        self._pause(failures, stop)

    def _pause(self, failures: int, stop: threading.Event) -> None:
        """Wait before the next start; raise UserError after too many failures in a row."""
        if failures > MOST_RESTARTS:
            raise UserError(f'the encoder failed {failures} times in a row: {self._fault}',
                            'Run "txt2vid doctor" to see what ffmpeg lacks.')
        pause = RESTART_BACKOFF.after(failures - 1)
        log.warning('%s; starting it again%s', self._fault,
                    f' in {pause:.1f} s' if pause else '')
        stop.wait(pause)

    def _wait(self, place: int, stop: threading.Event) -> bool:
        """
        Wait until `place` is due, in short steps, for the clock may be a simulated one.

        False if stopped, or if the clock went back so far that `place` is not due for long.
        """
        due = self.grid.stamp(place) + self._playout
        while (left := due - self._clock.now()) > 0:
            if left > LONGEST_STEP_SECONDS * SECOND + self._playout or stop.wait(
                    min(left / SECOND, 0.1)):
                return False
        self._late = -left / SECOND
        self.statistics.lateness.observe(self._late)
        return not stop.is_set()

    def _write(self, sink: FrameEncoder, place: int) -> None:
        frame, exact = self._frames.take(place)
        fps = float(self.grid.fps)
        late = self._late * fps > 1
        sent = self._load.admits(sink.waiting, self._late * fps, fps, starting=sink.starting)
        self.statistics.frames += 1
        self.statistics.on_time += exact and sent and not late
        self.statistics.repeated += not exact
        self.statistics.left_out += not sent
        self.offset.note(self.grid, place, self._frames.shown_place if sent else None)
        change = self._change
        end = (change.seam if change is not None and place == change.last
               else self._sample_at(place + 1) + self._audio_ahead)
        sink.write(self._pictures.converted(frame) if sent else None,
                   self._sound(max(end, self._samples_done)))
        if self._change is None and (step := self._load.judged(self._wanted[0])):
            form, _ = self._goal()
            log.warning('the stream is coded with %s work: %d x %d by the preset %s',
                        'less' if step < 0 else 'more', form.width, form.height, form.preset)

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
