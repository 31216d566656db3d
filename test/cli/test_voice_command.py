"""`txt2vid voice match` as a user runs it."""

from __future__ import annotations

from pathlib import Path

from command_line import txt2vid
import pytest
import speech_clips
from txt2vid_ros.core.people import People


def test_a_voice_is_set_to_a_recording_once_the_speaker_agrees(tmp_path: Path) -> None:
    file = speech_clips.clip('0870').file
    people = tmp_path / 'people.yaml'
    people.write_text('# ours\nben: {speed: 1.1}\n')
    words = ('voice', 'match', '--file', str(file), '--into', str(people), 'ben')
    done = txt2vid(*words, stdin='no\n')
    assert done.returncode == 2 and 'nobody said that the speaker agrees' in done.stderr
    assert people.read_text() == '# ours\nben: {speed: 1.1}\n'
    done = txt2vid(*words, stdin='Yes\n')
    assert done.returncode == 0, done.stderr
    assert 'pitch 10' in done.stdout  # 101 Hz
    assert '# ours\n' in people.read_text() and 'with consent' in people.read_text()
    ben = People.load(str(people)).get('ben')
    assert ben.speed == 1.1
    # He speaks almost an octave under the built-in voice.
    assert ben.options['hibari.pitch'] == pytest.approx(-11, abs=1)
    assert ben.options['hibari.formant'] == pytest.approx(0.83, abs=0.02)
