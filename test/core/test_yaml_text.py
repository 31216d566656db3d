"""YAML from outside is refused with one kind of error, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import People
from txt2vid_ros.core.storage.yaml_text import read_yaml
import yaml

LAUGHS = 'a: &a [x, x, x, x, x, x, x, x, x]\n' + ''.join(
    f'{name}: &{name} [{", ".join([f"*{before}"] * 9)}]\n'
    for before, name in zip('abcdefgh', 'bcdefghi', strict=True))


@pytest.mark.parametrize(('text', 'says'), [
    (LAUGHS, 'stands for more than'), ('a: &a [*a]', 'stands for more than'),
    ('a: 2001-99-99', 'a value that is none'), ('[' * 5000, 'nested too deeply'),
    ('x' * 1_000_001, 'more than 1000000 characters'),
    ('a: !!python/name:os.system', 'constructor'),
    ('{a: b', 'expected'), ('? [a]\n: b', 'unhashable')])
def test_what_is_no_plain_data_is_a_yaml_error(
        tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(yaml.YAMLError, match=says):
        read_yaml(text)
    (tmp_path / 'people.yaml').write_text(text)
    with pytest.raises(UserError, match=r'people\.yaml is not YAML') as caught:
        People.load(str(tmp_path / 'people.yaml'))
    assert len(str(caught.value)) < 2000


def test_aliases_and_merges_are_read() -> None:
    assert read_yaml('a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}') == {
        'a': {'b': 1}, 'c': {'b': 1}, 'd': {'b': 1, 'e': 2}}
    assert read_yaml('') is None
