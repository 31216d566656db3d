"""The page that a browser shows plays the stream and stays near its live edge."""

from __future__ import annotations

import os
import pathlib
import signal

import pytest
from rig import Rig, until
from txt2vid_ros.bench.rig.chromium import Page, program

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]


def test_a_browser_plays_the_stream_and_goes_on_after_it_broke_off(
        tmp_path: pathlib.Path) -> None:
    with Rig(width=640, height=480) as rig, \
            Page(f'http://127.0.0.1:{rig.port}/', tmp_path / 'profile') as page:
        rig.clap(60)

        def playing(since: float = 0.0) -> bool:
            return bool(page.evaluate(
                'typeof video === "object" && video.readyState >= 3 && !video.paused && '
                f'video.currentTime > {since}'))

        until(playing, 'for the picture')
        begun = page.evaluate('video.currentTime')
        rig.wait_frames(50)
        until(lambda: playing(begun + 1.5), 'for time to go on')
        assert page.evaluate('[video.videoWidth, video.videoHeight]') == [640, 480]
        assert page.evaluate('video.muted') is True
        assert 'synthetic' in page.evaluate('state.textContent')
        # Claps are heard: sound is decoded without a gap.
        assert page.evaluate('video.webkitAudioDecodedByteCount') > 0
        assert page.evaluate('video.buffered.length') == 1
        until(lambda: page.evaluate('video.buffered.end(0) - video.currentTime') < 1.0,
              'for it to be near the live edge')
        page.evaluate('sound.click()')
        assert page.evaluate('video.muted') is False
        page.screenshot(tmp_path / 'page.png')
        before = page.evaluate('video.currentTime')
        os.kill(rig.output.encoder_pid, signal.SIGKILL)
        until(lambda: rig.writer.statistics.restarts == 1)
        rig.wait_frames(25)
        until(lambda: playing(before + 1.0), 'for it to go on after the encoder was killed')
    assert not rig.faults
