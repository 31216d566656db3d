"""The sound of a stream, sample after sample."""

from __future__ import annotations

from txt2vid_ros.core.pcm import to_s16
from txt2vid_ros.media.speech_timeline import SpeechTimeline


class StreamSound:
    """Hands out what is on a timeline, each sample once and none left out."""

    def __init__(self, speech: SpeechTimeline, rate: int) -> None:
        """`rate` is in Hz; samples are counted from the epoch on."""
        self._speech = speech
        self._rate = rate
        self.done = 0
        """The sample that comes next; set it to go on elsewhere."""

    def until(self, end: int) -> bytes:
        """Return the samples (s16, mono) before number `end` that were not handed out yet."""
        # Counted from the second in which the stretch begins, so that no float loses a sample.
        end = max(end, self.done)
        whole = self.done // self._rate
        first, last = self.done - whole * self._rate, end - whole * self._rate
        samples = self._speech.samples(whole + first / self._rate, whole + last / self._rate,
                                       self._rate)
        self.done = end
        return to_s16(samples).tobytes()
