"""Sound that goes over a link: mic/audio becomes packets, and packets become peer/audio."""

from __future__ import annotations

import collections
from typing import Protocol

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import String
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.capture_loop import Chunker
from txt2vid_ros.media.capture.source import SoundBlock
from txt2vid_ros.media.jitter.noise_gate import NoiseGate
from txt2vid_ros.media.speech_coding.opus import OpusDecoder, OpusEncoder, PACKET_SAMPLES
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.sound.sound_input import SoundInput

PACKET_SECONDS = PACKET_SAMPLES / SPEECH_RATE
HOLD_SECONDS = 0.6
"""Seconds for which silence is sent too, as after it an utterance is over at the other end."""
PACKETS_BEFORE = 2
"""That are sent of the silence before speech: it may begin softly."""
SEAM_SECONDS = 0.005
"""Seconds by which packets of continuous sound may be apart."""
LOOK_INTERVAL = 0.5
FRAME_ID = 'peer'


class SpeechSender(Protocol):
    """Decides which sound goes over the link, and sends it. Times are seconds."""

    def captured(self, begin: float, end: float, loud: bool) -> int:
        """Return the bit rate with which sound goes, 0 where it does not."""
        ...

    def send(self, packet: bytes, begin: float) -> None:
        """Send a packet that was captured from `begin` on."""
        ...

    def look(self) -> None:
        """Do what waits for time to pass; called twice a second."""
        ...


class PeerSound:
    """The topics mic/audio, peer/audio, peer/audio_info and link/mode of a link node."""

    def __init__(self, node: ManagedNode, plays: bool) -> None:
        """Create the publishers: those of sound where the node `plays` the peer's."""
        self._node = node
        self._mode = node.publisher(String, 'link/mode', qos.INFO)
        self._audio = node.publisher(AudioDataStamped, 'peer/audio', qos.AUDIO) if plays else None
        self._info = node.publisher(AudioInfo, 'peer/audio_info', qos.INFO) if plays else None
        self._sender: SpeechSender | None = None
        self._decoder: OpusDecoder | None = None
        self._played_until = 0.0

    def start(self, sender: SpeechSender) -> None:
        """Tell the format, and begin to do what takes time; the node is active now."""
        self._sender = sender
        self._input: SoundInput | None = None
        if self._info is not None:
            self._info.publish(messages.audio_info(SPEECH_RATE))
        self._node.create_timer(LOOK_INTERVAL, sender.look)

    def tell_mode(self, mode: str) -> None:
        """Publish which mode is in use."""
        self._mode.publish(String(data=mode))

    def listen(self) -> None:
        """Subscribe to mic/audio, unless that is done."""
        if self._sender is not None and self._input is None:
            self._chunker = Chunker(PACKET_SAMPLES)
            self._gate = NoiseGate(HOLD_SECONDS)
            self._encoder: OpusEncoder | None = None
            self._before: collections.deque[tuple[bytes, float]] = collections.deque(
                maxlen=PACKETS_BEFORE)
            self._input = SoundInput(self._node, self._take)

    def play(self, stamp: float, seconds: float, packets: tuple[bytes, ...]) -> None:
        """Publish packets that follow each other, captured from `stamp` (wall clock) on."""
        if self._audio is None:
            return
        try:
            decoder = self._decoder = self._decoder or OpusDecoder()
        except UserError as error:
            self._node.set_problem('peer/audio', str(error))
            return
        if abs(stamp - self._played_until) > SEAM_SECONDS:
            decoder.follows_a_gap()
        begin = stamp - decoder.held
        samples = np.concatenate([decoder.decode(packet) for packet in packets])
        self._played_until = stamp + len(packets) * seconds
        if len(samples):
            self._audio.publish(messages.to_audio(
                FRAME_ID, max(0, round(begin * SECOND)), samples))

    # What was captured ------------------------------------------------------------------------

    def _take(self, stamp: int, samples: NDArray[np.float32]) -> None:
        for block in self._chunker.push(SoundBlock(stamp, samples)):
            padded = np.pad(block.samples, (0, PACKET_SAMPLES - len(block.samples)))
            self._packet(block.stamp / SECOND, padded)

    def _packet(self, begin: float, samples: NDArray[np.float32]) -> None:
        assert self._sender is not None
        heard = self._gate.hears(samples)
        loud = heard and not self._gate.pausing
        bit_rate = self._sender.captured(begin, begin + PACKET_SECONDS, loud)
        if not bit_rate:
            self._before.clear()
            return
        # A new encoder leaves a seam, so a word is coded to its end as finely as it began.
        if self._encoder is None or bit_rate < self._encoder.bit_rate or (
                bit_rate > self._encoder.bit_rate and not loud):
            self._encoder = OpusEncoder(bit_rate)
        self._before.append((self._encoder.encode(samples), begin))
        while heard and self._before:
            self._sender.send(*self._before.popleft())
