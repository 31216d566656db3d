"""`txt2vid live` starts the graph, keeps it running, names errors and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path
import pty
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys

import cv2
from graph_harness import (
    alive,
    assert_one_clear_line,
    Command,
    Domain,
    eventually,
    FAST,
    node_environment,
    ROOT,
    run,
    TalkingHead,
    TIMEOUT,
)
import numpy as np
import pytest
from ros_observer import Observer
from sensor_msgs.msg import Image
from std_msgs.msg import Bool
from stream_decoding import plain, Shown, transcribe
from txt2vid_ros import graph
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT
from txt2vid_ros.ros import qos


def test_it_says_a_greeting_records_it_and_ends(tmp_path: Path) -> None:
    file = tmp_path / 'greeting.mp4'
    status, text = run(tmp_path, 'live', '--http', 'off', '--say', 'Hello from the other side.',
                       '--exit-when-done', '--record', str(file))
    assert status == 0, text
    shown = Shown(file)
    assert transcribe(shown.timing.samples) == plain('Hello from the other side.'), text
    # A frame that a busy machine left out stays away; none is moved.
    steps = np.diff(shown.timing.frame_times) / 0.04
    assert np.allclose(steps, np.round(steps), atol=0.05) and steps.min() > 0.5
    assert shown.frames.shape[1:] == (480, 640, 3)
    # Every line says whose it is; nothing is coloured where nobody looks.
    assert all(re.match(r' *(tts|lipsync|stream|say|txt2vid) \| ', line)
               for line in text.split('\n'))
    assert '\x1b' not in text


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_of_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """As the interrupt of a terminal does, which ends the graphs of most other tests."""
    file = tmp_path / 'all.ts'
    with TalkingHead(tmp_path, *FAST, '--record', str(file)) as head:
        head.ready()
        eventually(lambda: file.exists() and file.stat().st_size > 5000, 'the recording')
        assert head.stop(number) == 0
        assert 'Traceback' not in head.text
    assert len(Shown(file).timing.frame_times) > 0


def test_a_signal_while_it_starts_ends_all_of_it(tmp_path: Path) -> None:
    with TalkingHead(tmp_path, *FAST) as head:
        eventually(lambda: head.remember() or len(head._pids) >= 3, 'the children')
        assert head.stop(signal.SIGINT) == 0
        assert 'Traceback' not in head.text


def test_killing_the_runner_takes_its_children_along(tmp_path: Path) -> None:
    with TalkingHead(tmp_path, *FAST) as head:
        head.ready()
        assert head.stop(signal.SIGKILL) == -signal.SIGKILL


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    domain = Domain()
    environment = node_environment(tmp_path, domain.number)
    environment.pop('NO_COLOR', None)
    process = subprocess.Popen(
        [sys.executable, '-m', 'txt2vid_ros.cli.main', 'live', '--http', '127.0.0.1:0', *FAST,
         '--namespace', f'/colour_{os.getpid()}'], cwd=ROOT,
        env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b''
    try:
        while b'watch in a browser' not in seen:
            seen += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        domain.close()
    assert re.search(rb'\x1b\[\d+m +stream \| \x1b\[0m', seen)


BAD_OPTIONS = {
    'no equals sign': (['--param', 'tts.speed'], r'--param tts\.speed .* NODE\.NAME=VALUE'),
    'unknown node': (['--param', 'mouth.speed=1'], r"no node 'mouth'\. Available: tts, lipsync"),
    'odd parameter name': (['--param', 'tts.a b=1'], r"'a b' is not a parameter name"),
    'odd namespace': (['--namespace', '/a b'], r"namespace: '/a b' is no ROS namespace"),
    'missing people': (['--people', 'nobody.yaml'], r'nobody\.yaml cannot be read'),
    'nothing to wait for': (['--exit-when-done'], r'--exit-when-done needs --say'),
}


@pytest.mark.parametrize('case', BAD_OPTIONS)
def test_bad_options_end_it_with_one_clear_line(tmp_path: Path, case: str) -> None:
    words, pattern = BAD_OPTIONS[case]
    status, text = run(tmp_path, 'live', '--http', '127.0.0.1:0', *FAST, *words)
    assert_one_clear_line(status, text, pattern)


BAD_PARAMETERS = {
    'out of range': ('tts', ['--param', 'tts.speed=9'], r'tts\.speed is 9\.0\. It has to be from'),
    'wrong kind': ('stream', ['--param', 'stream.width=wide'], r"stream\.width is 'wide'\. It"),
    'wrong choice': ('stream', ['--param', 'stream.preset=quick'], r'preset .* one of ultrafast'),
    'provider': ('tts', ['--tts', 'hibary'], r"tts\.provider: .*'hibary'\. Did you mean 'hibari'"),
    'missing face': ('lipsync', ['--face', 'nobody.png'], r'nobody\.png does not exist'),
    'engine': ('lipsync', ['--engine', 'vizeme'], r"lipsync\.engine: .*'vizeme'\. .*'viseme'"),
    'address': ('web', ['--http', 'here'], r"web\.http: 'here' is not HOST:PORT"),
    'address without web': ('stream', ['--http', 'here', '--web', 'false'],
                            r"stream\.http: 'here' is not HOST:PORT"),
    'container': ('stream', ['--record', 'a.doc'], r'a\.doc .*\.mp4'),
    'folder': ('stream', ['--record', '/nowhere/a.mp4'], r'folder /nowhere does not exist'),
    'scheme': ('stream', ['--push', 'gopher://a'], r'gopher://a.* udp://'),
}


@pytest.mark.parametrize('case', BAD_PARAMETERS)
def test_bad_parameters_end_their_node_with_one_clear_line(tmp_path: Path, case: str) -> None:
    node, words, pattern = BAD_PARAMETERS[case]
    chosen = {name: argument.default for name, argument in graph.ARGUMENTS.items()}
    chosen['http'] = '127.0.0.1:0'
    settings = []
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option == '--param':
            settings.append(value)
        else:
            chosen[option.removeprefix('--')] = value
    # The node alone, with the command line that the runner would give it.
    specs = graph.with_parameters(
        graph.nodes('live', chosen), settings)
    spec, = (spec for spec in specs if spec.name == node)
    command = graph.command(spec, 'live')
    status, text = run(tmp_path, *command[3:], module=spec.module)
    assert_one_clear_line(status, text, pattern)


def test_ros_arguments_that_are_none_are_said(tmp_path: Path) -> None:
    status, text = run(tmp_path, '--ros-args', '-p', 'a b:=1', module='txt2vid_ros.nodes.tts')
    assert_one_clear_line(status, text, r"ROS cannot start: .*'-p a b:=1'\. Correct the part")


def faces(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return bad faces: their files and what is to be said of them."""
    (folder / 'text.png').write_text('this is no picture')
    (folder / 'empty.png').touch()
    cv2.imwrite(str(folder / 'wall.png'), np.full((480, 640, 3), 120, np.uint8))
    return {'no image': (folder / 'text.png', r'text\.png is neither a picture nor a video'),
            'empty': (folder / 'empty.png', r'empty\.png is empty'),
            'no face': (folder / 'wall.png', r'no face found in \S*wall\.png'),
            'folder': (folder, r'is not a file')}


