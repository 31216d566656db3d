"""A speaker's options are set in a people.yaml that its owner has written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import People
from txt2vid_ros.core.storage.people_file import set_options

NEW = {'hibari.voice': 'heart', 'hibari.pitch': -9.5}


@pytest.mark.parametrize(('text', 'kept'), [
    ('', ''),
    ('# who speaks\n', '# who speaks\n'),
    ('# top\ndefault: {}', '# top\ndefault: {}'),
    ('# top\nben: {speed: 1.1}\n# about anna\nanna: {}\n# end\n',
     '# top\n# about anna\nanna: {}\n# end\n'),
    ('ben:\n  speed: 1.1\n  options: {hibari: {pitch: 2, breath: 3}}\n\n# after\nanna: {}\n',
     '\n# after\nanna: {}\n'),
    ('anna: {}  # she\n"ben": {speed: 1.1}  # he\n', 'anna: {}  # she\n'),
    ('anna: {}\r\nben: {speed: 1.1}\r\n', 'anna: {}\r\n'),
    ('# top\n{anna: {}, ben: {speed: 1.1}}\n# end\n', '# top\n# end\n'),
    ('---\nben: {speed: 1.1, options: google.pitch=2}\n', '---\n'),
    ('é: {}\nben: {face: "ü.jpg"}\n', 'é: {}\n'),
])
def test_the_options_are_set_and_what_stands_around_stays(
        tmp_path: Path, text: str, kept: str) -> None:
    file = tmp_path / 'people.yaml'
    file.write_bytes(text.encode())
    before = {name: People.load(str(file)).get(name) for name in People.load(str(file)).ids()}
    set_options(file, 'ben', NEW, 'measured')
    people = People.load(str(file))
    assert {name: people.get('ben').options[name] for name in NEW} == NEW
    for name, person in before.items():
        if name != 'ben':
            assert people.get(name) == person
        else:
            assert (people.get(name).speed, people.get(name).face) == (person.speed, person.face)
    lines = file.read_bytes().decode().splitlines(keepends=True)
    assert all(line in lines or line.rstrip() in ''.join(lines)
               for line in kept.splitlines(keepends=True))
    # Again: nothing is written twice.
    set_options(file, 'ben', {'hibari.pitch': 1.0}, 'measured')
    assert People.load(str(file)).get('ben').options['hibari.pitch'] == 1.0
    assert People.load(str(file)).ids() == people.ids()


def test_options_of_other_voices_stay(tmp_path: Path) -> None:
    file = tmp_path / 'people.yaml'
    file.write_text('ben:\n  options: {hibari: {pitch: 2, breath: 3}, google.pitch: 4}\n')
    set_options(file, 'ben', {'hibari.pitch': -1.0})
    assert People.load(str(file)).get('ben').options == {
        'hibari.pitch': -1.0, 'hibari.breath': 3, 'google.pitch': 4}


@pytest.mark.parametrize('name', ['7', 'yes', 'a: b', 'Ünï', '#x', "o'neil"])
def test_any_name_can_be_added_to_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    file = tmp_path / 'people.yaml'
    set_options(file, name, NEW)
    set_options(file, name, NEW)
    assert People.load(str(file)).ids() == ['default', name]
    assert People.load(str(file)).get(name).options == NEW


@pytest.mark.parametrize(('text', 'said'), [
    ('a: [', 'is not YAML'), ('- ben', 'does not map'), ('ben: heart', 'ben is no profile'),
    ('ben: &b {speed: 1}\nanna: *b\n', 'cannot be changed: .*ben')])
def test_a_file_that_cannot_be_changed_stays_as_it_is(
        tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / 'people.yaml'
    file.write_text(text)
    with pytest.raises(UserError, match=said):
        set_options(file, 'ben', NEW)
    assert file.read_text() == text
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='cannot be read'):
        set_options(tmp_path, 'ben', NEW)
