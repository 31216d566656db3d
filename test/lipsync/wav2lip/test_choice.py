"""Which engine `auto` takes, and what is said where weights are missing."""

from __future__ import annotations

import hashlib
import pathlib
import sys

import pytest
from txt2vid_ros.bench.lipsync.flash import FlashEngine
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models import manifest, verified
from txt2vid_ros.core.models.manifest import Model
from txt2vid_ros.lipsync import choice
from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipEngine
from txt2vid_ros.lipsync.wav2lip.generator.exported import graph_files
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions

GOOD = b'these are the published weights'


@pytest.fixture(autouse=True)
def models(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Point at an empty models folder, with a manifest of two checkpoints."""
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    listed = {file: Model(file, 'moves the lips', False, 'research only',
                          'https://where.example',
                          len(GOOD), hashlib.sha256(GOOD).hexdigest())
              for file in choice.WAV2LIP_FILES}
    for module in (choice, verified):
        monkeypatch.setattr(module, 'load_manifest', lambda: listed)
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the entry points, which a checkout need not have installed."""
    engines = {'wav2lip': Wav2LipEngine, 'flash': FlashEngine}
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: engines[name])


def test_without_weights_it_is_viseme() -> None:
    assert choice.choose_engine() == (
        'viseme', 'engine viseme: built in; Wav2Lip has no weights here', None)


@pytest.mark.parametrize('file', choice.WAV2LIP_FILES)
def test_with_verified_weights_it_is_wav2lip(models: pathlib.Path, file: str) -> None:
    (models / file).write_bytes(GOOD)
    assert choice.choose_engine('auto') == ('wav2lip', f'engine wav2lip: {file} is there and '
                                            'verified', models / file)
    assert choice.wav2lip_weights() == models / file


def test_the_sharper_weights_come_first(models: pathlib.Path) -> None:
    for file in choice.WAV2LIP_FILES:
        (models / file).write_bytes(GOOD)
    assert choice.wav2lip_weights().name == 'wav2lip_gan.pth'


@pytest.mark.parametrize(('content', 'said'), [
    (b'<html>sign in</html>', 'a web page'),
    (GOOD[:10], 'truncated'),
    (b'x' * len(GOOD), 'not the published'),
])
def test_wrong_weights_are_not_taken_and_named(
        models: pathlib.Path, content: bytes, said: str) -> None:
    (models / 'wav2lip.pth').write_bytes(content)
    name, why, _ = choice.choose_engine()
    assert name == 'viseme' and said in why and 'wav2lip.pth' in why


