"""Somebody speaks into an end of a simulated link: sound, and what a recognizer makes of it."""

from __future__ import annotations

import dataclasses

from link_simulation import Simulation
from txt2vid_ros.link.messages import OutgoingText, ReceivedAudio, SoundPath
from txt2vid_ros.link.sound.rungs import PACKET_SECONDS
from txt2vid_ros.link.sound.speech_ways import SpeechWays

AT_ONCE = 3
"""Packets of sound that are captured together, which saves the simulation steps."""


@dataclasses.dataclass
class Spoken:
    """An utterance, as it was spoken."""

    text: str
    start: float
    end: float


class Conversation:
    """
    Both ends of a simulated link as their nodes use them, and a speaker at the sender's.

    Each packet of loud sound holds the number of its utterance, so that it shows what was heard.
    """

    RECOGNIZED_AFTER = 1.0

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.modes: list[tuple[float, str]] = []
        self.spoken: list[Spoken] = []
        self.sound_heard: dict[int, int] = {}
        """How many packets of each utterance have been heard."""
        self.bit_rates: list[int] = []
        self._recognized = 0
        self.ways = SpeechWays(
            lambda action: action(simulation.sender, simulation.sender_time),
            lambda: simulation.sender_time,
            lambda mode: self.modes.append((simulation.now, mode)))
        self.ways.choose('text')

    def speak(self, seconds: float, pause: float = 2.0, text: str = '') -> None:
        """Say an utterance, and be silent after it."""
        number = len(self.spoken)
        start = self.simulation.sender_time.wall
        self.spoken.append(Spoken(text or f'Utterance number {number}.', start, start + seconds))
        self._capture(seconds, number)
        self._capture(pause, None)

    def be_silent(self, seconds: float) -> None:
        self._capture(seconds, None)

    def packets(self, number: int) -> int:
        """Return how many packets an utterance has."""
        spoken = self.spoken[number]
        return round((spoken.end - spoken.start) / PACKET_SECONDS)

    def once(self) -> list[str]:
        """
        Return for each utterance whether it came as text or as sound, and whether wholly.

        Words at its end are a text too, where its beginning came as sound.
        """
        heard = [text.split() for text in self.simulation.heard]
        return [' '.join(
            ['text'] * sum(spoken.text.split()[-len(each):] == each for each in heard)
            + (['sound'] if self.sound_heard.get(number) == self.packets(number) else
               ['part'] if number in self.sound_heard else []))
            for number, spoken in enumerate(self.spoken)]

    def _capture(self, seconds: float, number: int | None) -> None:
        left = round(seconds / PACKET_SECONDS)
        while left:
            count = min(left, AT_ONCE)
            left -= count
            self.simulation.run(count * PACKET_SECONDS)
            self._take_events()
            now = self.simulation.sender_time.wall
            for at in range(count, 0, -1):
                begin = now - at * PACKET_SECONDS
                bit_rate = self.ways.captured(begin, begin + PACKET_SECONDS, number is not None)
                if bit_rate and number is not None:
                    size = round(bit_rate * PACKET_SECONDS / 8)
                    self.ways.send(number.to_bytes(2, 'big') + bytes(size - 2), begin)
            self._recognize(now)
            self.ways.look()
        self.simulation.settle()

    def _recognize(self, now: float) -> None:
        while (self._recognized < len(self.spoken)
               and self.spoken[self._recognized].end + self.RECOGNIZED_AFTER < now):
            spoken = self.spoken[self._recognized]
            self._recognized += 1
            utterance = OutgoingText(spoken.text, 'ann', 'en', spoken.start - 0.2)
            sent = self.ways.text_of(utterance, final=True)
            if sent is not None:
                self.simulation.sender.submit(sent, self.simulation.sender_time)

    def _take_events(self) -> None:
        for event in self.simulation.sender_events:
            if isinstance(event, SoundPath):
                self.bit_rates.append(event.bit_rate)
                self.ways.path(event)
        self.simulation.sender_events.clear()
        for event in self.simulation.receiver_events:
            if isinstance(event, ReceivedAudio):
                for packet in event.packets:
                    number = int.from_bytes(packet[:2], 'big')
                    self.sound_heard[number] = self.sound_heard.get(number, 0) + 1
        self.simulation.receiver_events.clear()
