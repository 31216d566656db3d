"""Providers are found by name; a name that is wrong or a package that is missing is said."""

from __future__ import annotations

import pathlib

import pytest
from txt2vid_ros.bench.lipsync.flash import FlashEngine
from txt2vid_ros.bench.speech.clap import ClapVoice
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError


@pytest.fixture
def third_party(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package of somebody else's."""
    (tmp_path / 'other_voices.py').write_text('class Good: pass\nnumber = 3\n')
    (tmp_path / 'needy.py').write_text('import package_nobody_has\n')
    folder = tmp_path / 'other_voices-1.0.dist-info'
    folder.mkdir()
    (folder / 'METADATA').write_text('Metadata-Version: 2.1\nName: other-voices\nVersion: 1.0\n')
    (folder / 'entry_points.txt').write_text(
        '[txt2vid_ros.tts]\ngood = other_voices:Good\nnumber = other_voices:number\n'
        'gone = other_voices:Gone\nneedy = needy:Voice\nextra = needy:Voice [google]\n'
        'hyphen = needy:Voice [faster-whisper, web]\n')
    monkeypatch.syspath_prepend(str(tmp_path))


def test_the_package_brings_voices_and_engines() -> None:
    assert {'hibari', 'clap'} <= set(registry.names(registry.VOICES))
    assert {'viseme', 'flash'} <= set(registry.names(registry.ENGINES))
    assert registry.load(registry.VOICES, 'clap', 'tts.provider') is ClapVoice
    assert registry.load(registry.ENGINES, 'flash', 'lipsync.engine') is FlashEngine


@pytest.mark.usefixtures('third_party')
def test_a_provider_of_another_package_is_found() -> None:
    assert 'good' in registry.names(registry.VOICES)
    assert registry.load(registry.VOICES, 'good', 'tts.provider').__name__ == 'Good'


def test_an_unknown_name_names_near_ones_and_all() -> None:
    with pytest.raises(UserError, match=r"tts.provider: .*'hibary'.*Did you mean 'hibari'\?") as e:
        registry.load(registry.VOICES, 'hibary', 'tts.provider')
    assert 'clap' in str(e.value)


def test_a_group_without_providers_says_how_to_install() -> None:
    with pytest.raises(UserError, match='make setup'):
        registry.load('txt2vid_ros.nothing', 'x', 'p')


@pytest.mark.usefixtures('third_party')
@pytest.mark.parametrize(('name', 'said'), [
    ('needy', 'pip install package_nobody_has'), ('extra', r'pip install "\.\[google\]"'),
    ('hyphen', r'pip install "\.\[faster-whisper,web\]"'),
    ('gone', "provider 'gone' cannot be loaded"), ('number', 'does not name a class')])
def test_a_provider_that_cannot_be_loaded_says_why(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        registry.load(registry.VOICES, name, 'tts.provider')
