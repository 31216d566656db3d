"""The fast path gives what the plain module gives, with less work."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from arrays import Golden
import numpy as np
import onnxruntime
import pytest
import torch
from txt2vid_ros.bench.lipsync.multiplications import multiplications
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.wav2lip.generator import onnx_graph, rows, winograd
from txt2vid_ros.lipsync.wav2lip.generator.base import MOUTH_SHAPE, network_input
from txt2vid_ros.lipsync.wav2lip.generator.cuda import bucket
from txt2vid_ros.lipsync.wav2lip.generator.onnx import export, ExportedGraphs, OnnxGenerator
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

FIRST = rows.LOWER_FACE_ROW


def lower(out: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the pasted region of the network's output, (B, 49, 96, 3)."""
    return out[:, :, FIRST:].transpose(0, 2, 3, 1)


def test_the_pasted_region_equals_the_golden_output(
        golden: Golden, generator: OnnxGenerator) -> None:
    data = golden('wav2lip_golden.npz')
    features = [generator.features(generator.encode(crop)) for crop in data['crop_bgr_u8']]
    mouths = generator.mouths(data['mel'][:, 0], features)
    assert [mouth.shape for mouth in mouths] == [MOUTH_SHAPE] * 2
    np.testing.assert_allclose(np.stack(mouths), lower(data['out']), atol=1e-4)


def test_any_sound_on_any_frame_equals_the_plain_module(
        golden: Golden, wav2lip: Wav2Lip, generator: OnnxGenerator) -> None:
    crops = golden('wav2lip_golden.npz')['crop_bgr_u8']
    noise = np.random.default_rng(7).uniform(-4, 4, (3, 80, 16)).astype(np.float32)
    for crop in (crops[0], crops[1], 255 - crops[0]):
        face = torch.from_numpy(network_input(crop[None])).expand(3, -1, -1, -1)
        expected = wav2lip(torch.from_numpy(noise[:, None]), face).numpy()
        ours = generator.mouths(noise, [generator.features(generator.encode(crop))] * 3)
        np.testing.assert_allclose(np.stack(ours), lower(expected), atol=1e-4)


@pytest.mark.parametrize('first_row', [0, 1, 31, 95])
def test_the_halo_is_exact_whatever_rows_are_asked_for(
        golden: Golden, wav2lip: Wav2Lip, first_row: int) -> None:
    data = golden('wav2lip_golden.npz')
    state = {name: t.numpy() for name, t in wav2lip.state_dict().items()}
    face, share, speech = (
        onnxruntime.InferenceSession(build(state, first_row), providers=['CPUExecutionProvider'])
        for build in (onnx_graph.face_graph, onnx_graph.share_graph, onnx_graph.speech_graph))
    skips = face.run(None, {'face': data['face'][:1]})
    shares = share.run(None, dict(zip(onnx_graph.SKIPS, skips, strict=True)))
    feeds = dict(zip(onnx_graph.SHARES, shares, strict=True)) | {'mel': data['mel'][:1]}
    out = speech.run(None, feeds)[0]
    np.testing.assert_allclose(out, data['out'][:1, :, first_row:], atol=1e-4)


def test_the_count_of_multiplications_is_the_golden_one(golden_dir: pathlib.Path) -> None:
    groups = json.loads((golden_dir / 'wav2lip_macs.json').read_text())['groups']
    assert multiplications() == groups['total']
    cached = multiplications(FIRST, face_cached=True)
    assert cached < 0.55 * groups['total']
    assert multiplications(FIRST, face_cached=True, tiled=winograd.WIDTHS) < 0.75 * cached


def test_the_export_is_kept_by_content(
        wav2lip_checkpoint: pathlib.Path, graphs: ExportedGraphs, tmp_path: pathlib.Path) -> None:
    copy = tmp_path / 'another name.pth'
    copy.write_bytes(wav2lip_checkpoint.read_bytes())
    stamp = graphs.speech.stat().st_mtime_ns
    assert export(copy) == graphs
    assert graphs.speech.stat().st_mtime_ns == stamp
    assert not list(graphs.speech.parent.glob('.*.part*'))


