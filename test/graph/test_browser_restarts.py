"""A conversation in a real browser goes on after each part of the graph has been killed."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import time

from graph_harness import eventually, FAST, TalkingHead
from hearing import words
import numpy as np
from page_transcript import lines, understood
import pytest
from speech_clips import clip, RATE, write
from txt2vid_ros.bench.rig.chromium import microphone, Page, program

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]

PAUSE = 6.0
"""Seconds between two questions; the answer is heard in them, or its begin on a busy machine."""
PARTS = {'stt': 'listening', 'tts': 'ready to speak', 'lipsync': 'showing the face',
         'responder': 'saying back', 'stream': '', 'web': 'watch in a browser'}
"""What is killed, one after the other, and what it says where it works."""
TYPED_AFTER = ('tts', 'stream', 'web')
"""What a typed text goes through; a spoken one goes through all."""
TYPED = 'This was typed in place of {}.'
BEGUN = 2
"""Words of an answer by which it is known; the next question may end it, as it should."""
SOON = 20.0
"""Seconds for a text that arrives to be said."""
LOUD = 0.05
"""A sample of speech, of full scale."""
LISTEN = """{
  const context = new AudioContext();
  const ear = context.createAnalyser();
  const samples = new Float32Array(ear.fftSize);
  let stream = null;
  window.loudest = 0;
  clearInterval(window.listening);
  window.listening = setInterval(() => {
    const { srcObject } = document.getElementById('face');
    if (srcObject && srcObject !== stream) context.createMediaStreamSource(srcObject).connect(ear);
    stream = srcObject;
    ear.getFloatTimeDomainData(samples);
    for (const each of samples) window.loudest = Math.max(window.loudest, Math.abs(each));
  }, 20);
}"""


def wait_for_the_face(page: Page) -> None:
    """Wait until pictures arrive by WebRTC and move on."""
    eventually(lambda: page.evaluate(
        'document.getElementById("face")?.videoWidth > 0 && '
        '!!document.getElementById("face").srcObject'), 'the face by WebRTC')

    def frames() -> int:
        return int(page.evaluate(
            'document.getElementById("face").getVideoPlaybackQuality().totalVideoFrames'))

    begin = frames()
    # Fewer where the element plays another stream than before.
    eventually(lambda: frames() not in range(begin, begin + 10), 'the face to move on')


def talking(page: Page) -> bool:
    """Return whether the page says that its microphone is on."""
    return bool(page.evaluate('document.getElementById("talk")?.ariaPressed === "true"'))


def talk(page: Page) -> None:
    """Turn the microphone on."""
    eventually(lambda: page.evaluate('document.getElementById("talk")?.hidden === false'),
               'the button to talk')
    page.click('#talk')
    eventually(lambda: talking(page), 'the microphone')


def wait_for_an_answer(page: Page, sentence: list[str], after: str) -> None:
    """Wait for a question that is heard from now on, and for the face to repeat it."""
    before = len(lines(page))

    def repeated(heard: list[str], later: list[tuple[str, list[str]]]) -> bool:
        return any(who == 'face' and len(said) >= BEGUN and heard[:len(said)] == said
                   for who, said in later)

    def answered() -> bool:
        new = lines(page)[before:]
        return any(who == 'you' and understood(heard, sentence) and repeated(heard, new[at:])
                   for at, (who, heard) in enumerate(new))

    eventually(answered, f'question and answer after {after}')


def stop_talking(page: Page) -> None:
    """Turn the microphone off."""
    page.click('#talk')
    eventually(lambda: not talking(page), 'the end of the microphone')


def type_until_it_is_heard(page: Page, part: str) -> None:
    """Type a text, again where it was lost on its way; it is written down and heard."""
    wanted = ('face', words(TYPED.format(part)))
    before = len(lines(page))

    def heard() -> bool:
        eventually(lambda: page.evaluate('!document.getElementById("write").hidden'), 'the box')
        page.evaluate(LISTEN)
        page.evaluate('document.getElementById("text").focus()')
        page.write(TYPED.format(part))
        page.press('Enter')
        until = time.monotonic() + SOON
        while time.monotonic() < until:
            if wanted in lines(page)[before:] and page.evaluate('window.loudest') > LOUD:
                return True
            time.sleep(0.05)
        return False

    eventually(heard, f'what was typed after the end of {part}')


def kill(head: TalkingHead, part: str) -> None:
    """Kill a part and wait until it works again."""
    told, pid = len(head.lines), head.node_pid(part)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: head.running(part) not in (None, pid), f'{part} again')
    if PARTS[part]:
        head.wait_line(rf'{part} \| INFO: {PARTS[part]}', after=told)


def test_the_conversation_goes_on_after_each_part_was_killed(tmp_path: Path) -> None:
    """What is typed and what is said into the microphone, without loading the page again."""
    spoken = clip('0930')
    sound = write(tmp_path / 'stranger.wav', np.concatenate(
        [spoken.sound(), np.zeros(int(PAUSE * RATE), np.float32)]))
    with TalkingHead(tmp_path, *FAST, '--tts', 'hibari', '--web', 'true', '--responder',
                     'echo') as head:
        head.ready()
        with Page(f'{head.url}/', tmp_path / 'profile', microphone(sound)) as page:
            wait_for_the_face(page)
            for part in PARTS:
                talk(page)
                kill(head, part)
                if part == 'web':
                    # The page ends what nobody hears, and leaves it to its user to talk again.
                    eventually(lambda: not talking(page), 'the end of the microphone')
                    wait_for_the_face(page)
                    talk(page)
                wait_for_the_face(page)
                wait_for_an_answer(page, words(spoken.text), part)
                stop_talking(page)
                if part in TYPED_AFTER:
                    type_until_it_is_heard(page, part)
        assert head.stop() == 0
