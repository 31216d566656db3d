"""Changes one speaker's options in a people.yaml; what stands around them stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import from_text
from txt2vid_ros.core.people import People
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.core.storage.yaml_text import read_yaml
import yaml


def set_options(path: Path, speaker: str, options: Mapping[str, Any], note: str = '') -> None:
    """
    Set options of a speaker, by full name as 'hibari.pitch', in the file; others stay.

    A speaker who is not in it is added, a file that is not there is made. `note` becomes a comment
    in the speaker's profile. Comments elsewhere stay; those within that profile go. Raises
    UserError where the file is no people.yaml or cannot be written, and leaves it as it was.
    """
    text = _read(path)
    People.load(str(path) if path.exists() else '')
    try:
        wanted = read_yaml(text) or {}
        key = next((each for each in wanted if str(each) == speaker), speaker)
        profile = wanted.setdefault(key, {})
        profile['options'] = _merged(profile.get('options', {}), options)
        changed = _replaced(text, speaker, {key: profile}, wanted, note)
        if read_yaml(changed) != wanted:
            raise yaml.YAMLError('its parts depend on each other')
    except yaml.YAMLError as error:
        raise UserError(f'{path} cannot be changed: {" ".join(str(error).split())}',
                        f'Write the options into the profile {speaker!r} yourself.') from error
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(changed.encode())
    except OSError as error:
        raise UserError(f'{path} cannot be written: {error.strerror}',
                        'Give a copy of it that is yours, and start with --people COPY.'
                        ) from error


def _read(path: Path) -> str:
    try:
        # Bytes: line ends stay what they are.
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ''
    except OSError as error:
        raise UserError(f'{path} cannot be read: {error.strerror}',
                        'Give the path of a people.yaml.') from error
    except UnicodeDecodeError as error:
        raise UserError(f'{path} is not YAML: it is not UTF-8',
                        'Fix the file; config/people.yaml is an example.') from error


def _merged(options: Mapping[str, Any] | str, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return options, however they are written, with others in their place."""
    merged: dict[str, Any] = dict(
        from_text(options, 'options') if isinstance(options, str) else options)
    for name, value in more.items():
        provider, _, rest = name.partition('.')
        if isinstance(merged.get(provider), dict):
            merged[provider] = {**merged[provider], rest: value}
        else:
            merged[name] = value
    return merged


def _replaced(text: str, speaker: str, profile: Mapping[Any, Any], whole: Mapping[Any, Any],
              note: str) -> str:
    """Return the text with the profile in place of the old one, or behind all others."""
    end_of_line = '\r\n' if '\r\n' in text else '\n'
    root = yaml.compose(text)

    def written(content: Mapping[Any, Any]) -> str:
        lines = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True,
                               default_flow_style=False).splitlines()
        if note and content is profile:
            lines.insert(1, f'  # {note}')
        return end_of_line.join(lines)

    if not isinstance(root, yaml.MappingNode):
        return text + _gap(text, end_of_line) + written(profile) + end_of_line
    if root.flow_style:
        begin, end = root.start_mark.index, root.end_mark.index
        return text[:begin] + written(whole) + text[end:]
    for key, value in root.value:
        if key.value == speaker:
            begin, end = key.start_mark.index, value.end_mark.index
            return text[:begin] + written(profile) + _after(text[begin:end], end_of_line) + (
                text[end:])
    return text + _gap(text, end_of_line) + written(profile) + end_of_line


def _after(old: str, end_of_line: str) -> str:
    """Return the empty lines and comments that the parser counts as the end of a profile."""
    lines = old.splitlines(keepends=True)
    count = len(lines)
    while count > 1 and (not lines[count - 1].strip() or lines[count - 1].startswith('#')):
        count -= 1
    kept = ''.join(lines[count:])
    return (end_of_line if lines[count - 1].endswith('\n') else '') + kept


def _gap(text: str, end_of_line: str) -> str:
    return '' if not text or text.endswith('\n') else end_of_line