def test_a_file_without_a_face_ends_the_graph_with_one_clear_line(tmp_path: Path) -> None:
    file, pattern = faces(tmp_path)['no face']
    status, text = run(tmp_path, 'live', '--http', 'off', '--tts', 'clap', '--face', str(file))
    assert_one_clear_line(status, text, pattern)


@pytest.mark.parametrize('case', ['no image', 'empty', 'folder'])
def test_a_file_that_is_no_picture_is_refused(tmp_path: Path, case: str) -> None:
    file, pattern = faces(tmp_path)[case]
    status, text = run(tmp_path, *showing(file), module='txt2vid_ros.nodes.lipsync')
    assert_one_clear_line(status, text, pattern)


def showing(face: Path) -> tuple[str, ...]:
    """Return the words of a node lipsync that shows a face."""
    return ('--ros-args', '-r', '__ns:=/odd', '-p', f'face.file:={face}', '-p', 'width:=320', '-p',
            'height:=240')


def several(folder: Path) -> Path:
    portrait = cv2.imread(str(BUILT_IN_PORTRAIT))
    small = cv2.resize(portrait, None, fx=0.8, fy=0.8)
    small = cv2.copyMakeBorder(small, portrait.shape[0] - small.shape[0], 0, 0, 0,
                               cv2.BORDER_REPLICATE)
    cv2.imwrite(str(folder / 'two.png'), np.hstack([portrait, small]))
    return folder / 'two.png'


