"""The stream as viewers, files and servers get it, through the real encoder."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import urllib.request

import numpy as np
import pytest
from rig import playable, Rig, until
from txt2vid_ros.bench.commands.sync import figures
from txt2vid_ros.bench.rig.running_graph import free_port
from txt2vid_ros.bench.rig.viewer import decode, Decoded, Viewer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.output.encoder import PTS_OFFSET
from txt2vid_ros.media.output.mpegts import PACKET_BYTES

CLAPS = 5
RATE = 48000


@dataclasses.dataclass
class Show:
    """What everybody got of one stream."""

    folder: pathlib.Path
    stream: Decoded
    frames: int
    viewers: list[int]
    status: dict[str, object]
    answers: dict[str, tuple[int, str, bytes]]
    reports: list[str]


def receiver(url: str, file: pathlib.Path) -> subprocess.Popen[bytes]:
    """Return an ffmpeg that writes down what is pushed to it."""
    return subprocess.Popen(['ffmpeg', '-v', 'error', '-f', 'mpegts', '-i', url, '-c', 'copy',
                             '-flush_packets', '1', '-y', str(file)], stdin=subprocess.DEVNULL)


# What listens, for each protocol that is pushed to: ffmpeg's options and address.
LISTENERS = {
    'udp': (('-f', 'mpegts'), 'udp://127.0.0.1:{port}'),
    'tcp': (('-f', 'mpegts'), 'tcp://127.0.0.1:{port}?listen=1'),
    'srt': (('-f', 'mpegts'), 'srt://127.0.0.1:{port}?mode=listener'),
    'rtp': ((), 'rtp://127.0.0.1:{port}'),
    'rtsp': (('-rtsp_flags', 'listen'), 'rtsp://127.0.0.1:{port}/live'),
    'rtmp': (('-f', 'flv', '-listen', '1'), 'rtmp://127.0.0.1:{port}/live/face'),
}


@pytest.mark.parametrize('scheme', ['srt', 'rtp', 'rtsp', 'rtmp'])
def test_it_is_pushed_to_every_kind_of_server(tmp_path: pathlib.Path, scheme: str) -> None:
    options, address = LISTENERS[scheme]
    url, file = address.format(port=free_port()), tmp_path / 'pushed.mkv'
    server = subprocess.Popen(
        ['ffmpeg', '-v', 'error', *options, '-i', url, '-t', '5', '-c', 'copy', '-y', str(file)],
        stdin=subprocess.DEVNULL)
    with Rig(push=url.partition('?')[0], http='') as rig:
        rig.clap(60)
        try:
            server.wait(60)
        finally:
            server.kill()
            server.wait()
    measured = figures(decode(file))
    assert measured['claps'] >= 3
    assert abs(measured['offset_ms_median']) < 30
    assert not rig.faults


@pytest.mark.parametrize('fps', [25.0, 10.0])
def test_what_is_silenced_is_not_heard_a_tenth_of_a_second_later(
        tmp_path: pathlib.Path, fps: float) -> None:
    with Rig(fps=fps) as rig:
        viewer = Viewer(rig.port, tmp_path / 'view.ts')
        start = rig.clock.now() + SECOND // 2
        tone = np.sin(np.arange(20 * RATE) * 2 * np.pi * 500 / RATE).astype(np.float32) / 2
        rig.speech.push('tone', start, tone, RATE)
        rig.wait_frames(round(2 * fps))
        # As the stream node does: what is with the encoder already cannot be taken back.
        now = rig.clock.now()
        rig.speech.end('tone', max(now, rig.writer.heard_until))
        zero = rig.writer.zero - round(PTS_OFFSET * SECOND)
        rig.wait_frames(round(2 * fps))
    viewer.close()
    stream = decode(tmp_path / 'view.ts')
    loud = stream.sample_times[np.abs(stream.samples) > 0.1]
    assert loud[0] == pytest.approx((start - zero) / SECOND, abs=0.02)
    assert 0 < loud[-1] - (now - zero) / SECOND < 0.1 + max(0, 1 / fps - 0.04)


def keep(url: str, file: pathlib.Path) -> None:
    """Write down what a server sends until it ends."""
    with urllib.request.urlopen(url, timeout=30) as answer, file.open('wb') as kept:
        shutil.copyfileobj(answer, kept)


def ask(port: int, method: str, path: str) -> tuple[int, str, bytes]:
    """Return status, media type and body of an answer."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    connection.request(method, path)
    answer = connection.getresponse()
    body = b'' if path.startswith('/live') and method == 'GET' else answer.read()
    connection.close()
    return answer.status, answer.headers['Content-Type'], body


@pytest.fixture(scope='module')
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """Show some claps to two viewers, a browser's stream, a file and two servers."""
    folder = tmp_path_factory.mktemp('show')
    udp, tcp = free_port(), free_port()
    servers = [receiver(f'udp://127.0.0.1:{udp}', folder / 'udp.ts'),
               receiver(f'tcp://127.0.0.1:{tcp}?listen=1', folder / 'tcp.ts')]
    until(lambda: f':{tcp:04X} ' in pathlib.Path('/proc/net/tcp').read_text())
    until(lambda: f':{udp:04X} ' in pathlib.Path('/proc/net/udp').read_text())
    with Rig(record=str(folder / 'file.mp4'),
             push=f'udp://127.0.0.1:{udp}?pkt_size=1316 tcp://127.0.0.1:{tcp}') as rig:
        early = Viewer(rig.port, folder / 'early.ts')
        rig.wait_frames(10)
        rig.clap(CLAPS)
        rig.wait_frames(50)
        late = Viewer(rig.port, folder / 'late.ts')
        browser = threading.Thread(target=keep, args=(
            f'http://127.0.0.1:{rig.port}/live.mp4', folder / 'browser.mp4'))
        browser.start()
        until(lambda: rig.output.viewers == 3)
        viewers = [rig.output.viewers]
        answers = {f'{method} {path}': ask(rig.port, method, path) for method, path in (
            ('GET', '/'), ('HEAD', '/'), ('GET', '/status.json'), ('GET', '/nothing'),
            ('HEAD', '/live.ts'), ('HEAD', '/live.mp4'), ('POST', '/'), ('GET', '/?a=b'))}
        status = json.loads(answers['GET /status.json'][2])
        rig.wait_frames(125)
        frames = rig.writer.statistics.frames
    early.close()
    late.close()
    browser.join(30)
    assert servers[1].wait(30) == 0
    servers[0].kill()  # nothing tells it that no more will come
    servers[0].wait()
    yield Show(folder, decode(folder / 'early.ts'), frames, viewers, status, answers, rig.reports)


