"""What goes wrong around the stream costs as little as it can: the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
import datetime
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest
from rig import MovableClock, playable, Rig, until
from txt2vid_ros.bench.commands.sync import figures
from txt2vid_ros.bench.rig.running_graph import free_port
from txt2vid_ros.bench.rig.viewer import decode, Viewer
from txt2vid_ros.core.clock import FrameGrid, SECOND, SystemClock
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.ffmpeg import SYNTHETIC_LABEL
from txt2vid_ros.media.output.broadcast import Broadcast
from txt2vid_ros.media.output.encoder import StreamEncoder
from txt2vid_ros.media.output.fragments import FragmentedView
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.http_address import http_url, JOIN_PATH
from txt2vid_ros.media.output.mpegts import TransportStreamParser
from txt2vid_ros.media.output.pictures.i420_pictures import I420Pictures
from txt2vid_ros.media.output.stream_format import StreamFormat
from txt2vid_ros.media.output.stream_outputs import StreamOutputs
from txt2vid_ros.media.output.stream_writer import StreamWriter
from txt2vid_ros.media.speech_timeline import SpeechTimeline


def forwards(file: pathlib.Path) -> None:
    """Check that no packet of a stream is stamped before the one before it."""
    for stream in 'va':
        stamps = subprocess.run(
            ['ffprobe', '-v', 'quiet', '-select_streams', stream, '-show_entries',
             'packet=dts_time', '-of', 'csv=p=0', str(file)],
            capture_output=True, text=True, check=True).stdout.replace(',', ' ').split()
        assert np.all(np.diff([float(stamp) for stamp in stamps]) > 0), stream


def children(name: str) -> list[int]:
    """Return the process ids of this process's children whose command line has `name` in it."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        try:
            if (entry.name.isdigit() and f'\nPPid:\t{os.getpid()}\n' in
                    (entry / 'status').read_text() and
                    name in (entry / 'cmdline').read_text().replace('\0', ' ')):
                found.append(int(entry.name))
        except OSError:
            continue  # it has just ended
    return found


def test_the_encoder_is_killed_and_viewers_and_recording_go_on(tmp_path: pathlib.Path) -> None:
    with Rig(record=str(tmp_path / 'a.mkv')) as rig:
        viewer = Viewer(rig.port, tmp_path / 'view.ts')
        rig.clap(6)
        rig.wait_frames(60)
        os.kill(rig.output.encoder_pid, signal.SIGKILL)
        until(lambda: rig.writer.statistics.restarts == 1)
        rig.wait_frames(75)
        frames = rig.writer.statistics.frames
    viewer.close()
    assert rig.reports == []
    forwards(tmp_path / 'view.ts')
    seen, seconds = playable(tmp_path / 'view.ts')
    assert seen > frames - 30  # a few were still in the encoder
    assert seconds > frames / 25 - 1.5
    recorded, _ = playable(tmp_path / 'a.mkv')
    assert recorded > frames - 30
    assert figures(decode(tmp_path / 'view.ts'))['offset_ms_p95'] < 20


@pytest.mark.parametrize('seconds', [3600.0, -3600.0])
def test_the_clock_is_set_and_the_stream_goes_on(tmp_path: pathlib.Path, seconds: float) -> None:
    clock = MovableClock()
    with Rig(clock=clock, record=str(tmp_path / 'a.mp4')) as rig:
        viewer = Viewer(rig.port, tmp_path / 'view.ts')
        rig.wait_frames(25)
        clock.offset = int(seconds * SECOND)
        rig.clap(3)
        rig.wait_frames(110)
        frames = rig.writer.statistics.frames
    viewer.close()
    forwards(tmp_path / 'view.ts')
    stream = decode(tmp_path / 'view.ts')
    assert len(stream.frame_times) > frames - 15
    assert np.diff(stream.frame_times).max() < 1.0  # no hole of an hour
    measured = figures(stream)
    assert measured['claps'] == 3
    assert measured['offset_ms_max'] < 20
    assert playable(tmp_path / 'a.mp4')[0] > frames - 15