def huge(folder: Path) -> Path:
    portrait = cv2.imread(str(BUILT_IN_PORTRAIT))
    scale = 8000 / portrait.shape[1]
    cv2.imwrite(str(folder / 'huge.jpg'), cv2.resize(portrait, None, fx=scale, fy=scale))
    return folder / 'huge.jpg'


def clip(folder: Path, frames: int, name: str) -> Path:
    portrait = cv2.resize(cv2.imread(str(BUILT_IN_PORTRAIT)), (160, 120))
    # Few frames a second: a face is looked for in each of them.
    writer = cv2.VideoWriter(str(folder / name), cv2.VideoWriter_fourcc(*'MJPG'), 3, (160, 120))
    for _ in range(frames):
        writer.write(portrait)
    writer.release()
    return folder / name


@pytest.mark.parametrize(('make', 'pattern'), [
    (several, r'two\.png shows 2 faces: the largest one speaks'),
    (huge, ''),
    (lambda folder: clip(folder, 1, 'one.avi'), r'one\.avi has one frame'),
    (lambda folder: clip(folder, 8, 'long.avi'), r'long\.avi: only its first 1 s are used'),
], ids=['several faces', '8000 px wide', 'one frame', 'long video'])
def test_odd_faces_are_shown_and_what_is_odd_is_said(
        tmp_path: Path, make: object, pattern: str) -> None:
    with Command(tmp_path, *showing(make(tmp_path)), '-p', 'face.max_seconds:=1.0',
                 module='txt2vid_ros.nodes.lipsync') as node:
        node.wait_line('showing the face')
        if pattern:
            node.wait_line(pattern)
        with Observer(node, '/odd') as observer:  # type: ignore[arg-type]
            observer.record(Image, 'face/image_raw', qos.IMAGE, keep=lambda _: True).wait()


def test_a_portrait_fills_its_stream_from_the_first_picture_on(tmp_path: Path) -> None:
    portrait = cv2.imread(str(BUILT_IN_PORTRAIT))[:, 210:750]
    cv2.imwrite(str(tmp_path / 'me.png'), portrait)
    file = tmp_path / 'all.ts'
    with TalkingHead(tmp_path, '--tts', 'clap', '--param', 'lipsync.max_pixels=20000',
                     '--face', str(tmp_path / 'me.png'), '--record', str(file)) as head:
        head.ready()
        assert head.stop() == 0
    frames = Shown(file).frames
    assert frames.shape[1:] == (162, 122, 3)
    # No bars, and not even at the start a black picture of another size.
    small = cv2.resize(portrait, (122, 162), interpolation=cv2.INTER_AREA)
    assert np.abs(frames[0].astype(int) - small).mean() < 25


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(('127.0.0.1', 0))
        held.listen()
        port = held.getsockname()[1]
        status, text = run(tmp_path, 'live', *FAST, '--http', f'127.0.0.1:{port}')
    assert_one_clear_line(status, text, rf'127\.0\.0\.1:{port}: the port is in use.*for http')


def test_without_ffmpeg_it_says_how_to_get_it(tmp_path: Path) -> None:
    folder = tmp_path / 'bin'
    folder.mkdir()
    (folder / 'python3').symlink_to(sys.executable)
    status, text = run(tmp_path, 'live', *FAST, '--http', 'off',
                       environment={'PATH': str(folder)})
    assert_one_clear_line(status, text, r'ffmpeg is not installed.*apt-get install ffmpeg')


