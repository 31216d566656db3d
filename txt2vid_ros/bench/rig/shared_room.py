"""A microphone in the room in which the face is heard, and a person there."""

from __future__ import annotations

import collections
import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.speech.room import Room
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import from_s16, SPEECH_RATE, VOICE_RATE
from txt2vid_ros.media.speech_timeline import SpeechTimeline

BLOCK = SPEECH_RATE // 50
"""Samples in a message."""
BUFFERED = SECOND // 20
"""Nanoseconds of the voice that a loudspeaker has been given and plays whatever comes."""


class SharedRoom:
    """
    Publishes mic/audio: the face's voice through a room, and what a person says over it.

    Stamps are true: a block is published when its last sample has been captured. Use as a context
    manager; keeps what stt and the voice publish meanwhile.
    """

    def __init__(self, namespace: str, room: Room, domain: int | None = None) -> None:
        """Join the graph under `namespace`."""
        from audio_common_msgs.msg import AudioDataStamped
        from hri_msgs.msg import LiveSpeech
        from std_msgs.msg import Bool, String
        from txt2vid_ros.ros import qos
        from txt2vid_ros.ros.side.side_node import SideNode
        self.decisions: list[tuple[int, str]] = []
        """What stt said on barge_in, and when it came, nanoseconds."""
        self.texts: list[str] = []
        """Final texts on speech."""
        self.captions: list[Any] = []
        """Messages of voice/caption."""
        self._voice = SpeechTimeline()
        self._room = room
        self._said: collections.deque[tuple[int, NDArray[np.float32]]] = collections.deque()
        self._stop = threading.Event()
        self._side = SideNode('shared_room', namespace, domain)
        node = self._side.node
        self._mic = node.create_publisher(AudioDataStamped, 'mic/audio', qos.AUDIO)
        node.create_subscription(AudioDataStamped, 'voice/audio', self._on_voice, qos.AUDIO)
        node.create_subscription(String, 'barge_in', lambda message: self.decisions.append(
            (time.time_ns(), message.data)), qos.SPEECH)
        node.create_subscription(LiveSpeech, 'speech', lambda message: (
            self.texts.append(message.final) if message.final else None), qos.SPEECH)
        node.create_subscription(LiveSpeech, 'voice/caption', self.captions.append, qos.CAPTION)
        self._text = node.create_publisher(String, 'text', qos.TEXT)
        self._barge_in = node.create_publisher(String, 'barge_in', qos.SPEECH)
        self.speaking = False
        """Whether the face is heard."""
        node.create_subscription(Bool, 'voice/speaking', self._on_speaking, qos.SPEAKING)
        self._side.spin()
        self._thread = threading.Thread(target=self._run, name='microphone', daemon=True)
        self._thread.start()

    def __enter__(self) -> SharedRoom:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._stop.set()
        self._thread.join(5)
        self._side.close()

    def connected(self) -> bool:
        """Return whether stt hears the microphone and tts takes texts."""
        return bool(self._mic.get_subscription_count() and self._text.get_subscription_count())

    def say(self, text: str) -> None:
        """Have the face say something."""
        from std_msgs.msg import String
        self._text.publish(String(data=text))

    def hush(self) -> None:
        """Have the face drop what it says."""
        from std_msgs.msg import String
        self._barge_in.publish(String(data='drop'))

    def talk(self, sound: NDArray[np.float32], after: float = 0.2) -> int:
        """Have the person make a sound (mono at SPEECH_RATE); return when it begins, ns."""
        begin = time.time_ns() + int(after * SECOND)
        self._said.append((begin, sound))
        return begin

    def level(self, stamp: int, seconds: float) -> float:
        """Return the level of the voice in the time from `stamp` on, RMS."""
        samples = self._voice.samples(stamp / SECOND, stamp / SECOND + seconds, SPEECH_RATE)
        return float(np.sqrt(np.square(samples).mean()))

    def _on_speaking(self, message: Any) -> None:
        self.speaking = message.data

    def _on_voice(self, message: Any) -> None:
        from txt2vid_ros.ros import messages
        stamp, name = messages.from_time(message.header.stamp), message.header.frame_id
        if len(message.audio.data):
            self._voice.push(name, stamp, from_s16(message.audio.data), VOICE_RATE)
        else:
            self._voice.end(name, max(stamp, time.time_ns() + BUFFERED))

    def _run(self) -> None:
        from txt2vid_ros.ros import messages
        begin, count = time.time_ns(), 0
        while not self._stop.is_set():
            start = begin + count * SECOND // SPEECH_RATE
            count += BLOCK
            end = begin + count * SECOND // SPEECH_RATE
            self._stop.wait(max(0.0, (end - time.time_ns()) / SECOND))
            heard = self._room.hear(self._voice.samples(
                start / SECOND, start / SECOND + BLOCK / SPEECH_RATE, SPEECH_RATE))
            for at, sound in self._said:
                first = round((at - start) * SPEECH_RATE / SECOND)
                low, high = max(first, 0), min(first + len(sound), BLOCK)
                if low < high:
                    heard[low:high] += sound[low - first:high - first]
            while self._said and self._said[0][0] + SECOND * (
                    len(self._said[0][1]) / SPEECH_RATE) < start:
                self._said.popleft()
            self._mic.publish(messages.to_audio('room', start, np.clip(heard, -1, 1)))
            self._voice.forget(start / SECOND)