def test_the_browsers_remuxer_is_killed_and_who_comes_next_sees_it(tmp_path: pathlib.Path) -> None:
    with Rig() as rig:
        url = f'http://127.0.0.1:{rig.port}/live.mp4'
        watching = subprocess.Popen(['ffmpeg', '-v', 'quiet', '-i', url, '-c', 'copy', '-y',
                                     str(tmp_path / 'first.mp4')])
        until(lambda: len(children('frag_duration')) == 1)
        rig.wait_frames(25)
        os.kill(children('frag_duration')[0], signal.SIGKILL)
        watching.wait(30)  # it is told that the stream has ended
        until(lambda: rig.output.viewers == 0)
        again = subprocess.run(['ffmpeg', '-v', 'error', '-i', url, '-frames:v', '25', '-f',
                                'framecrc', '-map', '0:v', '-'], capture_output=True, check=True,
                               timeout=60, text=True)
        until(lambda: not children('frag_duration'))  # it runs only while somebody watches
    assert len([line for line in again.stdout.splitlines() if line[0] != '#']) == 25
    assert not rig.faults


def test_a_browser_leaves_and_the_others_see_on(tmp_path: pathlib.Path) -> None:
    with Rig() as rig:
        url = f'http://127.0.0.1:{rig.port}/live.mp4'
        first = http.client.HTTPConnection('127.0.0.1', rig.port, timeout=30)
        first.request('GET', '/live.mp4')
        answer = first.getresponse()
        assert answer.read(1000)
        pid, = children('frag_duration')
        other = subprocess.Popen(['ffmpeg', '-v', 'error', '-i', url, '-frames:v', '100', '-f',
                                  'framecrc', '-map', '0:v', '-'], stdout=subprocess.PIPE,
                                 text=True)
        until(lambda: rig.output.viewers == 2)
        answer.close()
        first.close()
        until(lambda: rig.output.viewers == 1)
        frames = [line for line in other.communicate(timeout=60)[0].splitlines()
                  if line[0] != '#']
        assert len(frames) == 100
        assert other.returncode == 0
        assert children('frag_duration') in ([pid], [])
    assert not rig.faults


def has_both(file: pathlib.Path) -> bool:
    """Return whether more than a second and a half of pictures and sound can be played."""
    frames, sound = playable(file)
    return frames > 40 and sound > 1.5


@pytest.mark.parametrize('name', ['a.mp4', 'a.mkv', 'a.ts'])
def test_the_recorder_is_killed_and_goes_on_in_another_file(
        tmp_path: pathlib.Path, name: str) -> None:
    beside = (tmp_path / name).with_stem('a-1')
    with Rig(record=str(tmp_path / name), http='') as rig:
        # On a busy machine the file is behind what was given to it, its sound behind its pictures.
        until(lambda: has_both(tmp_path / name))
        pid, = children(name)
        os.kill(pid, signal.SIGKILL)
        until(lambda: beside.exists() and has_both(beside))
    assert rig.reports == []
    for file in (tmp_path / name, beside):
        assert playable(file)[1] > 1.5
    if name != 'a.ts':
        # A transport stream has no place for it.
        first, second = marks(tmp_path / name), marks(beside)
        assert 'title' not in first
        assert {first['comment'], second['comment']} == {SYNTHETIC_LABEL}
        assert second['title'] == f'a-1, recorded after {name}'
        begun = [datetime.datetime.fromisoformat(each['creation_time'].replace('Z', '+00:00'))
                 for each in (first, second)]
        missing = (begun[1] - begun[0]).total_seconds() - playable(tmp_path / name)[1]
        assert -2 < missing < 60


def marks(file: pathlib.Path) -> dict[str, str]:
    """Return the metadata of a file."""
    said = subprocess.run(['ffprobe', '-v', 'error', '-show_entries', 'format_tags', '-of', 'json',
                           str(file)], capture_output=True, check=True).stdout
    return {key.lower(): value for key, value in json.loads(said)['format']['tags'].items()}


def test_a_recorder_that_is_killed_again_and_again_is_given_up(tmp_path: pathlib.Path) -> None:
    with Rig(record=str(tmp_path / 'a.mkv'), http='') as rig:
        for name in ('a.mkv', 'a-1.mkv', 'a-2.mkv'):
            until(lambda name=name: (tmp_path / name).exists() and len(children(name)) == 1)
            os.kill(children(name)[0], signal.SIGKILL)
        until(lambda: bool(rig.reports))
    assert f'recording to {tmp_path / "a-2.mkv"} has stopped' in rig.reports[0]
    assert len(rig.reports) == 1


RECORDER = """
import sys
from rig import Rig
with Rig(record=sys.argv[1]) as rig:
    rig.wait_frames(100)
    print('now', flush=True)
    rig.wait_frames(10**6)
"""


