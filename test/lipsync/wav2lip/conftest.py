"""The golden data, the networks filled with synthetic weights, and a cache of their own."""

from __future__ import annotations

import pathlib
from typing import Any

from arrays import Golden
import checkpoints
import numpy as np
import pytest
import torch
from txt2vid_ros.bench.lipsync import synthetic_weights
from txt2vid_ros.lipsync.face.s3fd.model import S3FD
from txt2vid_ros.lipsync.wav2lip.generator.onnx import export, ExportedGraphs, OnnxGenerator
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

GOLDEN = pathlib.Path(__file__).parents[2] / 'golden'


@pytest.fixture(scope='session')
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp('cache')


@pytest.fixture(autouse=True)
def own_cache(cache_folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is computed once in a folder of the test run."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(cache_folder))


@pytest.fixture(scope='session')
def golden_dir() -> pathlib.Path:
    return GOLDEN


@pytest.fixture(scope='session')
def golden() -> Golden:
    """Return a function that gives one golden archive as a dict of arrays."""
    loaded: dict[str, dict[str, Any]] = {}

    def load(name: str) -> dict[str, Any]:
        if name not in loaded:
            with np.load(GOLDEN / name, allow_pickle=False) as data:
                loaded[name] = {key: data[key] for key in data.files}
        return loaded[name]

    return load


@pytest.fixture(scope='session')
def wav2lip() -> Wav2Lip:
    """Return the torch generator filled by the rule of the golden data."""
    torch.set_num_threads(1)
    return synthetic_weights.fill(Wav2Lip(), synthetic_weights.wav2lip_weights)


@pytest.fixture(scope='session')
def s3fd() -> S3FD:
    """Return the torch detector filled by the rule of the golden data."""
    torch.set_num_threads(1)
    return synthetic_weights.fill(S3FD(), synthetic_weights.s3fd_weights)


@pytest.fixture(scope='session')
def wav2lip_checkpoint(wav2lip: Wav2Lip, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a file like `wav2lip.pth`: legacy pickle, prefix, optimizer, GPU tensors."""
    path = tmp_path_factory.mktemp('weights') / 'wav2lip.pth'
    checkpoints.save_published({
        'state_dict': {f'module.{n}': t for n, t in wav2lip.state_dict().items()},
        'optimizer': {'state': {0: {'step': 1}}, 'param_groups': [{'lr': 1e-4}]},
        'global_step': 396000, 'global_epoch': 203}, path)
    return path


@pytest.fixture(scope='session')
def graphs(wav2lip_checkpoint: pathlib.Path, cache_folder: pathlib.Path) -> ExportedGraphs:
    """Return the ONNX graphs exported from that file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(cache_folder))
        return export(wav2lip_checkpoint)


@pytest.fixture(scope='session')
def generator(graphs: ExportedGraphs) -> OnnxGenerator:
    """Return the fast path on one thread."""
    return OnnxGenerator(graphs)
