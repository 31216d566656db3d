"""tools/gpu_check.sh: it needs torch and numpy alone, tells what fails, and fills docs/gpu.md."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
from pathlib import Path
import runpy
import signal
import subprocess
import sys
from typing import Any

import pytest
from txt2vid_ros.bench.gpu import table

pytestmark = pytest.mark.skipif(importlib.util.find_spec('torch') is None,
                                reason='`make test TORCH=no` is without torch')
ROOT = Path(__file__).parents[2]
# What a machine with torch and numpy alone lacks of the requirements.
ABSENT = ('aiohttp', 'av', 'cv2', 'ffmpeg', 'onnx', 'onnxruntime', 'rclpy', 'soxr', 'tqdm', 'yaml')


def test_all_of_it_runs_where_there_is_torch_and_numpy_alone(tmp_path: Path) -> None:
    (tmp_path / 'bare.py').write_text(
        'import runpy, sys\n'
        f'sys.modules.update(dict.fromkeys({ABSENT!r}))\n'
        'sys.argv = sys.argv[1:]\n'
        'runpy.run_path(sys.argv[0], run_name="__main__")\n')
    python = tmp_path / 'python'
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] || set -- {tmp_path}/bare.py "$@"\n'
                      f'exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    file = tmp_path / 'gpu.json'
    with subprocess.Popen(
            [str(ROOT / 'tools/gpu_check.sh'), str(file), '--device', 'cpu', '--quick'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
            env={**os.environ, 'PYTHON': str(python)}, start_new_session=True) as process:
        try:
            said, _ = process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):   # all have ended
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, said
    results = json.loads(file.read_text('utf-8'))
    figures = results['figures']
    assert results['failed'] == {} and results['kind'] == 'cpu' and results['torch']
    assert figures['parity_fp32']['passed'] and figures['parity_fp32']['max'] < 1e-4
    assert figures['batch_1']['pictures_per_second'] == pytest.approx(
        1000 / figures['batch_1']['ms'])
    assert figures['batch_1']['limit_ms'] > 0
    assert figures['sessions']['sessions_1']['pictures'] == 2
    assert '| 1 |' in table.render(results)


def run(*sections: tuple[str, Any], file: Path, seconds: float = 60.0) -> tuple[bool, Any]:
    from txt2vid_ros.bench.gpu.check import Check
    said: list[str] = []
    well = Check('cpu', file, seconds, said.append).run(iter(sections))
    assert len(said) == len(sections)
    return well, json.loads(file.read_text('utf-8'))


def test_what_fails_is_named_and_the_rest_is_measured(tmp_path: Path) -> None:
    def fails() -> dict[str, Any]:
        raise RuntimeError('CUDA error: out of memory\nand where')

    file = tmp_path / 'gpu.json'
    well, results = run(('limits', lambda: {'fp16_tflops': 700.0}), ('parity_fp32', fails),
                        ('batch_1', lambda: {'ms': 0.5}), file=file)
    assert not well
    assert results['figures'] == {'limits': {'fp16_tflops': 700.0}, 'batch_1': {'ms': 0.5}}
    assert results['failed'] == {'parity_fp32': 'RuntimeError: CUDA error: out of memory'}
    shown = table.render(results)
    assert '| matrix products in half precision | 700 TFLOP/s |' in shown
    assert '| 1 | 0.50 | not measured | not measured | not measured |' in shown
    assert '`parity_fp32` was not measured: RuntimeError: CUDA error: out of memory' in shown


def test_what_there_is_no_time_for_is_named(tmp_path: Path) -> None:
    _, results = run(('limits', dict), file=tmp_path / 'gpu.json', seconds=-1)
    assert results['failed'] == {'limits': 'TimeoutError: the time was over'}


def test_without_a_gpu_it_says_so(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    import torch
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(sys, 'argv', ['gpu_check.py', str(tmp_path / 'gpu.json')])
    monkeypatch.setattr(sys, 'path', [*sys.path])
    with pytest.raises(SystemExit, match='2'):
        runpy.run_path(str(ROOT / 'tools/gpu_check.py'), run_name='__main__')
    assert 'finds no NVIDIA GPU' in capsys.readouterr().err


def test_the_reference_outputs_may_be_absent(tmp_path: Path) -> None:
    from txt2vid_ros.bench.gpu.parity import parity
    from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip
    _, results = run(('parity_fp32', lambda: parity(Wav2Lip(), 'cpu', 'fp32', tmp_path)),
                     file=tmp_path / 'gpu.json')
    assert 'wav2lip_golden.npz is not there' in results['failed']['parity_fp32']


def test_the_page_shows_what_the_file_holds(tmp_path: Path) -> None:
    page = tmp_path / 'gpu.md'
    page.write_text((ROOT / 'docs/gpu.md').read_text('utf-8'), 'utf-8')
    table.write(ROOT / 'docs/gpu.json', page)
    assert page.read_text('utf-8') == (ROOT / 'docs/gpu.md').read_text('utf-8')
    page.write_text('nothing', 'utf-8')
    with pytest.raises(ValueError, match='no place for tables'):
        table.write(ROOT / 'docs/gpu.json', page)