@pytest.mark.parametrize('name', ['a.mp4', 'a.mkv'])
def test_the_whole_process_is_killed_and_the_recording_is_playable(
        tmp_path: pathlib.Path, name: str) -> None:
    here = pathlib.Path(__file__).parents[2]
    with subprocess.Popen(
            [sys.executable, '-c', RECORDER, str(tmp_path / name)], stdout=subprocess.PIPE,
            env={**os.environ, 'PYTHONPATH': f'{here}:{here.parent}'}) as process:
        assert process.stdout
        assert process.stdout.readline() == b'now\n'
        process.kill()
    until(lambda: subprocess.run(['pgrep', '-f', str(tmp_path / name)], check=False,
                                 capture_output=True).returncode == 1)  # no orphan is left
    frames, seconds = playable(tmp_path / name)
    assert frames >= 70
    assert seconds > 2.5


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Mount a file system of 400 kB."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', str(folder)],
                             capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip('a small disk can only be mounted by root')
    yield folder
    subprocess.run(['umount', str(folder)], check=True)


@pytest.mark.parametrize('name', ['a.mp4', 'a.mkv'])
def test_the_disk_is_full_and_the_stream_goes_on(small_disk: pathlib.Path, name: str) -> None:
    with Rig(record=str(small_disk / name), noise=True) as rig:
        until(lambda: bool(rig.reports), 'for the report')
        rig.wait_frames(25)
        assert rig.writer.statistics.restarts == 0
    assert len(rig.reports) == 1
    assert 'No space left on device' in rig.reports[0]
    assert '\n' not in rig.reports[0]
    assert playable(small_disk / name)[0] > 5


def test_an_existing_recording_is_not_overwritten(tmp_path: pathlib.Path) -> None:
    (tmp_path / 'a.mp4').write_text('precious')
    (tmp_path / 'a-1.mp4').write_text('too')
    with Rig(record=str(tmp_path / 'a.mp4'), http='') as rig:
        rig.wait_frames(15)
    assert (tmp_path / 'a.mp4').read_text() == 'precious'
    assert (tmp_path / 'a-1.mp4').read_text() == 'too'
    assert playable(tmp_path / 'a-2.mp4')[0] > 5


