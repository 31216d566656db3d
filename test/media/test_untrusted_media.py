"""A face or a sound from outside opens no other file and no connection, and stays in bounds."""

from __future__ import annotations

import pathlib
import re
import socket
import struct
import subprocess
import threading
import zlib

import cv2
import numpy as np
import pytest
import txt2vid_ros
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.driving_media import load_driving
from txt2vid_ros.media.driving.files import heif_items
from txt2vid_ros.media.driving.options import DrivingOptions
from txt2vid_ros.media.ffmpeg import FfmpegProcess, file_input, probing, process, READER_LIMITS
from txt2vid_ros.media.sound_file import read_sound

PACKAGE = pathlib.Path(txt2vid_ros.__file__).parent

HLS = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n'
DASH = ('<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
        '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000" '
        'codecs="avc1.64000a" width="64" height="64"><BaseURL>{}</BaseURL><SegmentBase/>'
        '</Representation></AdaptationSet></Period></MPD>')
SDP = ('v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n'
       'm=video {} RTP/AVP 96\na=rtpmap:96 H264/90000\n')
SVG = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
       'width="64" height="64"><image xlink:href="{}" width="64" height="64"/></svg>')
CONCAT = 'ffconcat version 1.0\nfile {}\n'


@pytest.fixture(scope='module')
def secret(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a clip with picture and sound that nobody has named."""
    file = tmp_path_factory.mktemp('secret') / 'secret.ts'
    subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-f', 'lavfi', '-i',
                    'testsrc=s=64x64:d=1', '-f', 'lavfi', '-i', 'sine=d=1', '-c:v', 'libx264',
                    '-c:a', 'aac', f'file:{file}'], check=True)
    return file


class Watched:
    """An address on this machine that tells whether anybody has connected to it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self._socket.getsockname()[1]}/a.ts'
        self.visited = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visited.set()
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def refused(file: pathlib.Path) -> str:
    """Return what is said of a file that is neither a face nor a sound."""
    with pytest.raises(UserError) as as_sound:
        next(read_sound(file, 16000))
    assert '\n' not in str(as_sound.value)
    with pytest.raises(UserError) as as_face:
        load_driving(file)
    assert '\n' not in str(as_face.value)
    return str(as_face.value)


@pytest.mark.parametrize(('name', 'playlist'), [
    ('a.mp4', HLS), ('b.mp4', DASH), ('c.mp4', CONCAT), ('d.png', SVG)])
def test_a_file_that_names_others_opens_none_of_them(
        tmp_path: pathlib.Path, secret: pathlib.Path, name: str, playlist: str) -> None:
    watched = Watched()
    try:
        for reference in (f'file:{secret}', watched.url):
            file = tmp_path / name
            file.write_text(playlist.format(reference))
            assert 'neither a picture nor a video' in refused(file)
        assert not watched.visited.is_set()
    finally:
        watched.close()


def test_a_description_of_a_session_listens_to_nobody(tmp_path: pathlib.Path) -> None:
    file = tmp_path / 'a.mp4'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(('127.0.0.1', 0))
        file.write_text(SDP.format(taken.getsockname()[1]))
        refused(file)


def test_every_reference_is_followed_by_ffmpeg_itself(
        tmp_path: pathlib.Path, secret: pathlib.Path) -> None:
    """What the tests above refuse is what ffmpeg does open, by itself."""
    file = tmp_path / 'a.mp4'
    file.write_text(HLS.format(f'file:{secret}'))
    done = subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-i', f'file:{file}', '-f',
                           'null', '-'], check=False)
    assert done.returncode == 0


def test_all_inputs_are_composed_in_one_place() -> None:
    others = [file for file in PACKAGE.rglob('*.py') if PACKAGE / 'bench' not in file.parents
              and file.parent != PACKAGE / 'media' / 'ffmpeg'
              and re.search(r"ffmpeg\.(input|probe)\(|'ff(mpeg|probe)', '-", file.read_text())]
    assert others == []


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack('>I', len(body)) + name + body + struct.pack(
            '>I', zlib.crc32(name + body))

    coder = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    pixels = b''.join(coder.compress(row) for _ in range(height)) + coder.flush()
    return (b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 1, 0, 0, 0, 0))
            + chunk(b'IDAT', pixels) + chunk(b'IEND', b''))


def gif(width: int, height: int) -> bytes:
    sides = struct.pack('<HH', width, height)
    return (b'GIF89a' + sides + b'\x80\0\0' + bytes(6) + b',' + bytes(4) + sides + b'\0'
            + b'\x02\x02\x4c\x01\0;')


def webp(width: int, height: int, animated: bool) -> bytes:
    lossless = struct.pack('<BI', 0x2f, width - 1 | height - 1 << 14) + bytes(40)
    still = b'VP8L' + struct.pack('<I', len(lossless)) + lossless + b'\0' * (len(lossless) % 2)
    if animated:
        sides = (width - 1).to_bytes(3, 'little') + (height - 1).to_bytes(3, 'little')
        frame = bytes(6) + sides + b'\x28\0\0\0' + still
        still = (b'VP8X' + struct.pack('<I', 10) + b'\x02\0\0\0' + sides + b'ANIM'
                 + struct.pack('<I', 6) + bytes(6) + b'ANMF' + struct.pack('<I', len(frame))
                 + frame)
    return b'RIFF' + struct.pack('<I', 4 + len(still)) + b'WEBP' + still