def test_an_encoder_and_nodes_that_crash_are_started_again_and_the_graph_goes_on(
        tmp_path: Path) -> None:
    with TalkingHead(tmp_path, *FAST) as head:
        head.ready()
        first = head.status()['encoder_pid']
        os.kill(first, signal.SIGKILL)
        head.wait_line(r'ffmpeg was ended by SIGKILL; starting it again')
        status = head.wait_status(lambda now: now['encoder_pid'] not in (0, first), 'a new one')
        head.wait_status(lambda now: now['on_time'] > status['on_time'] + 10, 'pictures')
        for name, sign in (('tts', 'ready to speak'), ('lipsync', 'showing the face')):
            pid, after = head.node_pid(name), len(head.lines)
            os.kill(pid, signal.SIGKILL)
            head.wait_line(rf'txt2vid \| {name} was ended by SIGKILL; starting it again',
                           after=after)
            head.wait_line(sign, after=after)
            assert not alive(pid)
        status, text = run(tmp_path, 'say', '--namespace', head.namespace, 'x', domain=head.domain)
        assert (status, text) == (0, '')
        assert head.stop() == 0
        assert 'Traceback' not in head.text


def test_who_waits_for_a_voice_that_has_gone_is_told_soon(tmp_path: Path) -> None:
    with TalkingHead(tmp_path, *FAST).ready() as head, Observer(head) as observer:
        speaking = observer.record(Bool, 'voice/speaking', qos.INFO)

        def waiting() -> Command:
            seen = len(speaking.messages)
            say = Command(tmp_path, 'say', '--namespace', head.namespace, 'x' * 600,
                          domain=head.domain)
            speaking.wait(lambda message: message.data, after=seen)
            return say

        with waiting() as say:
            after = len(head.lines)
            os.kill(head.node_pid('tts'), signal.SIGKILL)
            assert_one_clear_line(say.wait(), say.text, 'did not finish saying it')
        head.wait_line('ready to speak', after=after)
        with waiting() as say:
            assert head.stop() == 0
            assert_one_clear_line(say.wait(), say.text, 'did not finish saying it')


def test_what_is_recorded_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    file = tmp_path / 'full.mkv'

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    # Much light and dark, coded without loss, so that the megabyte is soon there.
    with TalkingHead(tmp_path, '--tts', 'clap', '--engine', 'viseme', '--record', str(file),
                     '--param', 'stream.quality=1', '--param', 'stream.max_bitrate=50000000',
                     preexec=small_disk) as head:
        head.ready()
        head.wait_line(r'recording to \S*full\.mkv has stopped: .*What was recorded until then')
        before = head.status()['frames']
        head.wait_status(lambda status: status['frames'] > before + 25, 'the stream going on')
        assert head.stop() == 1  # what was asked for is not all there
    assert len(Shown(file).timing.frame_times) > 5


def test_what_was_not_said_is_no_success(tmp_path: Path) -> None:
    status, text = run(tmp_path, 'live', *FAST, '--http', 'off', '--say', '😀',
                       '--exit-when-done')
    assert status == 1, text
    assert '--say was not spoken' in text


def test_a_node_that_always_crashes_is_given_up(tmp_path: Path) -> None:
    # A provider that ends its process: what a library may do, at a start.
    package = tmp_path / 'crashing'
    shutil.copytree(ROOT / 'txt2vid_ros', package / 'txt2vid_ros',
                    ignore=shutil.ignore_patterns('__pycache__'))
    (package / 'models').symlink_to(ROOT / 'models')
    (package / 'config').symlink_to(ROOT / 'config')
    shutil.copy(ROOT / 'package.xml', package)
    clap = package / 'txt2vid_ros' / 'bench' / 'speech' / 'clap.py'
    clap.write_text(clap.read_text() + '\nimport os\nos.abort()\n')
    with Command(tmp_path, 'live', *FAST, '--http', 'off',
                 environment={'PYTHONPATH': str(package)}, cwd=package) as command:
        assert command.wait() == 1
        assert len(re.findall(r'tts was ended by SIGABRT; starting it again', command.text)) == 4
        assert len(re.findall(r'tts was ended by SIGABRT for the 5th time.*giving up',
                              command.text)) == 1
