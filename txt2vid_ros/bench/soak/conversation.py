"""The scripted conversation, and the judgement of each utterance by what a viewer hears."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import itertools
import queue
import threading
import time

from txt2vid_ros.bench.commands.latency import SENTENCES
from txt2vid_ros.bench.rig.priority import give_way
from txt2vid_ros.bench.soak.hearing import Heard, listen
from txt2vid_ros.bench.soak.log import SoakLog
from txt2vid_ros.bench.soak.stream_ring import KEPT_SECONDS, StreamRing
from txt2vid_ros.bench.soak.utterance import Utterance
from txt2vid_ros.bench.soak.witness import Witness
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.people import DEFAULT

CLAP_SPEAKER = 'clap'
"""The profile whose voice claps (see people())."""
LINK_SPEAKER = 'link'
SCRIPT = ('words', 'link', 'words', 'interrupted', 'claps')
"""What is said, over and over."""
CLAPS = 3
PAUSE = 1.0
"""Seconds between two utterances."""
PATIENCE = {'heard': 8.0, 'link': 20.0}
"""Seconds without a sound of it after which an utterance is not waited for, by its way."""
UNCONNECTED = 10.0
"""Seconds for which the conversation waits for somebody who listens."""
JUDGING_SECONDS = 60.0
"""For what has been said and is not judged yet at the end."""
AFTER, LATEST = 1.5, 10.0
"""Seconds after an utterance until viewers have it, and until the slowest has."""
UNKEPT = 5
"""Seconds before an utterance that belong to its piece of the stream, or are needed to take it."""
WHOLE, NOTHING = 0.95, 0.1
"""Shares of an utterance: from the first on it counts as heard, below the second as not."""


def people() -> str:
    """Return the speaker profiles of the conversation, as people.yaml has them."""
    return f'{DEFAULT}: {{}}\n{LINK_SPEAKER}: {{}}\n{CLAP_SPEAKER}: {{tts: clap}}\n'


class ScriptedTalk:
    """Says one thing after another on a thread; another one judges what became of it."""

    def __init__(self, witness: Witness, ring: StreamRing, log: SoakLog,
                 zeros: Callable[[int, int], set[int]], interruptions: float,
                 over_link: Callable[[Utterance], None] | None = None) -> None:
        """
        Begin to talk.

        `zeros` returns the stamps of presentation time 0 between two times; `interruptions` are
        seconds from one to the next; `over_link` sends an utterance over the text link.
        """
        self._witness = witness
        self._ring = ring
        self._log = log
        self._zeros = zeros
        self._over_link = over_link
        self._every = interruptions
        self._interrupted_at = time.monotonic()
        self._judged: queue.Queue[Utterance | None] = queue.Queue(50)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=run, name=run.__name__.strip('_'), daemon=True)
                         for run in (self._talk, self._judge)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Say no more, and judge what has been said."""
        self._stop.set()
        self._threads[0].join(max(PATIENCE.values()) + UNCONNECTED)
        with contextlib.suppress(queue.Full):
            self._judged.put(None, timeout=JUDGING_SECONDS)
        self._threads[1].join(JUDGING_SECONDS)
        with contextlib.suppress(queue.Empty):
            while True:
                if (left := self._judged.get_nowait()) is not None:
                    self._log.add('unjudged', number=left.number)

    def _talk(self) -> None:
        script = itertools.cycle(SCRIPT)
        for number in itertools.count(1):
            if self._stop.wait(PAUSE):
                return
            kind = next(script)
            if kind == 'interrupted' and time.monotonic() - self._interrupted_at < self._every:
                kind = 'words'
            self._say(number, kind)

    def _say(self, number: int, kind: str) -> None:
        """Say one thing and wait until it has been said."""
        way = 'link' if kind == 'link' and self._over_link is not None else 'heard'
        text = ('x' * CLAPS if kind == 'claps'
                else f'Number {number}. {SENTENCES[number % len(SENTENCES)]}')
        begun = time.monotonic()
        while way == 'heard' and not self._witness.connected():
            # So does whoever uses the graph's own client.
            if self._stop.wait(0.05):
                return
            if time.monotonic() - begun > UNCONNECTED:
                self._log.add('unconnected', number=number)
                break
        speaker = (CLAP_SPEAKER if kind == 'claps' else LINK_SPEAKER if way == 'link'
                   else DEFAULT)
        utterance = Utterance(number, text, way, time.time_ns(), speaker, claps=kind == 'claps')
        if way == 'link' and self._over_link is not None:
            self._witness.follow(utterance)
            self._over_link(utterance)
        else:
            self._witness.say(utterance)
        if kind == 'interrupted' and self._witness.wait(
                lambda: bool(utterance.chunks), PATIENCE[way]):
            self._stop.wait(0.8)
            self._interrupted_at = time.monotonic()
            utterance.interrupted = True
            self._witness.interrupt()
        self._wait(utterance)
        try:
            self._judged.put(utterance, timeout=30)
        except queue.Full:
            self._log.add('unjudged', number=number)

    def _wait(self, utterance: Utterance) -> None:
        while not self._stop.is_set():
            if self._witness.wait(lambda: utterance.ends > 0, 0.2):
                self._stop.wait(max(0.0, (utterance.last - time.time_ns()) / SECOND))
                return
            since = (time.time_ns() - utterance.last) / SECOND
            if since > PATIENCE[utterance.way]:
                return

    def _judge(self) -> None:
        # Decoding takes as much of the processor as encoding.
        give_way()
        while (utterance := self._judged.get()) is not None:
            if time.time_ns() - utterance.published > (KEPT_SECONDS - UNKEPT) * SECOND:
                # Too busy to decode: what was heard then is no longer kept.
                self._log.add('unjudged', number=utterance.number)
                continue
            heard = self._heard(utterance, AFTER)
            if heard.share < WHOLE and utterance.chunks and not utterance.interrupted:
                # A viewer who was held up gets it later.
                heard = self._heard(utterance, LATEST)
            self._tell(utterance, heard)

    def _heard(self, utterance: Utterance, after: float) -> Heard:
        end = max(utterance.last, utterance.published + 3 * SECOND) + int(after * SECOND)
        begin = utterance.begun - 2 * SECOND
        if not utterance.chunks:
            # All that is heard until the conversation goes on is this one's.
            begin = utterance.published
            end = begin + int(PATIENCE[utterance.way] * SECOND)
        time.sleep(max(0.0, (end - time.time_ns()) / SECOND))
        return listen(utterance, self._ring.between(begin, end), self._zeros(begin, end))

    def _tell(self, utterance: Utterance, heard: Heard) -> None:
        at = self._log.since_begin
        verdict = ('whole' if heard.share >= WHOLE else 'cut' if heard.share >= NOTHING
                   else 'lost')
        if verdict == 'lost' and not utterance.chunks and heard.loud_seconds > 0.5:
            verdict = 'unseen'
        self._log.add(
            'utterance', number=utterance.number, way=utterance.way, claps=utterance.claps,
            interrupted=utterance.interrupted, published=round(at(utterance.published), 3),
            begun=round(at(utterance.begun), 3) if utterance.begun else None,
            last=round(at(utterance.last), 3), ends=utterance.ends, verdict=verdict,
            ids=len(utterance.ids), share=round(heard.share, 3),
            loud_s=round(heard.loud_seconds, 2), said_s=round(_union(utterance), 3),
            summed_s=round(sum(length for _, length, _ in utterance.chunks) / SECOND, 3),
            offsets_ms=[round(each, 2) for each in heard.offsets])


def _union(utterance: Utterance) -> float:
    """Return for how many seconds it is heard, each moment counted once."""
    total, until = 0, 0
    for at, length, _ in sorted(utterance.chunks):
        total += max(0, at + length - max(at, until))
        until = max(until, at + length)
    return total / SECOND