def test_eight_bits_are_near_and_say_how_near(
        golden: Golden, wav2lip_checkpoint: pathlib.Path, generator: OnnxGenerator) -> None:
    graphs = export(wav2lip_checkpoint, int8=True)
    note = json.loads(graphs.speech.with_name(
        graphs.speech.name.replace('speech-int8.onnx', 'int8.json')).read_text())
    assert 0 < note['mean'] < 0.03 and note['mean'] < note['largest'] < 0.3
    assert f"{note['mean'] * 255:.1f} of 255" in graphs.notice
    stamp = graphs.speech.stat().st_mtime_ns
    assert export(wav2lip_checkpoint, int8=True) == graphs
    assert graphs.speech.stat().st_mtime_ns == stamp

    small = OnnxGenerator(graphs)
    assert small.notices == (graphs.notice,) and generator.notices == ()
    crop = golden('crop_paste_golden.npz')['crop96_u8']
    mel = golden('wav2lip_golden.npz')['mel'][:, 0]
    exact, near = (np.stack(one.mouths(mel, [one.features(one.encode(crop))] * 2))
                   for one in (generator, small))
    apart = np.abs(near - exact)
    assert apart.mean() < 2 * note['mean'] + 0.01


def test_a_damaged_export_is_named(graphs: ExportedGraphs, tmp_path: pathlib.Path) -> None:
    cut = tmp_path / 'cut.onnx'
    cut.write_bytes(graphs.face.read_bytes()[:100_000])
    with pytest.raises(UserError, match=r'cut.onnx cannot be loaded'):
        OnnxGenerator(ExportedGraphs(cut, graphs.share, graphs.speech))


def test_a_missing_checkpoint_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UserError, match=r'cannot read the Wav2Lip weights .*gone.pth'):
        export(tmp_path / 'gone.pth')


def test_a_folder_that_cannot_be_written_is_named(
        wav2lip_checkpoint: pathlib.Path, tmp_path: pathlib.Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'txt2vid_ros').write_text('a file where the folder should be')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    with pytest.raises(UserError, match='cannot write the exported network to'):
        export(wav2lip_checkpoint)


def test_the_torch_generator_gives_the_same_mouths(golden: Golden, wav2lip: Wav2Lip) -> None:
    data = golden('wav2lip_golden.npz')
    with_torch = TorchGenerator(wav2lip)
    features = [with_torch.features(with_torch.encode(crop)) for crop in data['crop_bgr_u8']]
    mouths = with_torch.mouths(data['mel'][:, 0], features)
    np.testing.assert_allclose(np.stack(mouths), lower(data['out']), atol=1e-4)
    assert with_torch.size_of(features[0]) == 6 * 96 * 96 * 4
    with_torch.close()
    with pytest.raises(RuntimeError, match='closed'):
        with_torch.mouths(data['mel'][:, 0], features)


def test_a_device_that_is_not_there_is_named(wav2lip: Wav2Lip) -> None:
    with pytest.raises(UserError, match="device 'nonsense' cannot be used"):
        TorchGenerator(wav2lip, 'nonsense')
    with pytest.raises(UserError, match='float32, float16, bfloat16'):
        TorchGenerator(wav2lip, precision='float8')


def test_windows_and_faces_have_to_match(wav2lip: Wav2Lip, generator: OnnxGenerator) -> None:
    for one in (generator, TorchGenerator(wav2lip)):
        with pytest.raises(ValueError, match='2 windows for 0 faces'):
            one.mouths(np.zeros((2, 80, 16), np.float32), [])


def test_batch_sizes_of_the_gpu_are_powers_of_two() -> None:
    assert [bucket(n) for n in (1, 2, 3, 4, 5, 63, 64, 65, 128)] == [
        1, 2, 4, 4, 8, 64, 64, 128, 128]


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs an NVIDIA GPU')
@pytest.mark.parametrize('precision', ['float16', 'bfloat16', 'float32'])
@pytest.mark.parametrize('batch', [1, 3, 130])
def test_the_gpu_gives_the_same_mouths(
        golden: Golden, wav2lip: Wav2Lip, precision: str, batch: int) -> None:
    from txt2vid_ros.lipsync.wav2lip.generator.cuda import CudaGenerator
    data = golden('wav2lip_golden.npz')
    on_gpu = CudaGenerator(wav2lip, precision=precision)
    features = [on_gpu.features(on_gpu.encode(data['crop_bgr_u8'][i % 2])) for i in range(batch)]
    windows = np.stack([data['mel'][i % 2, 0] for i in range(batch)])
    tolerance = {'float16': 0.02, 'bfloat16': 0.1, 'float32': 2e-3}[precision]
    expected = lower(data['out'])
    for i, mouth in enumerate(on_gpu.mouths(windows, features)):
        np.testing.assert_allclose(mouth, expected[i % 2], atol=tolerance)
    on_gpu.close()
