"""Raw sound in any format that AudioInfo states is decoded; any other is named and refused."""

from __future__ import annotations

import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.sample_format import MonoDecoder, SampleFormat

HALVES = {'<i2': [2 ** 14, -2 ** 14], '<i4': [2 ** 30, -2 ** 30], '<f4': [0.5, -0.5]}


@pytest.mark.parametrize(('name', 'kind'), [
    ('', '<i2'), ('S16LE', '<i2'), ('s16le', '<i2'), ('S16', '<i2'), ('S32LE', '<i4'),
    ('s32', '<i4'), ('F32LE', '<f4'), ('f32', '<f4')])
def test_every_spelling_is_decoded_with_one_scale(name: str, kind: str) -> None:
    form = SampleFormat.parse('voice/audio', name, 1, 24000)
    data = np.array(HALVES[kind], kind).tobytes()
    assert form.rate == 24000
    assert form.decode(data).tolist() == [0.5, -0.5]
    assert MonoDecoder().decode(form, data + b'\1').tolist() == [0.5, -0.5]


def test_channels_are_kept_apart_or_mixed() -> None:
    form = SampleFormat.parse('voice/audio', 'S16LE', 2, 16000)
    data = np.array([[2 ** 14, 0], [-2 ** 14, -2 ** 14]], '<i2').tobytes()
    assert form.decode(data + b'\1\2').tolist() == [[0.5, 0.0], [-0.5, -0.5]]
    decoder = MonoDecoder()
    assert decoder.decode(form, b'').shape == (0,)
    assert decoder.decode(form, data).tolist() == [0.25, -0.5]
    # Another format begins anew, whatever was decided of the channels before.
    form = SampleFormat.parse('voice/audio', 'S16LE', 2, 24000)
    assert decoder.decode(form, np.array([[2 ** 14, -2 ** 14]] * 9, '<i2').tobytes()
                          ).tolist() == [0.5] * 9


def test_what_is_no_number_is_silence_and_nothing_is_beyond_full_scale() -> None:
    form = SampleFormat.parse('voice/audio', 'F32LE', 1, 16000)
    data = np.array([np.nan, np.inf, -np.inf, 7.0], '<f4').tobytes()
    assert MonoDecoder().decode(form, data).tolist() == [0.0, 1.0, -1.0, 1.0]
    assert not np.isfinite(form.decode(data)[:3]).any()


def test_coded_sound_is_refused_whatever_its_samples_were() -> None:
    for coding in ('', 'wave', 'WAVE', 'raw'):
        assert SampleFormat.parse('mic/audio', 'S16LE', 1, 16000, coding) == SampleFormat(16000)
    with pytest.raises(UserError, match="mic/audio has 1 channel of 'mp3' at 16000 Hz and is not"):
        SampleFormat.parse('mic/audio', 'S16LE', 1, 16000, 'mp3')


@pytest.mark.parametrize(('name', 'channels', 'rate', 'said'), [
    ('U8', 1, 22050, "voice/audio has 1 channel of 'U8' at 22050 Hz"),
    ('S16LE', 0, 16000, "voice/audio has 0 channels of 'S16LE' at 16000 Hz"),
    ('S16LE', 9, 16000, "voice/audio has 9 channels of 'S16LE' at 16000 Hz"),
    ('S16LE', 1, 3999, "voice/audio has 1 channel of 'S16LE' at 3999 Hz"),
    ('S16LE', 1, 2 ** 32 - 1, "voice/audio has 1 channel of 'S16LE' at 4294967295 Hz")])
def test_any_other_format_is_named_with_what_to_publish(
        name: str, channels: int, rate: int, said: str) -> None:
    with pytest.raises(UserError) as error:
        SampleFormat.parse('voice/audio', name, channels, rate)
    assert str(error.value) == (
        f'{said} and is not used. Publish 1 to 8 channels of S16LE, S32LE or F32LE at 4000 to '
        '192000 Hz, and say so on voice/audio_info.')
