"""A stranger opens the page in a real browser, talks, and is answered: the whole graph."""

from __future__ import annotations

import base64
from pathlib import Path
import subprocess

from graph_harness import eventually, FAST, TalkingHead
from hearing import words
from hri_msgs.msg import LiveSpeech
import numpy as np
from page_transcript import lines, understood
import pytest
from ros_observer import Observer
from speech_clips import clip, RATE, write
from txt2vid_ros.bench.rig.chromium import microphone, Page, program
from txt2vid_ros.ros import qos

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]

BEFORE, AFTER = 4.0, 10.0
"""Seconds of silence around what the stranger says again and again; the answer fits in."""
RECORD = """(() => {
  const recorder = new MediaRecorder(new MediaStream(
    document.getElementById('face').srcObject.getAudioTracks()));
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start();
  window.recorded = async () => {
    const ended = new Promise((done) => { recorder.onstop = done; });
    recorder.stop();
    await ended;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
  };
})()"""


def seconds_of_sound(recording: str) -> float:
    """Return for how long a recording that the browser made is loud."""
    sound = subprocess.run(
        ['ffmpeg', '-v', 'error', '-i', 'pipe:0', '-f', 'f32le', '-ac', '1', '-ar', str(RATE),
         'pipe:1'], input=base64.b64decode(recording), capture_output=True, check=True).stdout
    samples = np.abs(np.frombuffer(sound, np.float32))
    blocks = samples[:len(samples) // 800 * 800].reshape(-1, 800).max(axis=1)
    return float((blocks > 0.03).sum() * 800 / RATE)


def test_who_talks_into_the_page_is_understood_and_answered(tmp_path: Path) -> None:
    spoken = clip('0930')
    sound = write(tmp_path / 'stranger.wav', np.concatenate(
        [np.zeros(int(BEFORE * RATE), np.float32), spoken.sound(),
         np.zeros(int(AFTER * RATE), np.float32)]))
    with TalkingHead(tmp_path, *FAST, '--tts', 'hibari', '--web', 'true', '--responder',
                     'echo') as head, Observer(head) as observer:
        head.ready()
        speech = observer.record(LiveSpeech, 'speech', qos.SPEECH)
        captions = observer.record(LiveSpeech, 'voice/caption', qos.CAPTION)
        with Page(f'{head.url}/', tmp_path / 'profile', microphone(sound)) as page:
            eventually(lambda: page.evaluate('document.getElementById("talk")?.hidden === false'),
                       'the button to talk')
            eventually(lambda: page.evaluate('document.getElementById("face").videoWidth > 0 && '
                                             '!!document.getElementById("face").srcObject'),
                       'the face by WebRTC')
            page.evaluate(RECORD)
            page.click('#talk')
            said = words(speech.wait(
                lambda message: understood(words(message.final), words(spoken.text))).final)
            captions.wait(lambda message: words(message.final) == said)

            def question_and_answer() -> bool:
                written = lines(page)
                return ('you', said) in written and (
                    'face', said) in written[written.index(('you', said)):]

            eventually(question_and_answer, 'both in the transcript of the page')
            # What came out of the browser's loudspeaker.
            assert seconds_of_sound(page.evaluate('recorded()')) > 1
            assert not page.problems
        assert head.stop() == 0
