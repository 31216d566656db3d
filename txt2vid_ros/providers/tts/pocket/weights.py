"""
The weights of pocket-tts: which files they are, and loading them from this machine alone.

The package would download what its configurations name (hf://...). Here it is given a copy of the
configuration in which every file is a local one, and refused any other.
"""

from __future__ import annotations

from collections.abc import Mapping
import importlib
from pathlib import Path
import re
import tempfile
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import sha256_of
from txt2vid_ros.core.models.store import models_dir
from txt2vid_ros.core.storage.yaml_text import read_yaml
import yaml

WEIGHTS, CONFIG = 'model.safetensors', 'config.yaml'
TOKENIZERS = ('tokenizer.json', 'tokenizer.model')
LICENCE = 'CC-BY-4.0; its publisher asks that no voice is imitated without consent'
LANGUAGES: Mapping[str, str] = {
    'english': 'en', 'french': 'fr', 'german': 'de', 'spanish': 'es', 'italian': 'it',
    'portuguese': 'pt', 'dutch': 'nl'}
"""The families of the package's configurations, with the languages that they speak."""
_REMOTE = re.compile(r'^[a-z][a-z0-9+.-]*://', re.IGNORECASE)
_SOURCE = re.compile(r'hf://([^/]+/[^/]+)/([^@]+)(?:@([0-9a-f]+))?')


def model_folder(model: str) -> Path:
    """Return the folder of a model: a path, or a name below the folder of the model files."""
    return Path(model).expanduser() if '/' in model else models_dir() / 'pocket-tts' / model


def language_of_model(model: str) -> str:
    """Return the BCP 47 tag of what a model speaks; English where its name says nothing."""
    return LANGUAGES.get(Path(model).name.partition('_')[0], 'en')


def load_weights(model: str) -> tuple[Any, str]:
    """Return the model of pocket-tts, and the sha256 of its weights. Raises UserError."""
    folder = model_folder(model)
    package = importlib.import_module('pocket_tts')
    content = _configuration(folder, model)
    weights = folder / WEIGHTS
    tokenizer = next((folder / name for name in TOKENIZERS if (folder / name).is_file()), None)
    if not weights.is_file() or tokenizer is None:
        missing = WEIGHTS if not weights.is_file() else TOKENIZERS[0]
        raise UserError(f'tts.pocket_tts.model: {folder / missing} is missing',
                        f'Fetch it: {", and ".join(wanted(content)) or "see docs/voices.md"}.')
    content['weights_path'] = str(weights)
    content.pop('weights_path_without_voice_cloning', None)
    content['flow_lm']['lookup_table'].update(
        tokenizer_path=str(tokenizer),
        tokenizer='tokenizers' if tokenizer.suffix == '.json' else 'sentencepiece')
    for part in ('flow_lm', 'mimi'):
        content[part].pop('weights_path', None)
    if remote := [text for text in _texts(content) if _REMOTE.match(text)]:
        raise UserError(f'tts.pocket_tts.model: {folder / CONFIG} names {remote[0]}',
                        'Nothing is downloaded: put the file into the folder.')
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / 'local.yaml'
        file.write_text(yaml.safe_dump(content), 'utf-8')
        try:
            loaded = package.TTSModel.load_model(config=file, quantize=True)
        except Exception as error:
            # The package and torch raise whatever comes: the file is not what the model wants.
            raise UserError(f'tts.pocket_tts.model: {folder} cannot be loaded: '
                            f'{" ".join(str(error).split())[:200]}',
                            'Fetch the files again, all of one model.') from error
    return loaded, sha256_of(weights)


def wanted(content: Mapping[str, Any]) -> list[str]:
    """Return where the publisher has the files of a configuration: name, folder, revision."""
    table = content.get('flow_lm', {}).get('lookup_table', {})
    found = [_SOURCE.fullmatch(str(text)) for text in (
        content.get('weights_path'), table.get('tokenizer_path'))]
    return [f'{Path(each[2]).name} of {each[1]}, {Path(each[2]).parent}'
            + (f', revision {each[3][:12]}' if each[3] else '') for each in found if each]


def packaged(model: str) -> dict[str, Any] | None:
    """Return the package's configuration of a model, None for a name that it does not have."""
    package = importlib.import_module('pocket_tts')
    file = Path(package.__file__ or '').parent / 'config' / f'{Path(model).name}.yaml'
    return dict(yaml.safe_load(file.read_text('utf-8'))) if file.is_file() else None


def _configuration(folder: Path, model: str) -> dict[str, Any]:
    own = folder / CONFIG
    if own.is_file():
        try:
            content = read_yaml(own.read_text('utf-8'))
            content['flow_lm']['lookup_table'], content['mimi']
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
            raise UserError(f'tts.pocket_tts.model: {own} describes no model',
                            'Restore it, or remove it where the package knows the model.'
                            ) from error
        return dict(content)
    known = packaged(model)
    if known is None:
        raise UserError(f'tts.pocket_tts.model: pocket-tts knows no model {Path(model).name!r}',
                        f'Known: {", ".join(LANGUAGES)}; another needs {own}.')
    return known


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    each = content.values() if isinstance(content, dict) else (
        content if isinstance(content, list) else ())
    return [text for one in each for text in _texts(one)]