def test_every_frame_comes_at_its_time(show: Show) -> None:
    np.testing.assert_allclose(np.diff(show.stream.frame_times), 0.04, atol=2e-5)
    assert len(show.stream.frame_times) >= show.frames - 15


def test_the_sound_is_unbroken(show: Show) -> None:
    steps = np.diff(show.stream.sample_times)
    np.testing.assert_allclose(steps, 1 / 48000, atol=3e-5)  # a tick of 90 kHz
    assert show.stream.sample_times[-1] > show.stream.frame_times[-1] - 0.2


def test_picture_and_sound_are_in_step(show: Show) -> None:
    measured = figures(show.stream)
    assert measured['claps'] == CLAPS
    assert abs(measured['offset_ms_median']) < 10
    assert measured['offset_ms_max'] < 20


@pytest.mark.parametrize('name', ['late.ts', 'udp.ts', 'tcp.ts', 'browser.mp4', 'file.mp4'])
def test_everybody_gets_the_same_picture_and_sound_in_step(show: Show, name: str) -> None:
    measured = figures(decode(show.folder / name))
    assert measured['claps'] >= 3
    assert measured['offset_ms_max'] < 20


def test_the_sound_for_browsers_is_unbroken(show: Show) -> None:
    sound = decode(show.folder / 'browser.mp4').sample_times
    np.testing.assert_allclose(np.diff(sound), 1 / 48000, atol=3e-5)


def test_nothing_went_wrong(show: Show) -> None:
    assert show.reports == []


def test_who_watches_is_counted_and_files_and_servers_are_not(show: Show) -> None:
    assert show.viewers == [3]


@pytest.mark.parametrize('name', ['early.ts', 'late.ts'])
def test_a_viewer_begins_with_the_tables_and_a_key_frame(show: Show, name: str) -> None:
    data = (show.folder / name).read_bytes()
    pids = [(data[at + 1] & 0x1F) << 8 | data[at + 2]
            for at in (0, PACKET_BYTES, 2 * PACKET_BYTES)]
    assert pids == [0, 0x1000, 0x100]
    begin = show.folder / f'begin-{name}'
    begin.write_bytes(data[:60 * PACKET_BYTES])
    decoded = subprocess.run(
        ['ffmpeg', '-v', 'error', '-i', str(begin), '-frames:v', '1', '-f', 'rawvideo',
         '-pix_fmt', 'gray', '-'], capture_output=True, check=True)
    assert len(decoded.stdout) == 160 * 120


def test_a_recording_is_complete_and_says_that_it_is_synthetic(show: Show) -> None:
    frames, seconds = playable(show.folder / 'file.mp4')
    assert frames >= show.frames - 15
    assert seconds == pytest.approx(frames / 25, abs=0.2)
    shown = subprocess.run(['ffprobe', '-v', 'error', '-show_programs', '-show_format',
                            str(show.folder / 'early.ts')],
                           capture_output=True, text=True, check=True).stdout
    assert 'Synthetic face and voice' in shown


def test_the_pages_of_the_server(show: Show) -> None:
    assert show.answers['GET /'][:2] == (200, 'text/html; charset=utf-8')
    assert b'<video' in show.answers['GET /'][2]
    assert show.answers['GET /?a=b'] == show.answers['GET /']
    assert show.answers['HEAD /'] == (200, 'text/html; charset=utf-8', b'')
    assert show.status['synthetic'] is True
    assert show.answers['HEAD /live.ts'] == (200, 'video/mp2t', b'')
    assert show.answers['HEAD /live.mp4'] == (200, 'video/mp4', b'')
    status, kind, body = show.answers['GET /nothing']
    assert (status, kind) == (404, 'text/plain')
    assert b'/live.ts' in body
    assert show.answers['POST /'][0] == 501


def test_a_slow_viewer_is_dropped_and_a_fast_one_is_not(tmp_path: pathlib.Path) -> None:
    with Rig(noise=True, width=640, height=480) as rig:
        fast = Viewer(rig.port, tmp_path / 'fast.ts')
        with socket.create_connection(('127.0.0.1', rig.port)) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(b'GET /live.ts HTTP/1.1\r\nHost: x\r\n\r\n')
            until(lambda: rig.output.viewers == 2)
            # It reads nothing: the server gives it up, by its bound or after a time.
            until(lambda: rig.output.viewers == 1, 'for the slow one to be dropped')
        assert rig.writer.statistics.restarts == 0
        rig.wait_frames(10)
        frames = rig.writer.statistics.frames
    fast.close()
    times = decode(tmp_path / 'fast.ts').frame_times
    np.testing.assert_allclose(np.diff(times), 0.04, atol=2e-5)
    assert len(times) >= frames - 15
