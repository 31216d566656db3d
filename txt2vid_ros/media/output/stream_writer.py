"""The playout: at each frame's time its picture and its samples go to the encoder."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import logging
import math
import threading

from txt2vid_ros.core.clock import Clock, FrameGrid, SECOND
from txt2vid_ros.media.output.continuity.encoder_starts import EncoderStarts
from txt2vid_ros.media.output.continuity.hand_over import (
    Beginning,
    HandOver,
    LEFT_OUT,
    LONGEST_GAP_SECONDS,
    seam_after,
    seconds_missed,
    units_before,
)
from txt2vid_ros.media.output.continuity.stream_sound import StreamSound
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.overload.lateness import Lateness, LONGEST_STEP_SECONDS
from txt2vid_ros.media.output.overload.load_control import LoadControl
from txt2vid_ros.media.output.overload.stream_statistics import StreamStatistics
from txt2vid_ros.media.output.pictures.picture_offset import PictureOffset
from txt2vid_ros.media.output.pictures.shown_pictures import ShownPictures
from txt2vid_ros.media.output.stream_format import FrameEncoder, Opening, StreamFormat
from txt2vid_ros.media.speech_timeline import SpeechTimeline

log = logging.getLogger(__name__)

AUDIO_AHEAD_SECONDS = 0.045
"""Seconds. An AAC encoder holds two frames of 1,024 samples back (ISO 14496-3), 43 ms."""
CHANGE_SECONDS = 0.5
"""Seconds that an encoder has to start before it takes over from another."""
FULL_SECONDS = 5.0
"""Seconds for which an encoder may take nothing while it catches up."""


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
        self._clock = clock
        self._starts = EncoderStarts(open_sink, self.statistics)
        self._playout = int(playout * SECOND)
        self._audio_ahead = round(audio_ahead * form.audio_rate)
        """Samples."""
        self._pictures = ShownPictures(frames, (form.width, form.height))
        self._late = 0.0
        """Seconds by which the present frame is written late."""
        self._lateness = Lateness(clock)
        self._sound = StreamSound(speech, form.audio_rate)
        self._began = Beginning(0, 0)
        """Where the present encoder began."""
        self._live = 0
        """The first place that viewers get of it."""
        self.zero = 0
        """The stamp of the stream's first frame, nanoseconds."""

    def change(self, form: StreamFormat, grid: FrameGrid) -> None:
        """Go on in another format, without a gap."""
        self._wanted = form, grid

    @property
    def overload(self) -> str:
        """Return, in a line, what is done less of because the machine is busy; '' for nothing."""
        return self._load.status(self._form)

    @property
    def heard_until(self) -> int:
        """Return until when sound has been handed to the encoder, in nanoseconds."""
        return self._sound.done * SECOND // self._form.audio_rate

    def run(self, stop: threading.Event) -> None:
        """Write until `stop` is set. Raises UserError when the encoder cannot be kept alive."""
        sink: FrameEncoder | None = None
        ended = False
        place = self.grid.first_after(self._clock.now())
        self.zero = self.zero or self.grid.stamp(place)
        try:
            while not stop.is_set():
                if sink is not None and not sink.alive:
                    self._starts.end(sink, stop)
                    self._began = self._began.behind(sink.sent)
                    sink, ended = None, True
                elif sink is not None and (jump := self._jump(place)):
                    log.warning('the clock or the machine jumped by %+.1f s; going on from there',
                                jump)
                    place = self._jumped(place)
                if sink is None:
                    place = self._anchor(place, ended)
                    sink = self._starts.open(self._began.opening(
                        self._form, self._begun(self.grid, place), self._sample_at(place),
                        self._live))
                    if sink is None:
                        self._starts.pause(stop)
                        continue
                if (self._change is None and self._goal() != (self._form, self.grid)
                        and place >= self._live):
                    self._change = self._prepared(sink, place)
                if not self._wait(place, stop):
                    continue
                self._write(sink, place)
                place += 1
                if self._change is not None and place > self._change.last:
                    sink, place = self._handed_over(sink, self._change)
                if self.statistics.frames % 250 == 0:
                    self._starts.works()
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

    def _prepared(self, sink: FrameEncoder, place: int) -> HandOver | None:
        """Start the encoder that takes over from `sink` in a moment; None where it cannot be."""
        form, grid = self._goal()
        last = place + math.ceil(CHANGE_SECONDS * self.grid.fps)
        first = grid.first_after(self.grid.stamp(last) + 1)
        seam = seam_after(self._began.sound, self._sample_at(last + 1) + self._audio_ahead)
        change = HandOver(form, grid, last, first, seam, sink)
        begin = grid.sample(first, form.audio_rate)
        encoder = self._starts.open(Opening(
            form, self._begun(grid, first), (change.sound_begin - begin) / form.audio_rate, sink,
            LEFT_OUT))
        if encoder is None:
            self._stays(self._starts.fault)
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
        sink.end_sound_after(units_before(self._began.sound, change.seam))
        self._sound.done = change.sound_begin
        self._began = Beginning(change.first, change.sound_begin, LEFT_OUT)
        self._live = change.first
        # It has yet to encode what it was given; no frame may wait for that.
        threading.Thread(target=sink.close, name='last packets', daemon=True).start()
        return change.encoder, change.first

    def _take_over(self, form: StreamFormat, grid: FrameGrid) -> None:
        """Go on in another format from here on."""
        old, self.grid, self._form = self.grid, grid, form
        self._base = self._wanted[0]
        self._pictures.renumber(lambda place: grid.index(old.stamp(place)))
        self._began = dataclasses.replace(
            self._began, place=grid.index(old.stamp(self._began.place)))
        self._pictures.resize((form.width, form.height))
        self._load.restarted()

    def _stays(self, why: str) -> None:
        """Go on as before, where another encoder could not take over."""
        log.error('the stream stays as it is: %s', why)
        self._wanted = self._base, self.grid
        self._load.stay(self._base, self._form)

    def _without_hand_over(self) -> None:
        """Go on in the format that is wanted by an encoder of its own."""
        self._abandon_change()
        if (goal := self._goal()) != (self._form, self.grid):
            self._take_over(*goal)
        self._load.restarted()

    def _abandon_change(self) -> None:
        if self._change is not None:
            self._change.encoder.close()
            self._change = None

    def _jump(self, place: int) -> float:
        """Return how many seconds ago `place` was due, if that is not caught up; else 0."""
        away = self._lateness.to_skip(self.grid.stamp(place) + self._playout)
        return away if place >= self._live else min(away, 0.0)

    def _anchor(self, place: int, ended: bool) -> int:
        """
        Choose where an encoder begins, and return its first place.

        Where another one has `ended`, that is behind the last packet of it, so that nothing is
        missing; where that is too long ago, it is now, and presentation times go on all the same.
        """
        self._without_hand_over()
        now = self.grid.first_after(self._clock.now())
        began = self._began
        seconds, places = float((now - began.place) / self.grid.fps), 0
        self._load.replaced()
        if not ended:
            began = Beginning(now, self._sample_at(now))
        elif 0 <= seconds <= LONGEST_GAP_SECONDS:
            missed = seconds_missed(seconds)
            log.warning('viewers miss %.1f s of the stream; recordings get them', missed)
            places = math.ceil(missed * self.grid.fps)
            self.statistics.skipped += places
        else:
            log.warning('%+.1f s of the stream are missing; going on from there', seconds)
            self.statistics.skipped += max(0, now - place)
            self._shift(now - began.place, began.place)
            began = self._began
        self._began, self._sound.done = began, began.sound
        self._live = began.place + places
        return began.place

    def _shift(self, places: int, place: int) -> None:
        """Have what comes at `place` of the stream come so many places later, without a gap."""
        skipped = self.grid.stamp(place + places) - self.grid.stamp(place)
        samples = round(skipped * self._form.audio_rate / SECOND)
        self.zero += skipped
        self._began = dataclasses.replace(
            self._began, place=self._began.place + places, sound=self._began.sound + samples)
        self._sound.done += samples
        self._live += places
        self._pictures.last = place + places - 1

    def _jumped(self, place: int) -> int:
        """
        Return the place to go on from with the same encoder.

        It is told nothing of the time in between, whose sound is not heard.
        """
        self._abandon_change()
        now = self.grid.first_after(self._clock.now())
        self._shift(now - place, place)
        return now

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
        if place >= self._live:
            self.statistics.lateness.observe(self._late)
        return not stop.is_set()

    def _write(self, sink: FrameEncoder, place: int) -> None:
        picture, exact = self._pictures.at(place)
        change = self._change
        end = (change.seam if change is not None and place == change.last
               else self._sample_at(place + 1) + self._audio_ahead)
        sound = self._sound.until(end)
        statistics = self.statistics
        statistics.frames += exact is not None
        statistics.repeated += exact is False
        if place < self._live:
            # For recordings: nothing of it is left out.
            sink.write(picture, sound, FULL_SECONDS)
            return
        late = self._late * float(self.grid.fps)
        sent = self._load.admits(sink.waiting, late, float(self.grid.fps), starting=sink.starting)
        statistics.on_time += bool(exact) and sent and late <= 1
        statistics.left_out += not sent
        self.offset.note(self.grid, place, self._pictures.made_for if sent else None)
        sink.write(picture if sent else None, sound)
        if self._change is None and (step := self._load.judged(self._wanted[0])):
            form, _ = self._goal()
            log.warning('the stream is coded with %s work: %d x %d by the preset %s',
                        'less' if step < 0 else 'more', form.width, form.height, form.preset)

    def _sample_at(self, place: int) -> int:
        return self.grid.sample(place, self._form.audio_rate)