def test_a_server_that_is_not_there_is_tried_again_and_found_when_it_is(
        tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    with Rig(push=f'tcp://127.0.0.1:{port}') as rig:
        until(lambda: 'retrying in' in caplog.text)
        with socket.create_server(('127.0.0.1', port)) as server:
            connection, _ = server.accept()
            assert connection.recv(188)[0] == 0x47
            connection.close()
        rig.wait_frames(5)
    assert not rig.faults


def test_a_server_that_never_is_there_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.media.output.sinks.PUSH_ATTEMPTS', 2)
    with Rig(push=f'tcp://127.0.0.1:{free_port()}') as rig:
        until(lambda: bool(rig.reports))
        rig.wait_frames(5)
        assert rig.output.viewers == 0
    assert 'gave up pushing' in rig.reports[0] and 'after 2 attempts' in rig.reports[0]
    assert 'Connection refused' in rig.reports[0]


def output(**wanted: str) -> StreamOutputs:
    return StreamOutputs(report=print, status=dict,
                         **{'http': '', 'record': '', 'push': '', **wanted})


@pytest.mark.parametrize(('wanted', 'said'), [
    ({'record': '/tmp/a.avi'}, 'Use one of .mp4, .mkv, .ts'),
    ({'record': '/tmp/a'}, 'has no known file extension'),
    ({'record': '/nowhere/a.mp4'}, 'folder /nowhere does not exist'),
    ({'push': 'gopher://x'}, 'cannot be pushed to.*udp://'),
    ({'push': '/tmp/file'}, 'cannot be pushed to'),
    ({'http': 'nonsense'}, 'is not HOST:PORT'), ({'http': '127.0.0.1:99999'}, 'is not HOST:PORT'),
    ({'http': '127.0.0.1:'}, 'is not HOST:PORT'),
    ({'http': 'no.such.host.invalid:80'}, 'cannot listen'),
    ({'http': 'ü' * 70 + ':80'}, 'no host name'),
    ({'http': '192.0.2.1:8080'}, 'cannot listen on 192.0.2.1:8080.*for http'),
])
def test_an_output_that_cannot_be_is_refused_in_one_line(
        wanted: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        output(**wanted)
    assert '\n' not in str(caught.value)


def test_a_port_in_use_is_said_and_nothing_is_left_open(tmp_path: pathlib.Path) -> None:
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        before = threading.active_count()
        with pytest.raises(UserError, match=f'127.0.0.1:{port}: the port is in use'):
            output(http=f'127.0.0.1:{port}', record=str(tmp_path / 'a.mp4'))
        assert threading.active_count() == before
    one = output(http='127.0.0.1:0')
    address = one.describe()[0].split()[-1].removeprefix('http://').rstrip('/')
    with pytest.raises(UserError, match='the port is in use'):
        output(http=address)
    with pytest.raises(UserError, match='gopher'):
        output(http='127.0.0.1:0', push='gopher://x')
    one.close()


def test_ipv6_and_a_port_alone_are_addresses() -> None:
    one = output(http='[::1]:0')
    assert one.describe()[0].startswith('watch in a browser: http://[::1]:')
    one.close()
    alone = output(http=str(free_port()))
    assert 'http://127.0.0.1:' in alone.describe()[0]
    alone.close()
    assert output().describe() == []


@pytest.mark.parametrize(('host', 'url'), [
    ('robot.local', 'http://robot.local:80'), ('::1', 'http://[::1]:80'),
    ('0.0.0.0', 'http://127.0.0.1:80'), ('::', 'http://[::1]:80')])
def test_an_address_is_shown_so_that_it_opens_here(host: str, url: str) -> None:
    assert http_url(host, 80) == url


def test_without_ffmpeg_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '/nonexistent')
    with pytest.raises(UserError, match='ffmpeg is not installed'):
        output()


def test_an_ffmpeg_that_always_fails_ends_the_stream_with_its_words(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'ffmpeg').write_text('#!/bin/sh\necho "Unknown encoder libx264" >&2\nexit 1\n')
    (tmp_path / 'ffmpeg').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    form = StreamFormat(width=64, height=48)
    parser = TransportStreamParser()

    class Impatient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return super().wait(min(timeout or 0.01, 0.01))

    writer = StreamWriter(form, FrameGrid.at(25), FrameBuffer(), SpeechTimeline(), SystemClock(),
                          lambda opening: StreamEncoder(opening, lambda chunk: None, parser))
    with pytest.raises(UserError, match=r'failed 9 times in a row: .*Unknown encoder libx264'):
        writer.run(Impatient())


def test_pictures_of_another_shape_are_fitted_between_bars() -> None:
    pictures = I420Pictures(64, 48)
    for width, height in ((10, 48), (200, 48), (128, 96), (1, 1), (64, 48)):
        data = pictures.converted(np.full((height, width, 3), 255, np.uint8))
        assert len(data) == 64 * 48 * 3 // 2
        luma = np.frombuffer(data, np.uint8)[:64 * 48].reshape(48, 64)
        assert luma[24, 32] == 235
        lit = (luma > 200).sum()
        scale = min(64 / width, 48 / height)
        assert lit == pytest.approx(round(width * scale) * round(height * scale), rel=0.05)
    blank = np.frombuffer(pictures.converted(None), np.uint8)
    assert (blank[:64 * 48] == 16).all()


def test_too_many_viewers_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.media.output.http_server.MOST_VIEWERS', 1)
    one = output(http='127.0.0.1:0')
    host, port = one.describe()[0].split()[-1].removeprefix('http://').rstrip('/').split(':')
    with socket.create_connection((host, int(port))) as first:
        first.sendall(b'GET /live.ts HTTP/1.1\r\n\r\n')
        until(lambda: one.viewers == 1)
        answer = http.client.HTTPConnection(host, int(port), timeout=30)
        answer.request('GET', '/live.ts')
        turned_away = answer.getresponse()
        assert (turned_away.status, turned_away.read()) == (503, b'Too many viewers.\n')
        # What the node web reads for all viewers over WebRTC is no viewer's place.
        answer.request('HEAD', JOIN_PATH)
        joined = answer.getresponse()
        assert (joined.status, joined.read()) == (200, b'')
        answer.close()
        answer.request('GET', '/status.json')  # the page still answers
        assert answer.getresponse().status == 200
        answer.close()
    one.close()


def test_who_asks_a_browsers_view_that_has_ended_gets_nothing() -> None:
    source = Broadcast(bytes)
    view = FragmentedView(source)
    watching = view.subscribe()
    assert view.viewers == 1
    view.close()
    assert b''.join(watching) == b''
    assert b''.join(view.subscribe()) == b''
    assert (view.viewers, view.dropped) == (0, 0)
    view.unsubscribe(watching)


def test_a_folder_that_cannot_be_written_to_is_said(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access  # root may write anywhere
    monkeypatch.setattr(os, 'access', lambda path, mode: path != tmp_path and real(path, mode))
    with pytest.raises(UserError, match=f'folder {tmp_path} cannot be written to'):
        output(record=str(tmp_path / 'a.mp4'))
