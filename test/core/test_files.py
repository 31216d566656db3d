"""A file is whole or not there, whatever happens while it is written."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.files import refuse_overwriting, replacing, same_file


def names(folder: pathlib.Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_old_content_is_read_until_the_new_one_is_whole(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'deep' / 'state.json'
    with replacing(path) as temporary:
        temporary.write_text('one')
        assert not path.exists()
    with replacing(path) as temporary:
        temporary.write_text('tw')
        assert path.read_text() == 'one'
        temporary.write_text('two')
    assert path.read_text() == 'two'
    assert names(path.parent) == ['state.json']


def test_a_reader_who_has_the_file_open_keeps_what_he_reads(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'note'
    path.write_text('one')
    with path.open() as reader:
        with replacing(path) as temporary:
            temporary.write_text('another')
        assert reader.read() == 'one'


@pytest.mark.parametrize('durable', [False, True])
def test_after_a_failure_the_old_file_is_there_and_nothing_else(
        tmp_path: pathlib.Path, durable: bool) -> None:
    path = tmp_path / 'a.mp4'
    path.write_text('one')
    with (pytest.raises(ValueError, match='half-way'),
          replacing(path, durable=durable) as temporary):
        temporary.write_text('tw')
        raise ValueError('half-way')
    assert path.read_text() == 'one'
    assert names(tmp_path) == ['a.mp4']


def test_a_file_that_cannot_take_its_place_leaves_nothing(tmp_path: pathlib.Path) -> None:
    (tmp_path / 'taken').mkdir()
    with pytest.raises(OSError), replacing(tmp_path / 'taken') as temporary:
        temporary.write_text('one')
    assert names(tmp_path) == ['taken']


def test_the_temporary_file_ends_as_the_file_does_and_is_hidden(tmp_path: pathlib.Path) -> None:
    with replacing(tmp_path / 'a.mp4') as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith('.')
        assert temporary.suffix == '.mp4'


def test_two_writers_do_not_share_a_temporary_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'note'
    with replacing(path) as one, replacing(path) as other:
        one.write_text('one')
        other.write_text('other')
    assert path.read_text() == 'one'  # the one that was finished last
    assert names(tmp_path) == ['note']


def test_a_durable_file_holds_what_was_written(tmp_path: pathlib.Path) -> None:
    with replacing(tmp_path / 'note', durable=True) as temporary:
        temporary.write_text('one')
    assert (tmp_path / 'note').read_text() == 'one'


@pytest.fixture
def umask() -> object:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures('umask')
def test_a_new_file_has_the_usual_permissions_and_a_replaced_one_keeps_its_own(
        tmp_path: pathlib.Path) -> None:
    def permissions(name: str) -> int:
        return stat.S_IMODE((tmp_path / name).stat().st_mode)

    with replacing(tmp_path / 'new'):
        pass
    assert permissions('new') == 0o640
    with replacing(tmp_path / 'private', mode=0o600):
        pass
    assert permissions('private') == 0o600
    (tmp_path / 'new').chmod(0o604)
    with replacing(tmp_path / 'new'):
        pass
    assert permissions('new') == 0o604


def test_a_file_is_known_by_whatever_path(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', str(tmp_path))
    face, other = tmp_path / 'face.jpg', tmp_path / 'other.jpg'
    face.write_bytes(b'one')
    other.write_bytes(b'one')
    (tmp_path / 'deep').mkdir()
    (tmp_path / 'soft.jpg').symlink_to('face.jpg')
    (tmp_path / 'hard.jpg').hardlink_to(face)
    (tmp_path / 'dangling.jpg').symlink_to('nowhere.jpg')
    for same in ('face.jpg', './face.jpg', 'deep/../face.jpg', '~/face.jpg', 'soft.jpg',
                 'hard.jpg'):
        assert same_file(same, face)
        with pytest.raises(UserError, match=r'--out .* is the same file as --face .*face\.jpg'):
            refuse_overwriting('--out', same, {'--audio': None, '--text': '', '--face': face})
    for differs in ('other.jpg', 'none.jpg', 'dangling.jpg', 'deep', ''):
        assert not same_file(differs, face)
        refuse_overwriting('--out', differs, {'--face': face})
