"""Sends the text of speech or its sound, and changes over between them."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import threading
from typing import TypeAlias

from txt2vid_ros.link.messages import Instant, NEVER, OutgoingText, SoundPath
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.sound.changeover import Changeover, Unheard
from txt2vid_ros.link.sound.ladder import AUDIO, AUTO, TEXT
from txt2vid_ros.link.sound.remaining_text import remaining_text

_TALK_INTERVAL = 1.0
"""Seconds between two notes that somebody speaks."""

Use: TypeAlias = Callable[[Callable[[Peer, Instant], None]], None]
"""Calls what it is given with the end and the time, while nobody else uses the end."""


class SpeechWays:
    """
    Thread-safe: texts, sound and the link's events come on threads of their own.

    Times are those of stamps, in seconds on this wall clock.
    """

    def __init__(self, use: Use, now: Callable[[], Instant],
                 changed: Callable[[str], None]) -> None:
        """Begin with text; `changed` gets the mode in use, TEXT or AUDIO, when it changes."""
        self._use, self._now, self._changed = use, now, changed
        self._over: Changeover[OutgoingText] = Changeover()
        self._asked, self._told = TEXT, TEXT
        self._began = False
        self._carries, self._bit_rate = False, 0
        self._talked = -NEVER
        self._lock = threading.RLock()

    @property
    def mode(self) -> str:
        """Return the mode in use."""
        return self._over.mode

    def choose(self, mode: str) -> None:
        """
        Use TEXT, AUDIO or AUTO from the next pause on, the first time at once.

        Raises UserError where it cannot be.
        """
        with self._lock:
            if mode != TEXT:
                # Text is asked for once the last sound has been sent.
                self._use(lambda end, now: end.sound.ask(mode, now))
            self._asked = mode
            if not self._began:
                self._began = True
                self._over.begin(AUDIO if mode == AUDIO else TEXT)
            elif mode != AUTO:
                self._over.want(mode, self._now().wall)
            self._follow()

    def captured(self, begin: float, end: float, loud: bool) -> int:
        """
        Note captured sound; return the bit rate with which it goes, 0 where it does not.

        `loud` is whether somebody speaks in it.
        """
        with self._lock:
            self._over.sound(begin, end, loud)
            self._follow()
            if loud and self._asked == AUTO and not self._carries:
                self._talks()
            return 0 if self._over.goes_as_text(begin) else self._bit_rate

    def send(self, packet: bytes, begin: float) -> None:
        """Send a coded packet of sound that was captured from `begin` on."""
        self._use(lambda end, now: end.sound.submit(packet, begin, now))

    def text_of(self, utterance: OutgoingText, final: bool) -> OutgoingText | None:
        """Return what is to be sent of a recognized utterance as text; None where nothing is."""
        with self._lock:
            if not final:
                return utterance if self._over.goes_as_text(utterance.start) else None
            unheard = self._over.utterance(utterance, utterance.start, self._now().wall)
            return unheard and _rest(unheard)

    def path(self, event: SoundPath) -> None:
        """Follow what the path bears."""
        with self._lock:
            self._carries, self._bit_rate = event.carries, event.bit_rate
            if self._asked != AUTO:
                return
            now = self._now().wall
            if event.carries:
                self._over.want(AUDIO, now)
            else:
                for lost in self._over.fall(event.arrived_until, now):
                    rest = _rest(lost)
                    if rest is not None:
                        self._submit(rest)
            self._follow()

    def look(self) -> None:
        """Change over where no sound comes; to be called about twice a second."""
        with self._lock:
            self._over.look(self._now().wall)
            self._follow()

    def _submit(self, utterance: OutgoingText) -> None:
        self._use(lambda end, now: end.submit(utterance, now))

    def _talks(self) -> None:
        now = self._now().mono
        if now - self._talked >= _TALK_INTERVAL:
            self._talked = now
            self._use(lambda end, at: end.sound.talks(at))

    def _follow(self) -> None:
        """Tell of a mode that has changed."""
        mode = self._over.mode
        if mode == self._told:
            return
        self._told = mode
        if mode == TEXT and self._asked == TEXT:
            self._use(lambda end, now: end.sound.ask(TEXT, now))
        self._changed(mode)


def _rest(unheard: Unheard[OutgoingText]) -> OutgoingText | None:
    """Return what may not have been heard of an utterance; None where all was."""
    utterance = unheard.utterance
    if not unheard.heard:
        return utterance
    text = remaining_text(utterance.text, unheard.heard, unheard.spoken)
    if not text:
        return None
    whole = text == utterance.text
    return utterance if whole else dataclasses.replace(utterance, text=text, start=unheard.since)
