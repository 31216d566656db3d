"""A graph with the node web: all on one address, spoken to and followed by a page's events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
import json
import os
from pathlib import Path
import queue
import signal
import threading
from typing import Any
import urllib.error
import urllib.request

import aiohttp
from aiortc import (
    AudioStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from av import AudioFrame
from graph_harness import assert_one_clear_line, eventually, FAST, run, TalkingHead, TIMEOUT
from hri_msgs.msg import LiveSpeech
import numpy as np
import pytest
from ros_observer import Observer, Recording
from std_msgs.msg import Bool
from stream_decoding import plain, Shown, transcribe
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.names import BROWSER
from txt2vid_ros.core.pcm import from_s16, SPEECH_RATE
from txt2vid_ros.ros import messages, qos

TEXT = 'The quick brown fox jumps over the lazy dog.'
LONG = 'This goes on for quite a while, and then it goes on for a while longer, and on. ' * 3


class Events:
    """A page as far as its events go; use as a context manager."""

    def __init__(self, url: str) -> None:
        self.seen: list[dict[str, Any]] = []
        self._outgoing: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(url,), daemon=True)
        self._thread.start()

    def send(self, **message: Any) -> None:
        self._outgoing.put(json.dumps(message))

    def wait(self, kind: str, good: Callable[[dict[str, Any]], bool] = lambda event: True,
             after: int = 0) -> dict[str, Any]:
        """Return the first event of a type that is `good`, from number `after` on."""
        with self._changed:
            found: list[dict[str, Any]] = []

            def look() -> bool:
                found[:] = [event for event in self.seen[after:]
                            if event['type'] == kind and good(event)]
                return bool(found)

            assert self._changed.wait_for(look, TIMEOUT), f'no {kind} in {self.seen[-20:]}'
            return found[0]

    def _run(self, url: str) -> None:
        async def talk() -> None:
            async with aiohttp.ClientSession() as client, client.ws_connect(
                    f'{url}/events') as page:
                while not page.closed:
                    while not self._outgoing.empty():
                        text = self._outgoing.get()
                        if not text:
                            return
                        await page.send_str(text)
                    try:
                        frame = await page.receive(timeout=0.05)
                    except asyncio.TimeoutError:
                        continue
                    if frame.type == aiohttp.WSMsgType.TEXT:
                        with self._changed:
                            self.seen.append(json.loads(frame.data))
                            self._changed.notify_all()

        asyncio.run(talk())

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_: object) -> None:
        self._outgoing.put('')
        self._thread.join(TIMEOUT)


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    people = tmp_path_factory.mktemp('people') / 'people.yaml'
    people.write_text('anna:\n  tts: clap\n')
    with TalkingHead(tmp_path_factory.mktemp('web'), *FAST, '--tts', 'hibari', '--web', 'true',
                     '--people', str(people)) as head:
        yield head.ready()
        assert head.stop() == 0
        assert 'Traceback' not in head.text


@pytest.fixture(scope='module')
def page(head: TalkingHead) -> Iterator[Events]:
    with Events(head.url) as page:
        yield page


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_page_learns_who_speaks_and_how_all_is(head: TalkingHead, page: Events) -> None:
    assert head.text.count('watch in a browser') == 1
    hello = page.wait('hello', lambda event: event['can']['say'] and len(event['speakers']) > 1)
    assert {'id': 'anna', 'name': 'Anna'} in hello['speakers']
    assert hello['can']['secure'] is True
    assert (hello['version'], hello['synthetic'], hello['speaker']) == (1, True, 'default')
    page.wait('state', lambda event: {'tts', 'lipsync', 'stream', 'web'} <= set(
        event['nodes']) and event['level'] != 'error' and event['figures']['pages'] == 1)
    eventually(lambda: get(f'{head.url}/healthz')[0] == 200, 'health')
    report = json.loads(get(f'{head.url}/healthz')[1])
    assert report['frames_advance']
    assert all(node['alive'] for node in report['nodes'].values())


def test_a_text_of_a_page_is_spoken_and_captioned(
        head: TalkingHead, page: Events, tmp_path: Path) -> None:
    viewer = Viewer(head.port, tmp_path / 'spoken.ts')
    eventually(lambda: viewer.arrivals, 'the stream')
    first = len(page.seen)
    page.send(type='say', text=TEXT)
    final = page.wait('caption', lambda event: event['final'], first)
    page.wait('speaking', lambda event: event['value'] is False, first)
    captions = [event for event in page.seen[first:] if event['type'] == 'caption']
    zero = head.status()['pts_zero_ns']
    start = int(final['start'])
    stop = int(final['words'][-1]['end'])
    viewer.wait_for((stop - zero) / SECOND + 0.5, TIMEOUT)
    viewer.close()
    assert plain(final['text']) == plain(TEXT)
    assert {event['id'] for event in captions} == {final['id']}
    assert [len(event['words']) for event in captions[:-1]] == list(range(1, len(captions)))
    assert [word['text'] for word in final['words']] == final['text'].split()
    times = [(int(word['start']), int(word['end'])) for word in final['words']]
    assert times[0][0] == start
    assert all(begin <= end for begin, end in times)
    assert times == sorted(times)
    assert final['cut'] is False
    shown = Shown(tmp_path / 'spoken.ts')
    sound = shown.sound((start - zero) / SECOND - 0.1, (stop - zero) / SECOND + 0.3)
    assert transcribe(sound) == plain(TEXT)


def test_a_page_chooses_who_speaks(
        head: TalkingHead, page: Events) -> None:
    first = len(page.seen)
    page.send(type='say', text='x', speaker='anna')
    # Whether or not what was said before was still heard.
    page.wait('caption', lambda event: event['speaker'] == 'anna', first)
    page.wait('speaking', lambda event: event['value'] is False, first)


def test_a_page_interrupts(head: TalkingHead, page: Events, tmp_path: Path) -> None:
    viewer = Viewer(head.port, tmp_path / 'interrupted.ts')
    first = len(page.seen)
    page.send(type='say', text=LONG)
    page.wait('caption', lambda event: len(event['words']) > 3, first)
    page.send(type='interrupt')
    final = page.wait('caption', lambda event: event['final'], first)
    page.wait('speaking', lambda event: event['value'] is False, first)
    assert len(final['text']) < len(LONG) / 2
    zero, cut = head.status()['pts_zero_ns'], int(final['cut'])
    silent = (cut - zero) / SECOND + 0.2
    assert viewer.wait_for(silent + 0.6, TIMEOUT)
    viewer.close()
    sound = Shown(tmp_path / 'interrupted.ts').sound(silent, silent + 0.5)
    assert np.abs(sound).max() < 0.01


def test_who_is_heard_is_shown(head: TalkingHead, page: Events) -> None:
    with Observer(head) as observer:
        first = len(page.seen)
        observer.publisher(Bool, 'is_speaking', qos.SPEAKING).publish(Bool(data=True))
        speech = observer.publisher(LiveSpeech, 'speech', qos.SPEECH)
        for part in ({'partial': 'How are'}, {'final': 'How are you?'}):
            speech.publish(messages.to_speech('guest', 8_000_000_000, 'en', 1.0, **part))
        assert page.wait('listening', after=first)['value'] is True
        assert page.wait('heard', lambda event: event['final'], first) == {
            'type': 'heard', 'speaker': 'guest', 'start': '8000000000', 'partial': '',
            'final': 'How are you?'}
        observer.publisher(Bool, 'is_speaking', qos.SPEAKING).publish(Bool(data=False))
        page.wait('listening', lambda event: event['value'] is False, first)


class Tone(AudioStreamTrack):
    """A tone of 500 Hz, as a browser's microphone would bring it."""

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        at = frame.pts + np.arange(frame.samples)
        wave = np.sin(2 * np.pi * 500 * at / frame.sample_rate) * 10000
        frame.planes[0].update(wave.astype(np.int16).tobytes())
        return frame


