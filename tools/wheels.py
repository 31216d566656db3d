#!/usr/bin/env python3
"""
Checks that every pinned package has a wheel for 64-bit Arm, by resolving with uv.

    tools/wheels.py [--all]     for every Python, also where the lock files were found good before

Nothing is downloaded but the index's lists and what wheels say of themselves. Where uv is not
installed, or the index is out of reach, one line says so. The exit status is 1 where a package has
no wheel and is neither among SOURCES nor in requirements/aarch64.skip.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = Path(__file__).resolve().parent.parent
PLATFORM = 'aarch64-manylinux_2_35'
"""The oldest system with a new enough Python: Ubuntu 22.04, thus JetPack 6; Debian 12 has 2.36."""
PYTHONS = ('3.10', '3.11', '3.12', '3.13')
LOCKS = (('runtime', 'test'), ('voices',), ('languages',), ('ray',), ('fuzz',))
"""Files of requirements/ that are installed into one environment are resolved together."""
SOURCES = frozenset({'empy', 'flake8-quotes', 'jieba'})
"""Python alone, published as source on every platform: pip builds them without a compiler."""
LEFT_OUT = ROOT / 'requirements' / 'aarch64.skip'
"""What has no wheel for Arm, with what is lost there; the set-up script leaves it out."""
LIMIT = 45
"""Seconds for one resolution, of which a quiet line needs a few; longer it is not waited for."""
PACKAGE = re.compile(r'([A-Za-z0-9._-]+)==')


def main() -> int:
    """Run the check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument('--all', action='store_true',
                        help='every Python, and what was found good before')
    every = parser.parse_args().all
    files = [ROOT / 'requirements' / f'{name}.txt' for lock in LOCKS for name in lock]
    digest = hashlib.sha256(b''.join(
        file.read_bytes() for file in (*files, LEFT_OUT, Path(__file__)))).hexdigest()
    stamp = ROOT / 'build' / 'wheels.stamp'
    if not every and stamp.exists() and stamp.read_text() == digest:
        return 0
    uv = shutil.which('uv', path=str(Path(sys.executable).parent)) or shutil.which('uv')
    if uv is None:
        print('wheels: those for 64-bit Arm are not looked for: uv is not installed')
        return 0
    for python in PYTHONS if every else PYTHONS[:1]:
        for lock in LOCKS:
            said = resolve(uv, python, lock)
            if not said:
                continue
            if 'no solution found' not in said.lower():
                print(f'wheels: those for 64-bit Arm are not looked for: {last_line(said)}')
                return 0
            print(f'wheels: {" and ".join(lock)}, Python {python}, {PLATFORM}:\n{said}')
            return 1
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(digest)
    return 0


def resolve(uv: str, python: str, lock: tuple[str, ...]) -> str:
    """Return what uv says against some lock files for a version of Python; nothing where good."""
    with tempfile.TemporaryDirectory() as folder:
        reduced = Path(folder) / 'requirements.txt'
        reduced.write_text(''.join(
            wanted((ROOT / 'requirements' / f'{name}.txt').read_text()) for name in lock))
        try:
            done = subprocess.run(
                [uv, '--quiet', 'pip', 'install', '--dry-run', '--no-deps', '--require-hashes',
                 '--only-binary', ':all:', '--python', sys.executable,
                 '--python-platform', PLATFORM, '--python-version', python,
                 '--target', folder, '--requirement', str(reduced)],
                capture_output=True, text=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return f'the index has not answered within {LIMIT} s'
    return '' if done.returncode == 0 else done.stderr.strip() or 'uv says nothing'


def wanted(text: str) -> str:
    """Return the text of a lock file without the packages that are known to have no wheel."""
    known = '|'.join(line.partition(' ')[0] for line in LEFT_OUT.read_text().splitlines()
                     if not line.startswith('#'))
    kept, keep = [], True
    for line in text.splitlines(keepends=True):
        if named := PACKAGE.match(line):
            keep = named[1] not in SOURCES and not re.fullmatch(known, named[1])
        if keep:
            kept.append(line)
    return ''.join(kept)


def last_line(text: str) -> str:
    """Return the last line of a text, of a length to read."""
    return text.strip().splitlines()[-1].strip()[:200]


if __name__ == '__main__':
    raise SystemExit(main())
