"""Which lip-sync engine runs when the user leaves it open, and what its weights are."""

from __future__ import annotations

import hashlib
import logging
import pathlib

from txt2vid_ros import registry
from txt2vid_ros.errors import UserError
from txt2vid_ros.lipsync.atomic import replacing
from txt2vid_ros.lipsync.engine import LipSyncEngine
from txt2vid_ros.model_manifest import check_file, load_manifest, Model
from txt2vid_ros.models_store import cache_dir, models_dir
from txt2vid_ros.settings import read_settings

AUTO = 'auto'
WAV2LIP = 'wav2lip'
FALLBACK = 'viseme'
WAV2LIP_FILES = ('wav2lip_gan.pth', 'wav2lip.pth')      # the sharper one first

_log = logging.getLogger(__name__)


def choose_engine(name: str = AUTO) -> tuple[str, str]:
    """Return the engine to load and a line that says why; `name` itself unless it is `auto`.

    `auto` takes wav2lip where a published checkpoint lies in the models folder and its sum is
    right, else viseme, which needs no weights. Raises UserError where wav2lip is asked for by name
    and there is no checkpoint.
    """
    if name == WAV2LIP:
        return name, f'engine wav2lip with {wav2lip_weights().name}'
    if name != AUTO:
        return name, f'engine {name}'
    doubts = []
    for file in WAV2LIP_FILES:
        path = models_dir() / file
        if path.is_file():
            doubt = _doubt(path)
            if doubt is None:
                return WAV2LIP, f'engine wav2lip: {file} is there and verified'
            doubts.append(doubt)
    return FALLBACK, f'engine {FALLBACK}: ' + ('; '.join(doubts) or 'no Wav2Lip weights')


def make_engine(name: str, settings: str, parameter: str) -> tuple[LipSyncEngine, str]:
    """Return the engine, not yet loaded, and a line that says why it is this one.

    `settings` are its options as 'name=value name=value'; `parameter` is what names the engine
    for the user, for example 'lipsync.engine'. Raises UserError.
    """
    # Named, it says itself what it lacks when it is loaded: its weights may come by an option.
    chosen, why = choose_engine() if name == AUTO else (name, f'engine {name}')
    options = f'{parameter}-options' if parameter.startswith('-') else f'{parameter}_options'
    kind = registry.load(registry.ENGINES, chosen, parameter)
    if kind.Options is not None:
        return kind(read_settings(kind.Options, settings, options)), why
    if settings.strip():
        raise UserError(f'{options}: the engine {chosen} has no options',
                        'Leave them empty.')
    return kind(), why


def wav2lip_weights() -> pathlib.Path:
    """Return the checkpoint in the models folder. Raises UserError that says how to get one."""
    folder = models_dir()
    for file in WAV2LIP_FILES:
        if (folder / file).is_file():
            return folder / file
    model = load_manifest().get(WAV2LIP_FILES[0])
    licence = model.licence if model else 'research, academic and personal use only'
    page = model.page if model else 'its publisher'
    raise UserError(
        f'engine wav2lip needs {folder / WAV2LIP_FILES[0]}, which is not there',
        f'Its licence: {licence}. Download it from {page}, then run `txt2vid models import FILE`, '
        f'or use engine:={FALLBACK}')


def _doubt(path: pathlib.Path) -> str | None:
    """Return why the file is not the published one, or None where it is."""
    model = load_manifest().get(path.name)
    if model is None:
        return f'{path.name} is not in the list of models'
    note = _note(path, model)
    if note.is_file():
        return None
    try:
        check_file(model, path)
    except UserError as error:
        return str(error.problem)
    try:
        with replacing(note):
            pass
    except OSError as error:
        _log.info('%s is verified again at each start: %s', path, error)
    return None


def _note(path: pathlib.Path, model: Model) -> pathlib.Path:
    """Return the file whose presence says that this very file was verified before."""
    status = path.stat()
    facts = (path.resolve(), status.st_size, status.st_mtime_ns, status.st_ino, model.sha256)
    return cache_dir() / 'verified' / hashlib.sha256(repr(facts).encode()).hexdigest()