def test_the_microphone_of_a_browser_is_heard_with_its_time(
        head: TalkingHead, page: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    # aioice leaves out the loopback interface, where alone the node serves.
    monkeypatch.setattr('aioice.ice.get_host_addresses', lambda use_ipv4, use_ipv6: ['127.0.0.1'])

    async def talk(heard: Recording) -> list[AudioDataStamped]:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(Tone())
        await peer.setLocalDescription(await peer.createOffer())
        async with aiohttp.ClientSession() as client, client.post(
                f'{head.url}/whip', data=peer.localDescription.sdp.encode(),
                headers={'Content-Type': 'application/sdp'}) as answer:
            assert answer.status == 201, await answer.text()
            await peer.setRemoteDescription(RTCSessionDescription(await answer.text(), 'answer'))
            await asyncio.to_thread(heard.wait, lambda _: len(heard.messages) > 100)
            async with client.delete(f'{head.url}{answer.headers["Location"]}') as ended:
                assert ended.status == 200
        await peer.close()
        return heard.messages[50:100]

    with Observer(head) as observer:
        heard = observer.record(AudioDataStamped, 'mic/audio')
        page.wait('hello', lambda event: event['can']['talk'])
        info = observer.record(AudioInfo, 'mic/audio_info', qos.INFO).wait()
        messages_ = asyncio.run(talk(heard))
    assert (info.sample_rate, info.channels, info.sample_format) == (SPEECH_RATE, 1, 'S16LE')
    sound = np.concatenate([from_s16(each.audio.data) for each in messages_])
    peak = np.argmax(np.abs(np.fft.rfft(sound))) * SPEECH_RATE / len(sound)
    assert abs(peak - 500) < 10
    # By which stt knows that the browser has cancelled what it plays.
    assert {each.header.frame_id for each in messages_} == {BROWSER}
    stamps = [messages.from_time(each.header.stamp) for each in messages_]
    lengths = [len(each.audio.data) // 2 * SECOND // SPEECH_RATE for each in messages_]
    # The sample count is the clock.
    assert np.abs(np.diff(stamps) - lengths[:-1]).max() < 5_000_000


def test_figures_are_there_for_prometheus(head: TalkingHead, page: Events) -> None:
    page.send(type='measured', av_offset_ms=7)

    def measured() -> dict[str, float]:
        text = get(f'{head.url}/metrics')[1].decode()
        found = {line.rpartition(' ')[0]: float(line.rpartition(' ')[2])
                 for line in text.splitlines() if not line.startswith('#')}
        return found if 'txt2vid_av_offset_seconds' in found else {}

    found = eventually(measured, 'the offset')
    assert found['txt2vid_av_offset_seconds'] == 0.007
    assert found['txt2vid_up'] == 1
    assert 0 < found['txt2vid_text_to_sound_seconds{quantile="0.5"}'] < 60
    assert found['txt2vid_frames_total'] > 0
    assert found['txt2vid_memory_bytes{process="tts"}'] > 1e7
    assert found['txt2vid_web_pages'] == 1
    assert found['txt2vid_web_errors_total{kind="internal_errors"}'] == 0
    kinds = json.loads(get(f'{head.url}/figures.json')[1])
    # On a busy machine pictures are late, of which it warns.
    assert kinds['nodes']['stream']['state'] in ('ok', 'warn')


def test_the_stream_comes_back_on_the_same_port(head: TalkingHead, tmp_path: Path) -> None:
    before = head.node_pid('stream')
    os.kill(before, signal.SIGKILL)
    eventually(lambda: head.running('stream') not in (None, before), 'stream again')
    head.wait_status(lambda status: status['on_time'] > 0, 'pictures again')
    viewer = Viewer(head.port, tmp_path / 'again.ts')
    assert viewer.wait_for(0.5, TIMEOUT)
    viewer.close()
    eventually(lambda: get(f'{head.url}/healthz')[0] == 200, 'health')


def test_web_comes_back_on_the_port_that_it_had_found(head: TalkingHead) -> None:
    """Nobody has named a port: pages that are open know only this one."""
    before = head.node_pid('web')
    os.kill(before, signal.SIGKILL)
    eventually(lambda: head.running('web') not in (None, before), 'web again')
    eventually(lambda: head.status().get('on_time'), 'the stream at the address of before')


@pytest.mark.parametrize(('options', 'says'), [
    (('--http', '0.0.0.0:0'), r'can be reached from other machines, and there is no token'),
    (('--http', '127.0.0.1:0', '--token', 'abc'), r'web\.token has 3 characters'),
    (('--http', 'off', '--push', 'whip://x/y'), r'push: WHIP is pushed by the node web')])
def test_what_web_cannot_do_is_said_in_one_line(
        tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    status, text = run(tmp_path, 'live', *FAST, '--web', 'true', *options)
    assert_one_clear_line(status, text, says)