def test_verified_weights_are_read_once_and_again_when_they_change(
        models: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[pathlib.Path] = []

    def check(model: Model, path: pathlib.Path) -> None:
        read.append(path)
        manifest.check_file(model, path)

    monkeypatch.setattr(verified, 'check_file', check)
    path = models / 'wav2lip_gan.pth'
    path.write_bytes(GOOD)
    assert [choice.choose_engine()[0] for _ in range(3)] == ['wav2lip'] * 3
    assert len(read) == 1
    path.unlink()
    path.write_bytes(b'y' * len(GOOD))
    assert choice.choose_engine()[0] == 'viseme'
    assert len(read) == 2


def test_the_checkpoint_that_was_verified_is_the_one_that_is_loaded(
        installed: None, models: pathlib.Path) -> None:
    (models / 'wav2lip_gan.pth').write_bytes(GOOD[:10])
    (models / 'wav2lip.pth').write_bytes(GOOD)
    name, why, weights = choice.choose_engine()
    assert (name, weights) == ('wav2lip', models / 'wav2lip.pth')
    assert 'wav2lip_gan.pth is truncated' in why and 'wav2lip.pth is there' in why
    engine, _ = choice.make_engine('auto', {'wav2lip.threads': 1}, 'lipsync.engine')
    assert isinstance(engine, Wav2LipEngine)
    assert engine._options.weights == models / 'wav2lip.pth'
    engine, _ = choice.make_engine('auto', {'wav2lip.weights': '/my/own.pth'}, 'lipsync.engine')
    assert isinstance(engine, Wav2LipEngine)
    assert engine._options.weights == pathlib.Path('/my/own.pth')


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide torch and onnx, as on a machine where only `make live` has run."""
    monkeypatch.setitem(sys.modules, 'torch', None)
    monkeypatch.setitem(sys.modules, 'onnx', None)


def test_without_torch_the_default_goes_on_and_says_what_to_install(
        models: pathlib.Path, without_torch: None) -> None:
    for file in choice.WAV2LIP_FILES:
        (models / file).write_bytes(GOOD)
    name, why, _ = choice.choose_engine()
    assert name == 'viseme'
    assert 'wav2lip_gan.pth needs torch and onnx, which are not installed' in why
    assert 'make wav2lip' in why and f'{sys.executable} -m pip install torch onnx' in why


def test_what_was_exported_before_runs_without_torch(
        models: pathlib.Path, without_torch: None) -> None:
    (models / 'wav2lip.pth').write_bytes(GOOD)
    for path in graph_files(hashlib.sha256(GOOD).hexdigest())[:3]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert choice.choose_engine()[0] == 'wav2lip'


@pytest.mark.parametrize('hidden', ['torch', 'onnx', 'onnxruntime'])
def test_by_name_a_missing_package_is_named_with_what_installs_it(
        models: pathlib.Path, monkeypatch: pytest.MonkeyPatch, hidden: str) -> None:
    (models / 'wav2lip.pth').write_bytes(GOOD)
    monkeypatch.setitem(sys.modules, hidden, None)
    with pytest.raises(UserError, match=f'needs {hidden}, which is not installed') as caught:
        Wav2LipEngine(Wav2LipOptions(device='cpu')).load()
    assert f'pip install {hidden}' in caught.value.remedy


def test_verification_works_where_nothing_can_be_kept(models: pathlib.Path) -> None:
    (models / 'cache').write_text('in the way')
    (models / 'wav2lip.pth').write_bytes(GOOD)
    assert choice.choose_engine()[0] == 'wav2lip'


def test_asked_for_without_weights_it_says_all_in_one_line(models: pathlib.Path) -> None:
    with pytest.raises(UserError) as caught:
        choice.choose_engine('wav2lip')
    text = str(caught.value)
    assert str(models / 'wav2lip_gan.pth') in text          # which file, and where it goes
    assert 'research only' in text and 'https://where.example' in text
    assert '`txt2vid models import' in text
    assert '\n' not in text


def test_asked_for_by_name_it_is_taken_as_it_is(models: pathlib.Path) -> None:
    (models / 'wav2lip.pth').write_bytes(b'my own training')
    assert choice.choose_engine('wav2lip')[0] == 'wav2lip'
    assert choice.choose_engine('flash') == ('flash', 'engine flash', None)


def test_weights_the_manifest_does_not_know(
        models: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (choice, verified):
        monkeypatch.setattr(module, 'load_manifest', dict)
    (models / 'wav2lip.pth').write_bytes(GOOD)
    assert 'not in the list' in choice.choose_engine()[1]
    (models / 'wav2lip.pth').unlink()
    with pytest.raises(UserError, match='research, academic'):
        choice.wav2lip_weights()


def test_the_engine_gets_its_options(installed: None, models: pathlib.Path) -> None:
    (models / 'wav2lip.pth').write_bytes(GOOD)
    engine, why = choice.make_engine('auto', {'wav2lip.pads': '0,20,0,0'}, 'lipsync.engine')
    assert isinstance(engine, Wav2LipEngine) and engine._options.pads == (0, 20, 0, 0)
    assert 'verified' in why


def test_named_with_weights_of_ones_own_it_needs_none_in_the_folder(installed: None) -> None:
    engine, _ = choice.make_engine('wav2lip', {'wav2lip.weights': '/my/own.pth'},
                                   'lipsync.engine')
    with pytest.raises(UserError, match=r'/my/own.pth'):
        engine.load()
    engine, _ = choice.make_engine('wav2lip', {}, 'lipsync.engine')
    with pytest.raises(UserError, match='which is not there'):
        engine.load()


def test_options_for_an_engine_that_has_none_are_named(installed: None) -> None:
    with pytest.raises(UserError, match=r'flash\.pads: there is no such option\. Available: over'):
        choice.engine_options('flash').check({'flash.pads': '1,2,3,4'}, '--engine-options {}')
    assert isinstance(choice.make_engine('flash', {}, '--engine')[0], FlashEngine)


def test_auto_has_the_options_of_both_engines_and_names_those_of_others() -> None:
    tables = choice.engine_options('auto')
    assert {'viseme.blinks', 'wav2lip.box'} <= set(tables.specs)
    assert choice.engine_options('viseme').check({'wav2lip.box': '1,2,3,4'}, 'lipsync.{}') == (
        {}, ['lipsync.wav2lip.box has no effect: the engine is viseme'])
