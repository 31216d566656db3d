"""The two speakers of `txt2vid demo` are taken for two, and understood."""

from __future__ import annotations

from hearing import transcribed, words
import numpy as np
from txt2vid_ros.core.storage.share import share
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.listening.speaker_measurement.pitch import pitch_track
from txt2vid_ros.providers.voice_set import VoiceSet, VoiceSettings
from txt2vid_ros.ros.side.demonstration import LINES
from txt2vid_ros.speaking.synthesis import synthesize_text


def test_their_pitches_do_not_meet_and_every_word_is_understood() -> None:
    voices = VoiceSet(VoiceSettings(('hibari',), '', 1.0, str(share('config', 'people.yaml')),
                                    TimeLimits(0.0, 0.0, 0.0, 0.0), {}))
    pitches: dict[str, list[float]] = {}
    for speaker, text in LINES:
        voice = voices.of(speaker, 'en')
        sound = np.concatenate([each.chunk.samples for each in synthesize_text(
            text, voice, lambda: False)])
        rate = voice.capabilities.sample_rate
        assert transcribed(sound, rate) == words(text)
        heard = pitch_track(sound, rate)
        pitches.setdefault(speaker, []).extend(heard[heard > 0])
    voices.close()
    low, high = sorted(pitches.values(), key=np.median)
    # More than an octave apart, and the highest of one below the lowest of the other.
    assert np.median(high) > 2 * np.median(low)
    assert np.percentile(low, 90) < np.percentile(high, 10)