@pytest.mark.parametrize(('name', 'content', 'says'), [
    ('a.png', png(30000, 5000), 'more than 120 million pixels'),
    ('a.gif', gif(30000, 30000), 'neither a picture nor a video'),
    ('a.webp', webp(16383, 16383, animated=False), 'more than 120 million pixels'),
    ('b.webp', webp(16000, 16000, animated=True), 'more than 40 million pixels')])
def test_a_picture_that_unfolds_to_too_much_is_not_unfolded(
        tmp_path: pathlib.Path, name: str, content: bytes, says: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    before = peak_megabytes()
    with pytest.raises(UserError, match=says):
        load_driving(file)
    assert peak_megabytes() - before < 100


def peak_megabytes() -> float:
    """Return how much memory this process has had at most."""
    status = pathlib.Path('/proc/self/status').read_text()
    return int(re.findall(r'VmHWM:\s+(\d+)', status)[0]) / 1000


def test_a_large_picture_of_a_phone_is_read(tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.jpg'), np.full((6000, 8000), 90, np.uint8))
    assert load_driving(tmp_path / 'a.jpg').size == (1108, 830)


def test_items_of_a_heic_that_repeat_its_bytes_are_not_copied() -> None:
    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack('>I', 8 + len(body)) + name + body

    padding = box(b'free', bytes(100_000))
    items = range(1, 1001)
    infos = b''.join(box(b'infe', b'\2\0\0\0' + struct.pack('>HH', item, 0) + b'hvc1')
                     for item in items)
    places = b''.join(struct.pack('>HHHII', item, 0, 1, 0, 100_000) for item in items)
    meta = (box(b'pitm', bytes(4) + b'\0\1') + box(b'iinf', struct.pack('>IH', 0, 1000) + infos)
            + box(b'iprp', box(b'ipco', b'') + box(b'ipma', bytes(8)))
            + box(b'iloc', b'\0\0\0\0\x44\0' + struct.pack('>H', 1000) + places))
    with pytest.raises(ValueError, match='overlap'):
        heif_items.heif_items(padding + box(b'meta', bytes(4) + meta))


def test_a_file_of_very_many_streams_is_refused(tmp_path: pathlib.Path) -> None:
    sound = tmp_path / 'a.wav'
    subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-f', 'lavfi', '-i', 'sine=d=0.1',
                    str(sound)], check=True)
    subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-i', str(sound),
                    *['-map', '0'] * 200, '-c', 'copy', str(tmp_path / 'a.mkv')], check=True)
    assert 'more than 100 streams' in refused(tmp_path / 'a.mkv')


def test_of_a_clip_of_ten_hours_only_the_beginning_is_read(tmp_path: pathlib.Path) -> None:
    clip = tmp_path / 'a.mkv'
    subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-f', 'lavfi', '-i',
                    'color=red:s=64x64:r=1/60:d=36000', '-c:v', 'ffv1', str(clip)], check=True)
    media = load_driving(clip, fps=5, options=DrivingOptions(max_seconds=2))
    assert len(media.frames) == 10
    assert any('only its first 2 s' in line for line in media.notices)


def test_a_decoder_that_gives_nothing_is_ended(tmp_path: pathlib.Path) -> None:
    silent = process.ffmpeg.input('pipe:0', format='s16le', ar=8000, ac=1)
    decoder = FfmpegProcess(process.ffmpeg.output(silent, 'pipe:1', format='s16le'), 'silent',
                            stall_seconds=0.2)
    assert decoder.read() == b''
    assert 'gave nothing for 0.2 s' in decoder.complaint()
    decoder.abort()


def test_a_probe_that_goes_on_for_ever_is_ended(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / 'ffprobe'
    program.write_text('#!/bin/sh\nexec sleep 1000\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:/usr/bin:/bin')
    monkeypatch.setattr(probing, 'PROBE_SECONDS', 0.2)
    with pytest.raises(probing.RefusedMediaError, match=r'within 0\.2 s'):
        probing.probe(tmp_path / 'a.mp4')
    program.write_text('#!/bin/sh\nexec cat /dev/zero\n')
    monkeypatch.setattr(probing, 'PROBE_SECONDS', 60.0)
    with pytest.raises(probing.RefusedMediaError, match='more than 8 MB'):
        probing.probe(tmp_path / 'a.mp4')


def test_who_reads_a_file_can_write_none(tmp_path: pathlib.Path, secret: pathlib.Path) -> None:
    copied = process.ffmpeg.output(file_input(secret), f'file:{tmp_path / "b.ts"}', codec='copy')
    copier = FfmpegProcess(copied, 'copier', stdout=subprocess.DEVNULL, limits=READER_LIMITS)
    copier.feed_all(())
    assert copier.end(30) != 0
    assert (tmp_path / 'b.ts').stat().st_size == 0
