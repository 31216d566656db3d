"""The pre-shared key: found, and refused where it would not be one."""

from __future__ import annotations

import pathlib

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link import keys


def test_a_generated_key_is_readable_by_its_owner_only_and_found(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'folder' / 'link.key'
    keys.generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    key = keys.find(str(path), {})
    assert key is not None and len(key) == 32
    assert keys.find('', {keys.VARIABLE: path.read_text()}) == key
    assert keys.find('', {}) is None


def test_no_key_is_overwritten(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'link.key'
    keys.generate(path)
    with pytest.raises(UserError, match='exists already'):
        keys.generate(path)
    with pytest.raises(UserError, match='cannot be written'):
        keys.generate(pathlib.Path('/proc/none.key'))


def test_a_missing_key_is_named_with_the_remedy(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UserError, match=r'key_file: .*none\.key.* txt2vid link keygen'):
        keys.find(str(tmp_path / 'none.key'), {})


def test_a_key_that_others_can_read_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'link.key'
    keys.generate(path)
    path.chmod(0o644)
    with pytest.raises(UserError, match=r'read by others on this machine\. Run: chmod 600'):
        keys.find(str(path), {})


@pytest.mark.parametrize('text', ['', 'not base64!', 'YWJj', '\xff'])
def test_what_is_no_key_is_said_without_showing_it(tmp_path: pathlib.Path, text: str) -> None:
    path = tmp_path / 'link.key'
    path.write_text(text, 'utf-8')
    path.chmod(0o600)
    with pytest.raises(UserError, match='holds no key') as caught:
        keys.find(str(path), {})
    assert not text or text not in str(caught.value).replace(str(path), '')
    if text:
        with pytest.raises(UserError, match=keys.VARIABLE):
            keys.find('', {keys.VARIABLE: text})


def test_without_a_key_only_this_machine_or_the_careless_are_served() -> None:
    assert keys.require(None, loopback=True, insecure=False) == keys.NO_KEY
    assert keys.require(None, loopback=False, insecure=True) == keys.NO_KEY
    assert keys.require(b'k' * 32, loopback=False, insecure=False) == b'k' * 32
    with pytest.raises(UserError, match='needs a key'):
        keys.require(None, loopback=False, insecure=False)
