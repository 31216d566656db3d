"""How a voice is made into another one: its shape, and those that have a name."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from txt2vid_ros.core.parameters import parameter


@dataclasses.dataclass(frozen=True)
class VoiceShape:
    """What is changed of a voice; without arguments it stays as it is."""

    pitch: float = parameter(0.0, 'semitones by which the voice is higher than its own pitch',
                             minimum=-18.0, maximum=12.0)
    formant: float = parameter(1.0, 'factor of all formant frequencies: 0.85 makes of a woman the '
                               'size of a man, 1.2 that of a child', minimum=0.7, maximum=1.35)
    range: float = parameter(  # noqa: A003
        1.0, 'factor of the range of its melody, in semitones: 0 is a monotone',
        minimum=0.0, maximum=2.0)
    pace: float = parameter(1.0, 'factor of its pace, beside speed: 2 speaks twice as fast',
                            minimum=0.5, maximum=2.0)
    breath: float = parameter(0.0, 'dB by which the breath in voiced sounds is louder',
                              minimum=-12.0, maximum=12.0)
    tilt: float = parameter(0.0, 'dB an octave by which voiced sounds are brighter; below 0 they '
                            'are darker', minimum=-6.0, maximum=6.0)

    def then(self, more: VoiceShape) -> VoiceShape:
        """Return both shapes in one: semitones and dB add up, factors multiply."""
        return VoiceShape(self.pitch + more.pitch, self.formant * more.formant,
                          self.range * more.range, self.pace * more.pace,
                          self.breath + more.breath, self.tilt + more.tilt)


UNCHANGED = VoiceShape()
NAMED: Mapping[str, VoiceShape] = {
    'oak': VoiceShape(pitch=-11.0, formant=0.82, range=0.85, pace=0.94, tilt=-4.5),
    'cedar': VoiceShape(pitch=-7.0, formant=0.9, range=1.2, pace=1.06, breath=-2.0, tilt=1.5),
    'willow': VoiceShape(pitch=-3.0, formant=0.94, range=0.8, pace=0.93, breath=5.0, tilt=-1.5),
    'wren': VoiceShape(pitch=4.0, formant=1.1, range=1.15, pace=1.05, tilt=1.0),
}
"""All are made of hibari's voice heart: two men, the first deep and slow, the second lighter and
livelier, and two women, the first low and breathy, the second bright and quick."""
