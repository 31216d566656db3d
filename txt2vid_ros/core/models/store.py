"""Where model files are kept, and where results that can be recomputed are cached."""

from __future__ import annotations

import os
import pathlib

from txt2vid_ros.core.errors import UserError

MODELS_VARIABLE = 'TXT2VID_MODELS'
VOICES_VARIABLE = 'TXT2VID_VOICES'
_CHECKOUT = pathlib.Path(__file__).resolve().parents[3]


def models_dir() -> pathlib.Path:
    """
    Return the folder of the model files; it may not exist yet.

    The first of: $TXT2VID_MODELS; `models` beside the package where that is a source checkout;
    `txt2vid_ros/models` in the user's data folder (XDG Base Directory Specification).
    """
    chosen = os.environ.get(MODELS_VARIABLE)
    if chosen:
        return pathlib.Path(chosen).expanduser()
    beside = _CHECKOUT / 'models'
    if beside.is_dir():
        return beside
    return _xdg_folder('XDG_DATA_HOME', '.local/share') / 'models'


def model_path(name: str) -> pathlib.Path:
    """Return the path of model file `name`. Raises UserError where it is missing or empty."""
    path = models_dir() / name
    if not path.is_file() or path.stat().st_size == 0:
        raise UserError(
            f'model file {path} is missing',
            f'Run `txt2vid models fetch`, or set {MODELS_VARIABLE} to the folder that has it',
        )
    return path


def voices_dir() -> pathlib.Path:
    """Return the folder of the voices that were made on this machine; it may not exist yet."""
    chosen = os.environ.get(VOICES_VARIABLE)
    if chosen:
        return pathlib.Path(chosen).expanduser()
    return _xdg_folder('XDG_DATA_HOME', '.local/share') / 'voices'


def cache_dir() -> pathlib.Path:
    """Return the folder for results that can be recomputed; it may not exist yet."""
    return _xdg_folder('XDG_CACHE_HOME', '.cache')


def _xdg_folder(variable: str, default: str) -> pathlib.Path:
    """Return this package's folder under an XDG base folder; relative values count as unset."""
    base = pathlib.Path(os.environ.get(variable, ''))
    if not base.is_absolute():
        base = pathlib.Path.home() / default
    return base / 'txt2vid_ros'
