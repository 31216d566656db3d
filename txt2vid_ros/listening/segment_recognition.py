"""One segment of speech on its way through a recognizer."""

from __future__ import annotations

from txt2vid_ros.listening.recognizer import Recognition, SpeechToText, Transcript
from txt2vid_ros.listening.segments import samples_of, SpeechSegment


class SegmentRecognition:
    """Gives a recognizer the windows of a segment as they come; starts again where it has to."""

    def __init__(self, recognizer: SpeechToText, segment: SpeechSegment) -> None:
        """Take the segment; nothing is recognized yet."""
        self._recognizer = recognizer
        self._segment = segment
        self.windows = list(segment.windows)
        """What the text is made from."""
        self.shown = ''
        """The text that was sent last."""
        self._recognition: Recognition | None = None
        self._given = 0

    @property
    def taken(self) -> int:
        """Return how many windows the text is made from."""
        return len(self.windows)

    def take(self) -> None:
        """Take what the segment has now; to be called while nobody changes it."""
        self.windows = list(self._segment.windows)

    def hypothesis(self) -> Transcript:
        """Return the text of what was taken so far."""
        return self._up_to_date().hypothesis()

    def draft(self) -> Transcript:
        """Return a quick guess at the text of what was taken so far."""
        return self._up_to_date().draft()

    def finish(self) -> Transcript:
        """Return the final text of what was taken."""
        return self._up_to_date().finish()

    def restart(self) -> None:
        """Start again with the next call, from the first window."""
        if self._recognition is not None:
            self._recognition.cancel()
        self._recognition = None

    def _up_to_date(self) -> Recognition:
        if self._given > len(self.windows):
            # The segment was cut within what was given already.
            self.restart()
        if self._recognition is None:
            self._recognition = self._recognizer.open()
            self._given = 0
        self._recognition.push(samples_of(self.windows[self._given:]))
        self._given = len(self.windows)
        return self._recognition
