#!/usr/bin/env python3
"""
Looks for what should not be shipped: secrets, licences that do not fit, known vulnerabilities.

    tools/audit.py [--licences]     check; with --licences, print the list for docs/security.md

Secrets are sought in the files that git knows, licences in what is installed beside this Python.
pip-audit asks an advisory database: where it is not installed, or the database is out of reach,
one line says so. The exit status is 1 where something was found.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import metadata
import math
from pathlib import Path
import re
import subprocess
import sys

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = sorted(file for file in (ROOT / 'requirements').glob('*.txt')
                      if file.name != 'constraints.txt')
# What keys of services look like, by who gives them out.
SECRETS = {
    'a private key': r'-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{60}',
    'a key of AWS': r'\bAKIA[0-9A-Z]{16}\b',
    'a key of Google': r'\bAIza[0-9A-Za-z_-]{35}\b',
    'a key of OpenAI': r'\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}\b',
    'a token of GitHub': r'\bgh[pousr]_[A-Za-z0-9]{36}\b',
    'a token of Hugging Face': r'\bhf_[A-Za-z]{34}\b',
    'a token of Slack': r'\bxox[abprs]-[0-9A-Za-z-]{20,}\b',
    'a web token': r'\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}',
}
LEAST_ENTROPY = 3.5
"""Bits a character of a real key; the placeholders of examples have less."""
# Licences that Apache-2.0 can live with; copyleft only where a package stands beside, unchanged.
GOOD = re.compile(r'\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python|MPL|LGPL|Unlicense|public domain|Zlib|'
                  r'CC0|HPND|CMU|BSL|Boost|NCSA|EDL|Eclipse)', re.IGNORECASE)
KNOWN = {'setuptools': 'MIT', 'apsw': 'any-OSI: zlib, by its own LICENSE',
         'flake8-builtins': 'GPL-2.0, a linter: never shipped, never imported',
         'meshtastic': 'GPL-3.0, an extra of its own: installed only by who asks for it'}
"""What is known of packages whose metadata do not state it, or which need a word."""
# ROS 2's own, as wheels and as the message packages in them: their metadata state nothing.
ROS = re.compile(r'(ros|ros-.*|rosidl_.*|rosgraph_.*|ament_.*|rcl.*|rcutils|rmw_.*|.*_msgs|'
                 r'.*_interfaces|std_srvs|std_skills|communication_skills)')


def main() -> int:
    """Run the checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument('--licences', action='store_true', help='print the licences')
    if parser.parse_args().licences:
        for name, licence in licences():
            print(f'{name}: {licence}')
        return 0
    found = [*secrets(), *(f'licence: {name} has {licence!r}' for name, licence in licences()
                           if name not in KNOWN and not GOOD.search(licence))]
    for line in found:
        print(line)
    return 1 if found or vulnerabilities() else 0


def secrets() -> Iterator[str]:
    """Yield where the files that git knows hold what looks like a secret."""
    listed = subprocess.run(['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode(errors='surrogateescape').split('\0'):
        file = ROOT / name
        if not name or not file.is_file() or file.stat().st_size > 2_000_000:
            continue
        text = file.read_bytes().decode('latin-1')
        for what, pattern in SECRETS.items():
            for match in re.finditer(pattern, text):
                if entropy(match[0]) >= LEAST_ENTROPY:
                    line = text.count('\n', 0, match.start()) + 1
                    yield f'secret: {name}:{line} holds what looks like {what}'


def entropy(word: str) -> float:
    """Return the bits that each character of a word tells, by how often it occurs (Shannon)."""
    return -sum(count * math.log2(count) for count in (
        word.count(each) / len(word) for each in set(word)))


def licences() -> list[tuple[str, str]]:
    """Return each installed package with its licence, as it states it itself."""
    found = {}
    for package in metadata.distributions():
        about = package.metadata
        classified = [line.rpartition('::')[2].strip() for line in
                      about.get_all('Classifier', []) if line.startswith('License ::')]
        stated = about.get('License-Expression') or ', '.join(
            each for each in classified if each != 'OSI Approved') or (
            about.get('License') or '').strip().partition('\n')[0]
        name = str(about['Name'])
        usual = 'not stated; Apache-2.0 or BSD, as ROS' if ROS.fullmatch(name) else 'not stated'
        found[name] = KNOWN.get(name, stated or usual)
    return sorted(found.items(), key=lambda each: each[0].lower())


def vulnerabilities() -> bool:
    """Return whether pip-audit knows of any in the pinned packages; print what it says."""
    # It stays out of the environment of the tests: it has a dozen packages of its own.
    command = [sys.executable, '-m', 'pip_audit', '--disable-pip', '--require-hashes',
               '--progress-spinner', 'off', '--timeout', '10',
               *(word for file in REQUIREMENTS for word in ('-r', str(file)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if 'No module named pip_audit' in done.stderr:
        print('audit: vulnerabilities are not looked for: pip-audit is not installed')
        return False
    if done.returncode != 0 and not done.stdout.strip():
        lines = done.stderr.strip().splitlines() or ['it says nothing']
        print(f'audit: vulnerabilities are not looked for: {lines[-1][:200]}')
        return False
    unknown = done.stdout.count('could not be audited')
    if unknown:
        print(f'audit: vulnerabilities are not looked for in {unknown} packages, which the '
              'advisory database here does not know')
    if done.returncode != 0:
        print(done.stdout.strip())
    return done.returncode != 0


if __name__ == '__main__':
    raise SystemExit(main())
