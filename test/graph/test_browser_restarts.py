"""A conversation in a real browser goes on after each part of the graph has been killed."""

from __future__ import annotations

import os
from pathlib import Path
import signal

from graph_harness import eventually, FAST, TalkingHead
from hearing import words
import numpy as np
import pytest
from speech_clips import clip, RATE, write
from txt2vid_ros.bench.rig.chromium import microphone, Page, program
from txt2vid_ros.bench.rig.running_graph import free_port

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]

PAUSE = 3.0
"""Seconds between two questions; the answer is heard in them."""
PARTS = (('stt', 'tts', 'lipsync'), ('responder', 'stream', 'web'))
"""What is killed at the same time."""


def lines(page: Page) -> list[list[str]]:
    """Return what the transcript of the page has, as lists of words."""
    return [words(line) for line in page.evaluate(
        '[...document.querySelectorAll("#transcript bdi")].map(each => each.textContent)')]


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
    """Wait for a question that is heard from now on, and for its answer."""
    before = len(lines(page))

    def answered() -> bool:
        # The first of what is new may be the answer to an earlier question.
        return lines(page)[before:][-2:] == 2 * [sentence]

    eventually(answered, f'question and answer after {after}')


def test_the_conversation_goes_on_after_each_part_was_killed(tmp_path: Path) -> None:
    spoken = clip('0930')
    sound = write(tmp_path / 'stranger.wav', np.concatenate(
        [spoken.sound(), np.zeros(int(PAUSE * RATE), np.float32)]))
    with TalkingHead(tmp_path, *FAST, '--tts', 'hibari', '--web', 'true', '--responder',
                     'echo', http=f'127.0.0.1:{free_port()}') as head:
        head.ready()
        with Page(f'{head.url}/', tmp_path / 'profile', microphone(sound)) as page:
            wait_for_the_face(page)
            talk(page)
            wait_for_an_answer(page, words(spoken.text), 'the start')
            for parts in PARTS:
                before = {part: head.node_pid(part) for part in parts}
                for pid in before.values():
                    os.kill(pid, signal.SIGKILL)
                for part, pid in before.items():
                    eventually(lambda part=part, pid=pid: head.running(part) not in (None, pid),
                               f'{part} again')
                if 'web' in parts:
                    # The page ends what nobody hears, and leaves it to its user to talk again.
                    eventually(lambda: not talking(page), 'the end of the microphone')
                wait_for_the_face(page)
                if 'web' in parts:
                    talk(page)
                wait_for_an_answer(page, words(spoken.text), f'the end of {parts}')
        assert head.stop() == 0
