"""
The list of clips: a CSV file whose columns are options of `txt2vid render`.

Commas, semicolons or tabs separate the cells, whichever the first line has most of: spreadsheets
differ in that. Each row becomes the words of a command line, so a column takes what its option
takes, and an option is a column as soon as it is there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
import copy
import csv
import dataclasses
import io
from pathlib import Path
import re
from typing import NoReturn

from txt2vid_ros.cli.jobs.clip_job import ClipJob
from txt2vid_ros.cli.parser import CommandParser, told
from txt2vid_ros.core.decoding.text_encoding import read_text
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import unknown
from txt2vid_ros.core.storage.files import same_file

FOR_ALL = ('help', 'jobs', 'processes', 'quiet')
"""Options that are no columns."""
FILES = ('face', 'people')
"""Columns with files, beside those whose option takes a path."""
SOURCES = ('--text', '--text-file', '--audio')
SEPARATORS = ',;\t'
_OPTION = re.compile(r'(?:argument )?--([\w-]+)')


@dataclasses.dataclass
class JobList:
    """The clips of a list, and what is wrong with it, one line each."""

    jobs: list[ClipJob] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)


class _RowParser(CommandParser):
    """Raises what is wrong with a row."""

    def error(self, message: str) -> NoReturn:
        raise UserError(message)


def read_jobs(file: Path, defaults: argparse.Namespace,
              options: Callable[[argparse.ArgumentParser], None],
              check: Callable[[argparse.Namespace], None]) -> JobList:
    """
    Return the clips of a list. `defaults` are for empty cells; files are relative to the list.

    Raises UserError where it is no list at all; what is wrong with single rows is collected.
    """
    text = told(read_text(file, '--jobs'))
    first = text.partition('\n')[0]
    separator = max(SEPARATORS, key=first.count)
    parser = _RowParser(add_help=False, allow_abbrev=False)
    options(parser)
    columns = {action.dest: action for action in parser._actions if action.dest not in FOR_ALL}
    rows = _rows(file, text, separator)
    header = [_column(file, name, columns) for name in next(rows, (1, []))[1]]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice or 'out' not in header:
        raise UserError(f'--jobs {file} line 1: ' + (
            f'there are two columns {twice}' if twice else 'there is no column output'),
            f'The first line names the columns: {_known(columns)}.')
    found = JobList()
    outputs: dict[Path, int] = {}
    for line, cells in rows:
        try:
            job = ClipJob(line, _arguments(parser, columns, header, cells, file.parent, defaults))
            check(job.arguments)
            if same_file(job.out, file):
                raise UserError('--out: that is the list itself', 'Choose another file.')
            before = outputs.setdefault(job.out.resolve(), line)
            if before != line:
                raise UserError(f'--out: line {before} writes the same file {job.out}',
                                'Give each line a file of its own.')
            found.jobs.append(job)
        except UserError as error:
            found.problems.append(f'--jobs {file} line {line}{_place(str(error), header)}')
    if not found.jobs and not found.problems:
        raise UserError(f'--jobs {file} lists no clip',
                        'Below the line with the names of the columns each line is one.')
    return found


def _rows(file: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line at which each row begins, and its cells, without empty rows."""
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(f'--jobs {file} line {line}: {error}',
                        'A cell with quotation marks has them doubled, and around it.') from error


def _column(file: Path, name: str, columns: dict[str, argparse.Action]) -> str:
    """Return the option that a column stands for. Raises UserError."""
    plain = name.strip().lower().replace('-', '_').replace(' ', '_')
    plain = {'output': 'out'}.get(plain, plain)
    if plain not in columns:
        raise unknown(f'--jobs {file} line 1: there is no column {name.strip()!r}', plain, columns,
                      f'The columns are {_known(columns)}.')
    return plain


def _known(columns: dict[str, argparse.Action]) -> str:
    return ', '.join('output' if name == 'out' else name for name in columns)


def _arguments(parser: argparse.ArgumentParser, columns: dict[str, argparse.Action],
               header: list[str], cells: list[str], folder: Path, defaults: argparse.Namespace
               ) -> argparse.Namespace:
    """Return the arguments of a row. Raises UserError."""
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header):]):
        raise UserError(f'there are {len(cells)} cells for {len(header)} columns',
                        'Put a text that has the separator into quotation marks.')
    words = []
    for name, cell in zip(header, cells, strict=False):
        value = cell.strip()
        if not value:
            continue
        if columns[name].type is Path or name in FILES:
            value = str(folder / Path(value).expanduser())
        words.append(f'{columns[name].option_strings[0]}={value}')
    given = {word.partition('=')[0] for word in words}
    if '--out' not in given:
        raise UserError('--out: nothing says where to write it', 'Name a file, such as a.mp4.')
    if not given.intersection(SOURCES):
        raise UserError('there is nothing to say', 'Give text, text_file or audio.')
    return parser.parse_args(words, copy.copy(defaults))


def _place(problem: str, header: list[str]) -> str:
    """Return the column that an error names, and the error in the words of the list."""
    named = _OPTION.match(problem)
    name = named[1].replace('-', '_') if named else ''
    said = _OPTION.sub(lambda option: _said(option[1]), problem)
    if named:
        said = said.removeprefix(_said(named[1])).lstrip(': ')
    column = f', column {_said(name)}' if name in header or name == 'out' else ''
    return f'{column}: {said}'


def _said(option: str) -> str:
    name = option.replace('-', '_')
    return 'output' if name == 'out' else name
