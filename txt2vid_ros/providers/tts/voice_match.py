"""Sets the built-in voice to what was measured of a speaker."""

from __future__ import annotations

import numpy as np
from txt2vid_ros.core.parameters import specs
from txt2vid_ros.listening.speaker_measurement.speaker_voice import measured, SpeakerVoice
from txt2vid_ros.providers.tts.hibari import HibariVoice, UNSHAPED
from txt2vid_ros.providers.tts.voice_shape import VoiceShape

PASSAGE = (
    'The north wind and the sun were arguing which of them was the stronger, when a traveller '
    'came along in a warm coat.',
    'They agreed that whoever made the man take his coat off should win.')
"""After "The North Wind and the Sun", which the IPA has speakers of all languages read: about ten
seconds, and every voice says the same."""
FORMANT_RATIO, PITCH_RATIO = 1.17, 9.1
"""By how much the formants of women lie higher than those of men, and their pitch in semitones:
means of G. E. Peterson and H. L. Barney, "Control methods used in a study of the vowels", JASA
24(2), 1952."""


def reference() -> SpeakerVoice:
    """Return what is measured of the built-in voice, unshaped, as of any speaker."""
    voice = HibariVoice()
    voice.load()
    rate = voice.capabilities.sample_rate
    pause = np.zeros(rate // 2, np.float32)
    parts = [part for sentence in PASSAGE for chunk in voice.synthesize(sentence, lambda: False)
             for part in (chunk.samples, pause)]
    voice.close()
    return measured(np.concatenate(parts), rate)


def matched(speaker: SpeakerVoice, voice: SpeakerVoice) -> dict[str, str | float]:
    """
    Return the options of hibari, by full name, that bring its `voice` to a speaker's.

    Pitch, melody and pace are the speaker's; the formants are those that people of this pitch have
    on average. Each is kept within what hibari can be set to.
    """
    pitch = 12 * float(np.log2(speaker.pitch / voice.pitch))
    wanted = {'pitch': pitch, 'formant': FORMANT_RATIO ** (pitch / PITCH_RATIO),
              'range': speaker.range / voice.range, 'pace': speaker.pace / voice.pace}
    limits = specs(VoiceShape)
    options: dict[str, str | float] = {'hibari.voice': UNSHAPED}
    for name, value in wanted.items():
        low, high = limits[name].minimum, limits[name].maximum
        assert low is not None and high is not None
        options[f'hibari.{name}'] = round(min(max(value, low), high), 2)
    return options
