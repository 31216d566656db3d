"""An encoder that runs for weeks holds no more than one that has run for minutes."""

from __future__ import annotations

from fractions import Fraction
import subprocess
import time
from typing import Any

import ffmpeg
from txt2vid_ros.core.process.memory import resident_bytes
from txt2vid_ros.media.output.raw_encoder import RawEncoder

RATE = 48_000
SOUND = bytes(2 * RATE * 4)
"""Four seconds, all in one write."""


def test_an_encoder_does_not_list_what_it_has_read() -> None:
    def compose(video: Any, audio: Any) -> Any:
        return ffmpeg.output(video, audio, '-', format='null', vcodec='copy', acodec='copy')

    encoder = RawEncoder(compose, 'encoder', size=(2, 2), fps=Fraction(1, 4), audio_rate=RATE,
                         frame_queue=4, sound_queue=4, stdout=subprocess.DEVNULL)
    held = []
    for place in range(161):
        assert encoder.write(bytes(6), SOUND, 60.0), encoder.complaint()
        if place in (40, 160):
            held.append(resident_bytes(encoder.pid))
    # Its last sound lies behind the last picture, of which no other will come.
    begun = time.monotonic()
    assert encoder.finish(60.0) == 0
    assert time.monotonic() - begun < 60, 'the end was waited for in vain'
    # A list of the packets in those 8 minutes would be 0.5 MB.
    assert held[1] - held[0] < 200_000
