"""The face in real headless Chromium over WHEP, and its microphone over WHIP."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import pathlib
from typing import Any
import wave

from face_server import FaceServer
import numpy as np
import pytest
from rig import Rig, until
from txt2vid_ros.bench.rig import chromium
from txt2vid_ros.media.speech_timeline import SpeechTimeline

pytestmark = pytest.mark.skipif(chromium.program() is None, reason='there is no Chromium')

NTP_EPOCH_MS = 2_208_988_800_000
TONE_HZ = 700
TONE_SECONDS = 0.5
"""The fake microphone hears this tone for the first half of each second."""


class Faces:
    """A browser on a server that follows one stream after the other."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.speech = SpeechTimeline()
        self._stream = contextlib.ExitStack()
        self._parts = contextlib.ExitStack()
        try:
            self.server = self._parts.enter_context(FaceServer(self.speech))
            self.page = self._parts.enter_context(chromium.Page(
                self.server.url, folder / 'profile', chromium.microphone(tone(folder))))
            self.stream()
            until(lambda: self.page.evaluate('typeof watch') == 'function', 'the page')
        except BaseException:
            self.close()
            raise

    def stream(self) -> None:
        """Start a stream, in place of that before."""
        self._stream.close()
        self.rig = self._stream.enter_context(Rig(speech=self.speech))
        self.server.follow(self.rig.output.url)

    def close(self) -> None:
        self._stream.close()
        self._parts.close()

    def inbound(self, kind: str) -> dict[str, Any]:
        """Return what the browser says of a track."""
        return dict(self.page.evaluate(f'inbound("{kind}")'))

    def more_frames(self, count: int = 10) -> None:
        """Wait until the browser has decoded more frames."""
        before = self.inbound('video').get('framesDecoded', 0)
        until(lambda: self.inbound('video').get('framesDecoded', 0) >= before + count, 'frames')


def tone(folder: pathlib.Path) -> pathlib.Path:
    """Write the sound of the fake microphone."""
    times = np.arange(48_000) / 48_000
    samples = 0.3 * np.sin(2 * np.pi * TONE_HZ * times) * (times < TONE_SECONDS)
    with wave.open(str(folder / 'tone.wav'), 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes((samples * 32767).astype('<i2').tobytes())
    return folder / 'tone.wav'


@pytest.fixture(scope='module')
def faces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faces]:
    faces = Faces(tmp_path_factory.mktemp('browser'))
    try:
        faces.page.evaluate('watch()')
        yield faces
        assert not faces.server.faults
    finally:
        faces.close()


def test_the_face_is_seen_as_it_was_encoded(faces: Faces) -> None:
    faces.more_frames(25)
    video = faces.inbound('video')
    assert (video['frameWidth'], video['frameHeight']) == (160, 120)
    assert 'profile-level-id=42' in video['codecId']
    assert faces.page.evaluate('face.videoWidth') == 160


def test_the_voice_is_heard_when_it_speaks(faces: Faces) -> None:
    until(lambda: faces.inbound('audio').get('packetsReceived', 0) > 50, 'silence is sent too')
    assert faces.inbound('audio')['totalAudioEnergy'] == 0
    faces.rig.clap(2)
    until(lambda: faces.inbound('audio')['totalAudioEnergy'] > 0.01, 'the claps')


def test_the_page_knows_the_stamp_of_what_it_plays(faces: Faces) -> None:
    """By the sender reports the playout times are stamps: so captions can follow the sound."""
    until(lambda: all(faces.inbound(kind).get('estimatedPlayoutTimestamp')
                      for kind in ('video', 'audio')), 'sender reports')
    for kind in ('video', 'audio'):
        played = faces.inbound(kind)['estimatedPlayoutTimestamp'] - NTP_EPOCH_MS
        assert played / 1000 == pytest.approx(faces.rig.clock.now() / 1e9, abs=3.0)


def test_more_viewers_see_the_same_stream(faces: Faces) -> None:
    before = faces.server.figures()['viewers']
    # The place of the first viewer is kept, so that the second one can be ended.
    first = faces.page.evaluate('(() => { window.first = [viewer, face.srcObject]; })()')
    assert first is None
    assert faces.page.evaluate('watch(["video"])') > 0
    assert faces.server.figures()['viewers'] == before + 1
    faces.more_frames()
    assert faces.page.evaluate(
        "fetch(place, {method: 'DELETE'}).then(answer => answer.status)") == 200
    until(lambda: faces.server.figures()['viewers'] == before, 'the second viewer to be gone')
    faces.page.evaluate('(() => { viewer.close(); [viewer, face.srcObject] = first; })()')
    faces.more_frames()


def test_it_goes_on_when_the_stream_starts_again(faces: Faces) -> None:
    faces.more_frames()
    faces.stream()
    faces.more_frames(25)
    faces.rig.clap(1)
    energy = faces.inbound('audio')['totalAudioEnergy']
    until(lambda: faces.inbound('audio')['totalAudioEnergy'] > energy + 0.005, 'the clap')


def test_a_microphone_is_heard_as_it_is(faces: Faces) -> None:
    place = faces.page.evaluate('talk()')
    microphone = faces.server.microphone
    until(lambda: microphone.seconds > 4.5, 'the microphone')
    assert faces.page.evaluate(
        f"fetch('{place}', {{method: 'DELETE'}}).then(answer => answer.status)") == 200
    until(lambda: faces.server.figures()['talkers'] == 0, 'the microphone to be gone')
    samples = microphone.samples[16_000:64_000]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * 16_000 / len(samples) == pytest.approx(TONE_HZ, abs=2)
    assert np.sqrt((samples ** 2).mean()) == pytest.approx(0.15, rel=0.15)
    # In step: the tone begins a second after the last time, by the stamps.
    begins = onsets(microphone.blocks)
    assert len(begins) >= 2
    assert np.diff(begins) == pytest.approx(np.ones(len(begins) - 1), abs=0.02)
    assert begins[-1] < faces.rig.clock.now() / 1e9


def onsets(blocks: list[tuple[int, Any]]) -> list[float]:
    """Return the seconds at which sound begins after at least 0.2 s of silence."""
    found, quiet = [], 0.0
    for stamp, samples in blocks[30:]:
        for at in range(0, len(samples), 16):
            loud = np.abs(samples[at:at + 16]).max() > 0.05
            if loud and quiet > 0.2:
                found.append(stamp / 1e9 + at / 16_000)
            quiet = 0.0 if loud else quiet + 0.001
    return found
