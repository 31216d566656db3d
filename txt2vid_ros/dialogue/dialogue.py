"""A conversation: what is heard is answered, piece by piece, until somebody speaks again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
import dataclasses
import logging
import queue
import threading
import time
from typing import Protocol

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.dialogue.answer import Answer
from txt2vid_ros.dialogue.clause_stream import ClauseStream
from txt2vid_ros.dialogue.history import ASSISTANT, History, USER

log = logging.getLogger(__name__)

PAUSE = 0.4
"""Seconds without a further word after which a sentence counts as complete."""
POLL_INTERVAL = 0.02
"""Seconds between looks at whether an answer is still wanted, while it is being written."""
RETRY_AFTER = 0.5
"""Seconds from a failure to the next attempt."""
WORDS_AHEAD = 256
"""Parts of an answer that may wait, before the service has to."""

Ask = Callable[[Sequence[Mapping[str, str]], Callable[[], bool]], Iterator[str]]
"""Yields the text that follows messages as it is written, until it is cancelled."""


class Voice(Protocol):
    """What speaks the answers."""

    def say(self, text: str, locale: str) -> None:
        """
        Have a piece of an answer spoken behind those before it.

        `locale` is its language (BCP 47), '' where neither its words nor the question tell.
        """

    def silence(self) -> None:
        """End what is being spoken; return once it is silent."""

    def problem(self, line: str) -> None:
        """Learn why there is no answer; '' once there is one again."""


@dataclasses.dataclass(frozen=True)
class DialogueSettings:
    """How a conversation is held."""

    instructions: str = ''
    """What the model is told before all turns."""
    turns: int = 20
    """Turns of both sides that are remembered."""
    longest: int = 1500
    """Characters of an answer, after which it ends with its sentence."""
    retries: int = 1
    """Further attempts where a service fails before its first word."""
    excuse: str = ''
    """What is said where there is no answer; '' for nothing."""


@dataclasses.dataclass
class DialogueStatistics:
    """What has happened so far."""

    answers: int = 0
    failed: int = 0
    cut: int = 0
    first_piece: float = 0.0
    """Seconds from the last question to the first piece of its answer."""


class Dialogue:
    """
    Answers what is heard on a thread of its own.

    What is heard while an answer is being written or spoken ends that answer. The history holds
    of it what was heard until then.
    """

    def __init__(self, ask: Ask, voice: Voice, settings: DialogueSettings) -> None:
        """Take who writes the answers, and who speaks them."""
        self.statistics = DialogueStatistics()
        self.settings = settings
        self._ask = ask
        self._voice = voice
        self._history = History(settings.turns)
        self._answer = Answer()
        self._question = ''
        self._locale = ''
        """The language of the last question that had one."""
        self._asked_at = 0.0
        self._generation = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='dialogue', daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def hear(self, text: str, locale: str = '') -> None:
        """
        Take what somebody has said; what was not yet answered belongs to it.

        `locale` is the language that was heard (BCP 47), in which the answer is expected; '' where
        that is not known.
        """
        with self._changed:
            self._locale = locale or self._locale
            self._question = f'{self._question}\n{text}' if self._question else text
            self._asked_at = time.monotonic()
            self._generation += 1
            self._changed.notify_all()

    def interrupt(self) -> None:
        """Write no more of the answer: the voice was interrupted."""
        with self._changed:
            self._generation += 1

    def caption(self, text: str, *, final: bool) -> None:
        """Learn what is being heard, or has been, of what the voice says."""
        with self._changed:
            cut = self._answer.cut
            self._answer.caption(text, final=final)
            if self._answer.cut and not cut:
                self._generation += 1

    def close(self) -> None:
        """Stop; an answer that is being written ends."""
        with self._changed:
            self._closed = True
            self._generation += 1
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._question and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                question, self._question = self._question, ''
                generation, locale = self._generation, self._locale
                before, self._answer = self._answer, Answer()
            if before.pending:
                self._voice.silence()
                self.statistics.cut += 1
            self._history.add(ASSISTANT, before.heard())
            self._history.add(USER, question)
            self._write(generation, locale)

    def _write(self, generation: int, locale: str) -> None:
        """Have an answer written, and said as it is written."""
        settings = self.settings
        failure: Exception | None = None
        for attempt in range(1 + settings.retries):
            failure = self._attempt(generation, locale)
            again = isinstance(failure, ProviderError) and failure.retriable
            if not again or self._answer.begun or self._unwanted(generation):
                break
            if attempt < settings.retries:
                self._rest(generation)
        if self._unwanted(generation):
            return
        if failure is None and not self._answer.begun:
            failure = ProviderError('the answer has nothing that can be said', retriable=False)
        if failure is None:
            self.statistics.answers += 1
            self._voice.problem('')
            return
        self.statistics.failed += 1
        if isinstance(failure, (UserError, ProviderError)):
            self._voice.problem(str(failure))
        else:
            # Who writes answers may be code of the user's own: its bug costs one answer.
            log.error('an answer failed', exc_info=failure)
        if settings.excuse and not self._answer.begun:
            self._voice.say(settings.excuse, '')

    def _attempt(self, generation: int, locale: str) -> Exception | None:
        """Say an answer as it is written; return why it could not be."""
        said = 0
        clauses = ClauseStream(locale)
        for part in self._parts(generation):
            if self._unwanted(generation):
                return None
            if isinstance(part, Exception):
                # What is whole of it is said; half a word is not.
                self._say(generation, clauses.pause(), clauses.locale)
                return part
            pieces = clauses.feed(part) if part else clauses.pause()
            said += sum(map(len, pieces))
            self._say(generation, pieces, clauses.locale)
            if said >= self.settings.longest:
                return None
        self._say(generation, clauses.finish(), clauses.locale)
        return None

    def _parts(self, generation: int) -> Iterator[str | Exception]:
        """Yield an answer's parts, '' where the next one takes its time, or why it ended."""
        parts: queue.Queue[str | Exception | None] = queue.Queue(WORDS_AHEAD)
        left = threading.Event()

        def unwanted() -> bool:
            return left.is_set() or self._unwanted(generation)

        messages = self._history.messages(self.settings.instructions)
        threading.Thread(target=_read, args=(self._ask, messages, parts, unwanted), daemon=True,
                         name='answer').start()
        try:
            came = time.monotonic()
            while not unwanted():
                try:
                    part = parts.get(timeout=POLL_INTERVAL)
                except queue.Empty:
                    if time.monotonic() - came >= PAUSE:
                        yield ''
                        came = time.monotonic()
                    continue
                came = time.monotonic()
                if part is None:
                    return
                yield part
        finally:
            left.set()

    def _say(self, generation: int, pieces: list[str], locale: str) -> None:
        for piece in pieces:
            with self._changed:
                if generation != self._generation:
                    return
                if not self._answer.begun:
                    self.statistics.first_piece = time.monotonic() - self._asked_at
                self._answer.add(piece, locale)
                self._voice.say(piece, locale)

    def _unwanted(self, generation: int) -> bool:
        return generation != self._generation

    def _rest(self, generation: int) -> None:
        deadline = time.monotonic() + RETRY_AFTER
        with self._changed:
            while not self._unwanted(generation) and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)


def _read(ask: Ask, messages: Sequence[Mapping[str, str]],
          parts: queue.Queue[str | Exception | None], unwanted: Callable[[], bool]) -> None:
    """Read an answer into a queue until nobody wants it; its reading may wait for the network."""
    def put(part: str | Exception | None) -> bool:
        while not unwanted():
            try:
                parts.put(part, timeout=POLL_INTERVAL)
            except queue.Full:
                continue
            return True
        return False

    end: Exception | None = None
    try:
        for part in ask(messages, unwanted):
            if part and not put(part):
                return
    except Exception as error:  # passed on to the thread that waits for it
        end = error
    put(end)
