"""The generator against the golden data, and the loading of its published checkpoints."""

from __future__ import annotations

from collections.abc import Callable
import json
import pathlib
import subprocess
import sys

from arrays import Golden
import checkpoints
import numpy as np
import pytest
import torch
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.wav2lip.checkpoint import load_checkpoint
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip


def test_names_shapes_and_order_are_those_of_the_published_checkpoints(
        golden_dir: pathlib.Path) -> None:
    expected = json.loads((golden_dir / 'wav2lip_state.json').read_text())['state']
    ours = [[name, list(t.shape), str(t.dtype).removeprefix('torch.')]
            for name, t in Wav2Lip().state_dict().items()]
    assert ours == expected


def test_filled_weights_follow_the_rule(golden: Golden, wav2lip: Wav2Lip) -> None:
    data = golden('wav2lip_golden.npz')
    state = wav2lip.state_dict()
    for name, first in zip(data['probe_names'], data['probe_first4'], strict=True):
        np.testing.assert_array_equal(np.resize(state[str(name)].numpy().ravel()[:4], 4), first)


def test_output_equals_the_golden_output(golden: Golden, wav2lip: Wav2Lip) -> None:
    data = golden('wav2lip_golden.npz')
    out = wav2lip(torch.from_numpy(data['mel']), torch.from_numpy(data['face'])).numpy()
    np.testing.assert_allclose(out, data['out'], atol=1e-4)
    np.testing.assert_allclose(out, data['out_f64_as_f32'], atol=1e-4)
    speech = wav2lip.audio_encoder(torch.from_numpy(data['mel'])).numpy()
    np.testing.assert_allclose(speech[:, :, 0, 0], data['audio_embedding'], atol=1e-4)


def assert_same(loaded: Wav2Lip, original: Wav2Lip) -> None:
    for name, tensor in original.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_loads_the_layout_of_wav2lip(wav2lip: Wav2Lip, wav2lip_checkpoint: pathlib.Path) -> None:
    loaded = load_checkpoint(wav2lip_checkpoint)
    assert_same(loaded, wav2lip)
    assert not loaded.training


def test_loads_the_layout_of_wav2lip_gan(wav2lip: Wav2Lip, tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'wav2lip_gan.pth'
    moments = {'exp_avg': torch.zeros(4), 'exp_avg_sq': torch.zeros(4)}
    checkpoints.save_published({
        'global_epoch': 88, 'global_step': 258000, 'state_dict': wav2lip.state_dict(),
        'optimizer': {'state': {1: moments}, 'param_groups': []}}, path)
    assert_same(load_checkpoint(str(path)), wav2lip)


def test_loads_a_bare_state_dict_saved_today(wav2lip: Wav2Lip, tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'converted.pth'
    torch.save(wav2lip.state_dict(), path)
    assert_same(load_checkpoint(path), wav2lip)


RUBBISH = {
    'pointer': (b'version https://git-lfs.github.com/spec/v1\noid sha256:00\n', 'LFS pointer'),
    'html': (b'\n<!DOCTYPE html><html><body>Sign in</body></html>', 'web page'),
    'json': (b'{"error": "not found"}', 'JSON message'),
    'empty': (b'', 'is empty'),
    'text': (b'hello, this is no checkpoint at all', 'is not a torch checkpoint'),
    'list': (checkpoints.published_bytes([torch.zeros(1)]), 'holds no state_dict'),
    'other': (checkpoints.published_bytes({'state_dict': {'a': torch.ones(1)}}), 'another net'),
}


@pytest.mark.parametrize('kind', RUBBISH)
def test_what_is_no_checkpoint_is_named(kind: str, tmp_path: pathlib.Path) -> None:
    content, said = RUBBISH[kind]
    path = tmp_path / 'wav2lip_gan.pth'
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        load_checkpoint(path)
    assert 'wav2lip_gan.pth' in str(caught.value) and caught.value.remedy
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('share', [0.5, 0.0001])
def test_a_truncated_file_is_named(
        share: float, wav2lip_checkpoint: pathlib.Path, tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'wav2lip.pth'
    with wav2lip_checkpoint.open('rb') as file:
        path.write_bytes(file.read(int(wav2lip_checkpoint.stat().st_size * share)))
    with pytest.raises(UserError, match='truncated or damaged'):
        load_checkpoint(path)


def test_a_truncated_zip_checkpoint_is_named(tmp_path: pathlib.Path) -> None:
    whole = tmp_path / 'whole.pth'
    torch.save({'state_dict': {'a': torch.zeros(5000)}}, whole)
    path = tmp_path / 'cut.pth'
    path.write_bytes(whole.read_bytes()[:9000])
    with pytest.raises(UserError, match='truncated or damaged'):
        load_checkpoint(path)


@pytest.mark.parametrize(('change', 'said'), [
    (lambda t: t[:, :, :1], 'has shape .512, 512, 1, 3. instead of .512, 512, 3, 3.'),
    (lambda t: t * float('nan'), 'not finite'),
])
def test_a_wrong_tensor_is_named(
        wav2lip: Wav2Lip, change: Callable[[torch.Tensor], torch.Tensor], said: str,
        tmp_path: pathlib.Path) -> None:
    state = dict(wav2lip.state_dict())
    name = 'face_encoder_blocks.5.1.conv_block.0.weight'
    state[name] = change(state[name])
    torch.save(state, tmp_path / 'changed.pth')
    with pytest.raises(UserError, match=said) as caught:
        load_checkpoint(tmp_path / 'changed.pth')
    assert name in str(caught.value)


class _Payload:
    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return (print, ('a checkpoint that ran code',))


def test_a_checkpoint_cannot_run_code(
        tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    torch.save({'state_dict': _Payload()}, tmp_path / 'evil.pth')
    with pytest.raises(UserError, match='not a torch checkpoint of plain tensors'):
        load_checkpoint(tmp_path / 'evil.pth')
    assert 'ran code' not in capfd.readouterr().out


def test_a_missing_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UserError, match=r'cannot read the Wav2Lip weights .*none.pth'):
        load_checkpoint(tmp_path / 'none.pth')


def test_the_package_imports_without_torch() -> None:
    code = ('import sys, txt2vid_ros.lipsync.wav2lip, txt2vid_ros.lipsync.face.s3fd; '
            'sys.exit("torch" in sys.modules)')
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    import txt2vid_ros.lipsync.face.s3fd as s3fd
    import txt2vid_ros.lipsync.wav2lip as wav2lip
    for module in (s3fd, wav2lip):
        with pytest.raises(AttributeError, match='nonsense'):
            module.nonsense  # noqa: B018 - the access is the test
