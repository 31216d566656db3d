"""What a recording costs as sound over the link, every byte counted: headers, tags, reports."""

from __future__ import annotations

from pathlib import Path
import sys

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.protocol.audio import AudioBody, REPORT_BYTES
from txt2vid_ros.link.sound.incoming import REPORT_INTERVAL
from txt2vid_ros.link.sound.rungs import PACKET_SECONDS, RUNGS, SoundRung
from txt2vid_ros.media.jitter.noise_gate import NoiseGate
from txt2vid_ros.media.sound_file import read_sound
from txt2vid_ros.media.speech_coding.opus import OpusEncoder, PACKET_SAMPLES

HOLD_SECONDS = 0.6


def wire_bps(sound: NDArray[np.float32], rung: SoundRung, config: LinkConfig) -> dict[str, float]:
    """Return bit/s of mono sound at SPEECH_RATE, (n,): coded, on the wire, and of reports."""
    encoder, gate = OpusEncoder(rung.bit_rate), NoiseGate(HOLD_SECONDS)
    groups: list[list[bytes]] = [[]]
    coded = 0
    for at in range(0, len(sound) - PACKET_SAMPLES + 1, PACKET_SAMPLES):
        samples = sound[at:at + PACKET_SAMPLES]
        packet = encoder.encode(samples)
        if not gate.hears(samples):
            groups.append([])
            continue
        coded += len(packet)
        if len(groups[-1]) == rung.packets:
            groups.append([])
        groups[-1].append(packet)
    sent = [group for group in groups if group]
    seconds = PACKET_SECONDS * sum(map(len, sent))
    bits = sum(config.wire_bits(bytes(config.sound_overhead + len(AudioBody(tuple(each)).pack())))
               for each in sent)
    report = config.wire_bits(bytes(config.sound_overhead + 1 + REPORT_BYTES)) / REPORT_INTERVAL
    return {'seconds': seconds, 'coded_bps': 8 * coded / seconds, 'wire_bps': bits / seconds,
            'report_bps': report}


def main() -> None:
    """Print the figures of each rung for the sound files that are named."""
    sound = np.concatenate([part for name in sys.argv[1:]
                            for part in read_sound(Path(name), SPEECH_RATE)])
    for rung in RUNGS:
        figures = wire_bps(sound, rung, LinkConfig())
        print(f'{rung.bit_rate} bit/s, {rung.packets} packets a datagram:',
              ', '.join(f'{name} {value:.0f}' for name, value in figures.items()))


if __name__ == '__main__':
    main()
