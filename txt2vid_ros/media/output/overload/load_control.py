"""
Less work where the machine is too busy for all of it.

At once, pictures are left out evenly: each second or third one is sent. Where that goes on, the
stream is coded with a faster preset, and then smaller. Steps down are taken soon and steps up
late, and ever later where they turn out to have been too early: as WebRTC's overuse detector does,
so that it does not flutter. Sound is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import functools

from txt2vid_ros.media.output.stream_format import StreamFormat

FASTEST = 'ultrafast'
SIZES = (3 / 4, 1 / 2)
"""Shares of width and height, one after another."""
SMALLEST = 160
"""Pixels of width below which the stream is not made smaller."""
BEHIND_FRAMES = 3
"""So many frames at least wait all the time where the encoder is behind. On a busy machine
more wait now and then, though it has time for all (as in CoDel, RFC 8289)."""
MOST_BEHIND_FRAMES = 15.0
"""Frames that wait, or are late, from which on every one is left out."""
STARTING_FRAMES = 25.0
"""The same for an encoder that has just been started and has taken nothing yet."""
MOST_APART = 4
"""Every so many frames a picture is sent at least, unless all are left out."""
APART_SECONDS = 0.6
"""Seconds in which the encoder is behind before more are left out."""
CLOSER_SECONDS, MOST_CLOSER_SECONDS = 2.0, 32.0
"""Seconds in which the encoder keeps up before fewer are left out: at first, and at most."""
WINDOW_SECONDS = 2.0
OVERLOADED_SHARE, OVERLOADED_WINDOWS = 0.1, 2
"""The share of pictures left out, in how many windows, from which on a step down is taken."""
SETTLE_SECONDS = 3.0
"""Seconds after a change in which a new encoder starts and catches up, and nothing is judged."""
ROOM_SECONDS, MOST_ROOM_SECONDS = 20.0, 320.0
"""Seconds without a picture left out before a step up: at first, and at most."""


@functools.lru_cache(maxsize=64)
def ladder(wanted: StreamFormat) -> tuple[StreamFormat, ...]:
    """Return the stream as it is wanted, and from step to step with less work."""
    return tuple(_steps(wanted))


def _steps(wanted: StreamFormat) -> Iterator[StreamFormat]:
    yield wanted
    faster = dataclasses.replace(wanted, preset=FASTEST)
    if faster != wanted:
        yield faster
    for share in SIZES:
        width, height = (round(each * share / 2) * 2 for each in (wanted.width, wanted.height))
        if width >= SMALLEST and height > 0:
            yield dataclasses.replace(faster, width=width, height=height)


class LoadControl:
    """Told of each frame that is due; counts time by these, so that it reads no clock."""

    def __init__(self) -> None:
        """Begin with everything that is wanted."""
        self.step = 0
        """How many steps down the ladder."""
        self._apart = 1
        self._place = 0
        self._since_closer = MOST_CLOSER_SECONDS
        """Seconds since fewer were left out."""
        self._keeping_up = self._behind = self._clean = 0.0
        self._waiting = 0
        """How many frames waited when the encoder began to be behind."""
        self._first = True
        """Whether an encoder begins: ffmpeg counts time from its first picture."""
        self._closer = CLOSER_SECONDS
        self._settle = SETTLE_SECONDS
        self._window = self._seen = self._left_out = 0.0
        self._overloaded = 0
        self._room = ROOM_SECONDS
        self._risen = 2 * MOST_ROOM_SECONDS
        """Seconds since the last step up."""

    def lowered(self, wanted: StreamFormat) -> StreamFormat:
        """Return the stream as it is to be coded now."""
        steps = ladder(wanted)
        return steps[min(self.step, len(steps) - 1)]

    def stay(self, wanted: StreamFormat, form: StreamFormat) -> None:
        """Learn that the stream goes on as `form` is coded, as no other encoder could be had."""
        steps = ladder(wanted)
        self.step = steps.index(form) if form in steps else 0
        self.restarted()

    def restarted(self) -> None:
        """Learn that another encoder begins."""
        self._first = True
        self._settle = SETTLE_SECONDS
        self._window = self._seen = self._left_out = 0.0
        self._overloaded = 0

    def replaced(self) -> None:
        """Learn that the encoder was dead: that frames waited for it tells nothing else."""
        self._apart = 1
        self._behind = self._keeping_up = 0.0
        self.restarted()

    def admits(self, waiting: int, late: float, fps: float, *, starting: bool = False) -> bool:
        """
        Return whether the picture of the next frame is to be sent.

        `waiting`: how many frames wait for the encoder; `late`: by how many it is late itself;
        `starting`: whether the encoder has yet to take its first one.
        """
        second = 1 / fps
        self._place += 1
        self._since_closer += second
        most = STARTING_FRAMES if starting else MOST_BEHIND_FRAMES
        sent = self._first or (max(waiting, late) < most and self._place % self._apart == 0)
        self._first = False
        if not starting:
            self._space(waiting, second)
        self._count(sent, second)
        return sent

    def judged(self, wanted: StreamFormat) -> int:
        """Take a step, if one is due; return -1 for one down, 1 for one up, 0 for none."""
        steps = len(ladder(wanted))
        if self._risen >= 2 * MOST_ROOM_SECONDS:
            self._room = ROOM_SECONDS
        self.step = min(self.step, steps - 1)
        if self._overloaded >= OVERLOADED_WINDOWS and self.step < steps - 1:
            self.step += 1
            if self._risen < self._room:
                self._room = min(2 * self._room, MOST_ROOM_SECONDS)
            self._clean = 0.0
            self.restarted()
            return -1
        if self.step and self._clean >= self._room:
            self.step -= 1
            self._clean = self._risen = 0.0
            self.restarted()
            return 1
        return 0

    def status(self, form: StreamFormat) -> str:
        """Return a line for the diagnostics, empty where all is sent as wanted."""
        if self._apart == 1 and not self.step:
            return ''
        fps = float(form.fps)
        return (f'the machine is too busy: {fps / self._apart:.3g} of {fps:.3g} pictures a second '
                f'are sent, at {form.width} x {form.height} by the preset {form.preset}')

    def _space(self, waiting: int, second: float) -> None:
        """Decide how far apart the pictures are that are sent."""
        if waiting < BEHIND_FRAMES:
            self._behind = 0.0
            self._keeping_up += second
            if self._apart > 1 and self._keeping_up >= self._closer:
                self._apart -= 1
                self._keeping_up = self._since_closer = 0.0
            elif self._keeping_up >= MOST_CLOSER_SECONDS:
                self._closer = CLOSER_SECONDS
            return
        self._keeping_up = 0.0
        if not self._behind:
            self._waiting = waiting
        self._behind += second
        if self._behind < APART_SECONDS:
            return
        self._behind = 0.0
        # Where fewer wait than before, it is enough.
        if waiting >= self._waiting and self._apart < MOST_APART:
            if self._since_closer < self._closer:
                self._closer = min(2 * self._closer, MOST_CLOSER_SECONDS)
                self._since_closer = MOST_CLOSER_SECONDS
            self._apart += 1

    def _count(self, sent: bool, second: float) -> None:
        self._risen += second
        if self._settle > 0:
            self._settle -= second
            return
        self._clean = self._clean + second if sent else 0.0
        self._window += second
        self._seen += 1
        self._left_out += not sent
        if self._window >= WINDOW_SECONDS:
            overloaded = self._left_out > OVERLOADED_SHARE * self._seen
            self._overloaded = self._overloaded + 1 if overloaded else 0
            self._window = self._seen = self._left_out = 0.0
