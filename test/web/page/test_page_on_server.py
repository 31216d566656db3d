"""The page on the real web server: the clap test of its captions, the fall-back, other pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import http.server
import statistics
import threading
import time

import numpy as np
import pytest
from rig import MovableClock, Rig, until
from txt2vid_ros.bench.rig.chromium import MICROPHONE, Page, program
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.web.face_media import FaceMedia, RtcSettings
from txt2vid_ros.web.server.server import WebServer
from txt2vid_ros.web.server.settings import WebSettings

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]

TOKEN = 'a-token-of-some-length'
CLAPS = 4
LENGTH = 0.2
"""Seconds of a clap: several pictures, of which a busy browser may miss some."""
# Notes when a flash is on the screen, and when a word is marked as the spoken one.
OBSERVE = """{
  const face = document.getElementById('face'), said = document.getElementById('said');
  const dot = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  window.flashes = [];
  window.marks = {};
  let bright = false;
  const look = () => {
    dot.drawImage(face, 0, 0, 1, 1);
    const now = dot.getImageData(0, 0, 1, 1).data[1] > 90;
    if (now && !bright) flashes.push(performance.now());
    bright = now;
    face.requestVideoFrameCallback(look);
  };
  face.requestVideoFrameCallback(look);
  new MutationObserver(() => {
    const word = said.querySelector('.now')?.textContent;
    // By how much the browser itself plays the sound before the picture at that time.
    const early = parseFloat(document.querySelectorAll('#figures dd')[2].textContent) || 0;
    if (word) marks[word] ??= performance.now() + early;
  }).observe(said, { subtree: true, childList: true, attributes: true });
}"""


class Graph:
    """What the page asks of the graph, noted."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.figures: dict[str, float] = {}

    def say(self, text: str, speaker: str) -> str:
        self.said.append((text, speaker))
        return ''

    def interrupt(self, answer: Callable[[str], None]) -> None:
        answer('')

    def measured(self, figures: dict[str, float]) -> None:
        self.figures = figures

    def now(self) -> int:
        return time.time_ns()


