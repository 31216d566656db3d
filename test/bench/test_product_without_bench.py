"""What only measures lies in one folder, and the product runs with that folder deleted."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import shutil
import subprocess
import sys
import wave

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
# launch comes with a ROS installation only.
NOT_IMPORTED = ('txt2vid_ros.launching',)
# An editable installation finds a missing folder in the checkout that it was made from.
PRELUDE = """
import sys
sys.meta_path = [finder for finder in sys.meta_path if 'Editable' not in repr(finder)]
"""
COMMAND = PRELUDE + """
import runpy
runpy.run_module('txt2vid_ros.cli.main', run_name='__main__')
"""
IMPORT_ALL = PRELUDE + """
import importlib, pathlib
folder = pathlib.Path('txt2vid_ros')
for file in sorted(folder.rglob('*.py')):
    parts = file.with_suffix('').parts
    name = '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)
    if name in sys.argv[1:]:
        continue
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as missing:
        # A package that is optional, and not installed here.
        if (missing.name or '').startswith('txt2vid_ros'):
            raise
    print(name)
"""


@pytest.fixture(scope='module')
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a checkout without the folder of benchmarks."""
    folder = tmp_path_factory.mktemp('product')
    shutil.copytree(ROOT / 'txt2vid_ros', folder / 'txt2vid_ros',
                    ignore=lambda path, names: {'__pycache__'} | (
                        {'bench'} if Path(path) == ROOT / 'txt2vid_ros' else set()))
    shutil.copy(ROOT / 'package.xml', folder)
    for shipped in ('models', 'config', 'launch'):
        (folder / shipped).symlink_to(ROOT / shipped)
    yield folder


def run(folder: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-c', script, *words], cwd=folder, capture_output=True, text=True,
        check=False, timeout=240, env={**os.environ, 'PYTHONPATH': str(folder)})


def test_help_works(product: Path) -> None:
    done = run(product, COMMAND, '--help')
    assert done.returncode == 0, done.stderr
    assert 'render' in done.stdout


def test_a_video_is_rendered(product: Path, tmp_path: Path) -> None:
    sound, video = tmp_path / 'sound.wav', tmp_path / 'out.mp4'
    with wave.open(str(sound), 'wb') as file:
        file.setparams((1, 2, 16000, 0, 'NONE', ''))
        file.writeframes(np.random.default_rng(0).integers(-9000, 9000, 8000, '<i2').tobytes())
    done = run(product, COMMAND, 'render', '--audio', str(sound), '--out', str(video), '--engine',
               'viseme', '--width', '160', '--height', '120', '--quiet')
    assert done.returncode == 0, done.stderr
    assert '0.5 s of video' in done.stdout
    assert video.stat().st_size > 1000


def test_every_other_module_is_imported(product: Path) -> None:
    done = run(product, IMPORT_ALL, *NOT_IMPORTED)
    assert done.returncode == 0, done.stderr
    imported = done.stdout.split()
    assert len(imported) > 200
    assert 'txt2vid_ros.nodes.lipsync' in imported
    assert not [name for name in imported if name.startswith('txt2vid_ros.bench')]


def test_the_benchmarks_say_that_they_are_not_there(product: Path) -> None:
    done = run(product, COMMAND, 'bench', 'render')
    assert done.returncode == 2
    assert done.stderr == ('txt2vid: txt2vid_ros was installed without its benchmarks. '
                           'Run them in a checkout: make bench\n')
