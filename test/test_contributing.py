"""What CONTRIBUTING.md says of the code is true: the tree, and the functions of the walks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
import functools
import itertools
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'txt2vid_ros'
TEXT = (ROOT / 'CONTRIBUTING.md').read_text('utf-8')
# `folder/file.py` `Class.function`; a function alone is in the file of the one before it.
STEP = re.compile(r'(?:`(?P<file>[\w/]+\.py)` )?`(?P<name>[A-Za-z_][\w.]*)`(?P<calls>\s*→)?')


def section(title: str) -> str:
    found = TEXT.partition(f'## {title}\n')[2].partition('\n## ')[0]
    assert found, f'CONTRIBUTING.md has no section {title!r}'
    return found


def items(text: str) -> Iterator[str]:
    """Yield the items of the numbered lists, each on one line."""
    for item in re.split(r'\n(?=\d+\. )', text):
        if re.match(r'\d+\. ', item):
            yield ' '.join(item.partition('\n\n')[0].split())


@functools.cache
def functions(file: str) -> dict[str, str]:
    """Return the source of every function and class of a file by its qualified name."""
    source = (PACKAGE / file).read_text('utf-8')
    found = {}

    def visit(node: ast.AST, above: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                name = f'{above}{child.name}'
                found[name] = ast.get_source_segment(source, child) or ''
                visit(child, f'{name}.')

    visit(ast.parse(source), '')
    return found


def steps(item: str) -> list[tuple[str, str, bool]]:
    """Return the functions of an item: file, name, and whether an arrow leads to the next one."""
    file, found = '', []
    for step in STEP.finditer(item):
        file = step['file'] or file
        if file:
            found.append((file, step['name'], bool(step['calls'])))
    return found


WALK = [pytest.param(item, id=item[:40]) for item in items(section('Three walks'))]


@pytest.mark.parametrize('item', WALK)
def test_the_functions_of_a_walk_are_there_and_call_each_other(item: str) -> None:
    named = steps(item)
    assert named, f'no function is named: {item}'
    for file, name, _ in named:
        assert name in functions(file), f'{file} has no {name}'
    for (file, name, calls), (_, callee, _) in itertools.pairwise(named):
        if calls:
            called = callee.rpartition('.')[2]
            assert re.search(rf'\b{called}\b', functions(file)[name]), (
                f'{file}: {name} does not call {callee}')


def test_every_room_is_in_the_tree_with_a_line() -> None:
    tree = section('The tree')
    shown = set(re.findall(r'^ *([\w/]+)/ +\S', tree, re.MULTILINE))
    rooms = {folder.name for folder in PACKAGE.iterdir() if (folder / '__init__.py').is_file()}
    assert rooms <= shown, f'without a line: {rooms - shown}'
    modules = {file.name for file in PACKAGE.glob('*.py')} - {'__init__.py'}
    assert modules <= set(re.findall(r'\w+\.py', tree))