class OtherPage(http.server.BaseHTTPRequestHandler):
    """A page of somebody else, with one line of ours."""

    line = ''

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write(f'<!doctype html><h1>Elsewhere</h1>{self.line}<p>More</p>'.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Face:
    """A stream of flashes and claps, the server, and a page of another origin."""

    def __init__(self, parts: contextlib.ExitStack) -> None:
        self.speech, self.graph = SpeechTimeline(), Graph()
        self.clock = MovableClock()
        self.rig = parts.enter_context(Rig(speech=self.speech, clock=self.clock))
        elsewhere = http.server.ThreadingHTTPServer(('127.0.0.1', 0), OtherPage)
        thread = threading.Thread(target=elsewhere.serve_forever, args=(0.05,))
        thread.start()
        parts.callback(thread.join)
        parts.callback(elsewhere.server_close)
        parts.callback(elsewhere.shutdown)
        self.elsewhere = f'http://127.0.0.1:{elsewhere.server_address[1]}'
        self.server = WebServer(
            WebSettings(http='127.0.0.1:0', token=TOKEN, allowed_origins=(self.elsewhere,)),
            self.graph, self._media)
        parts.callback(self.server.close)
        self.server.start()
        self.server.stream_at(self.rig.output.url)
        self.server.parts.hub.post({
            'type': 'hello', 'version': 1, 'speakers': [], 'speaker': 'default',
            'can': {'say': True, 'talk': True, 'secure': True}, 'synthetic': True,
            'ice_servers': []})
        self.url = f'{self.server.url}/?token={TOKEN}'

    def _media(self) -> FaceMedia:
        return FaceMedia(RtcSettings(), self.speech, self.clock, lambda stamp, samples: None,
                         lambda line: None, self.server.is_allowed_origin,
                         self.server.parts.budget)

    def clap(self) -> None:
        """Clap once a second, with a caption whose words are the claps."""
        first = time.time_ns() + 3 * SECOND // 2
        count = round(LENGTH * VOICE_RATE)
        tone = 0.8 * np.sin(2 * np.pi * 440 / VOICE_RATE * np.arange(count, dtype=np.float32))
        for index in range(CLAPS):
            self.speech.push('clap', first + index * SECOND, tone, VOICE_RATE)
        times = [str(first + index * SECOND) for index in range(CLAPS + 1)]
        words = [f'clap{index}' for index in range(CLAPS)]
        self.server.parts.hub.post({
            'type': 'caption', 'id': times[0], 'speaker': '', 'start': times[0],
            'text': ' '.join(words), 'cut': False, 'unsaid': '', 'words': [
                {'text': word, 'start': times[index], 'end': times[index + 1]}
                for index, word in enumerate(words)]})


@pytest.fixture(scope='module')
def face() -> Iterator[Face]:
    with contextlib.ExitStack() as parts:
        yield Face(parts)


@pytest.fixture(scope='module')
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page('about:blank', tmp_path_factory.mktemp('profile'), MICROPHONE) as running:
        running.resize(400, 400)
        yield running


def ask(page: Page, expression: str) -> object:
    return page.evaluate(expression, gesture=False)


def plays(page: Page) -> bool:
    return ask(page, "document.querySelector('#stage')?.dataset.picture") == '' and ask(
        page, "document.querySelector('#state').dataset.state") == 'live'


def connection(page: Page) -> str:
    """Open the details, and return how the face comes."""
    ask(page, """document.getElementById('details').hidden
        && document.getElementById('more').click()""")
    return str(ask(page, "document.querySelector('#figures dd').textContent"))


def assert_in_step(page: Page, face: Face) -> None:
    connection(page)
    ask(page, OBSERVE)
    face.clap()
    until(lambda: ask(page, f'marks.clap{CLAPS - 1} > 0') is True, 'for the claps')
    until(lambda: ask(page, f'performance.now() > marks.clap{CLAPS - 1} + 500') is True)
    marks, flashes = ask(page, '[Object.values(marks), flashes]')  # type: ignore[misc]
    assert len(flashes) >= CLAPS / 2
    # Of a busy machine's claps one may be shown late; most are not.
    apart = [min((mark - flash for mark in marks), key=abs) for flash in flashes]
    assert abs(statistics.median(apart)) < 100, apart


def test_words_are_marked_when_they_are_heard_over_webrtc(page: Page, face: Face) -> None:
    page.navigate(face.url)
    until(lambda: plays(page), 'for the picture')
    assert 'token' not in str(ask(page, 'location.href'))
    page.click('#sound-on')
    assert_in_step(page, face)
    assert connection(page) == 'WebRTC'
    # A browser that has just begun takes seconds to bring both into step.
    until(lambda: abs(face.graph.figures.get('av_offset_ms', 1e9)) < 300
          and 0 < face.graph.figures.get('latency_ms', 0) < 3000, 'for what the page measures')
    page.press('Escape')
    page.click('#text')
    page.write('Hello')
    page.press('Enter')
    until(lambda: ('Hello', '') in face.graph.said)


def block_webrtc(page: Page, face: Face) -> None:
    """Open the page in a network that lets nothing through of WebRTC, until it is `unblocked`."""
    page.before_each_page("""if (location.search.includes('blocked')) {
        const own = RTCPeerConnection.prototype.setRemoteDescription;
        RTCPeerConnection.prototype.setRemoteDescription = async function (...given) {
            if (window.unblocked) return own.apply(this, given);
        };
    }""")
    page.navigate(face.server.url + '/?blocked')
    until(lambda: plays(page), 'for the picture')


def test_without_webrtc_it_plays_over_http_with_words_in_step(page: Page, face: Face) -> None:
    block_webrtc(page, face)
    page.click('#sound-on')
    assert_in_step(page, face)
    assert ask(page, "document.getElementById('notice').hidden") is True
    assert connection(page) == 'HTTP, for no picture came over WebRTC'
    # The stamps of the stream jump, its presentation times do not, as after a stall.
    face.clock.offset = 100 * SECOND
    until(lambda: face.graph.figures['latency_ms'] < -90_000, 'for the time of the stream')
    face.clock.offset = 0


def test_webrtc_takes_over_once_it_can(page: Page, face: Face) -> None:
    block_webrtc(page, face)
    assert connection(page).startswith('HTTP')
    ask(page, 'window.unblocked = true')
    until(lambda: connection(page) == 'WebRTC', 'for WebRTC')
    until(lambda: plays(page), 'for the picture')


def test_one_line_puts_the_face_on_a_page_of_another_origin(page: Page, face: Face) -> None:
    OtherPage.line = (f'<script src="{face.server.url}/embed.js?token={TOKEN}" data-width="300" '
                      'data-talk="off"></script>')
    page.send('Network.clearBrowserCookies')
    page.navigate(face.elsewhere)
    until(lambda: ask(page, "document.querySelectorAll('iframe').length") == 1, 'for the frame')

    def inside(expression: str) -> object:
        return page.evaluate_in('/embed', expression)

    until(lambda: inside("document.querySelector('#stage')?.dataset.picture") == '',
          'for the picture')
    until(lambda: inside("!document.getElementById('write').hidden"), 'for the server')
    assert inside("document.getElementById('talk').checkVisibility()") is False
    assert inside("document.getElementById('synthetic').checkVisibility()") is True
    assert inside("document.getElementById('sound-on').checkVisibility()") is True
    frame = "document.querySelector('iframe')"
    assert ask(page, f'{frame}.getBoundingClientRect().width') == 300
    assert 'microphone' not in str(ask(page, f'{frame}.allow'))
    assert 'allow-top-navigation' not in str(ask(page, f'{frame}.sandbox.value'))
    # On a small screen it becomes smaller.
    page.resize(280, 400)
    assert ask(page, 'document.documentElement.scrollWidth') == 280
