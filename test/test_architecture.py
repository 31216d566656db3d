"""The package keeps to its rooms: who imports whom, and how large and how unique things are."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
import dataclasses
import functools
import graphlib
import itertools
from pathlib import Path
import re

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'txt2vid_ros'

ENGINES = ('link', 'lipsync', 'listening', 'media', 'speaking')
# Room (a folder or module of the package): the rooms that it may import. CONTRIBUTING.md shows it.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    'core': (),
    'dialogue': ('core', 'speaking'),
    'link': ('core',),
    'listening': ('core',),
    'media': ('core',),
    'speaking': ('core',),
    'lipsync': ('core', 'media'),
    'call': ('core', 'lipsync', 'media'),
    'cluster': ('core', 'lipsync', 'listening', 'providers', 'speaking'),
    'providers': ('core', 'lipsync', 'listening', 'media', 'speaking'),
    'render': ('core', 'lipsync', 'media', 'speaking'),
    'ros': ('core', 'media'),
    'nodes': ('call', 'core', 'dialogue', *ENGINES, 'providers', 'ros', 'web'),
    'web': ('core', 'media'),
    'graph': ('core',),
    'launching': ('core', 'graph'),
    'supervisor': ('core',),
    'doctor': ('core', 'providers', 'speaking'),
    'cli': ('bench', 'call', 'core', 'doctor', 'graph', *ENGINES, 'providers', 'render', 'ros',
            'supervisor'),
    'bench': ('call', 'core', 'graph', *ENGINES, 'providers', 'render', 'ros', 'supervisor'),
}
# Where a room may be entered from these files only.
ONLY_FROM = {
    ('cli', 'bench'): ('cli/bench.py',),
    ('providers', 'lipsync'): ('providers/__init__.py', 'providers/alignment/acoustics.py'),
    ('providers', 'media'): ('providers/__init__.py',),
}
WITH_ROS = ('ros', 'nodes', 'launching', 'bench')
MOST_MODULES = 15
"""Of a folder, not counting __init__.py."""
MOST_LINES = 300
# Class names that mean the same thing wherever they are defined.
# The parameter table of each node, and the table that a provider declares in its class.
SHARED_CLASS_NAMES = {'Options', 'Parameters'}


@dataclasses.dataclass(frozen=True)
class Import:
    """One import statement's target, as seen in a file of the package."""

    file: Path
    line: int
    name: str
    """Dotted, as far as it names a module of the package; as written for other packages."""
    at_import_time: bool

    @property
    def where(self) -> str:
        return f'{self.file.relative_to(ROOT)}:{self.line}'


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


FILES = sorted(PACKAGE.rglob('*.py'))
MODULES = {module_of(file): file for file in FILES}


# When a test asks for it, not when tests are collected, which every worker does.
@functools.cache
def trees() -> dict[Path, ast.Module]:
    """Return the syntax tree of each file."""
    return {file: ast.parse(file.read_text('utf-8')) for file in FILES}


def room_of(module: str) -> str:
    """Return the room of a dotted name within the package; '' for the package itself."""
    return '.'.join(module.split('.')[1:2])


def within_package(name: str) -> str:
    """Return the longest part of a dotted name that is a module of the package."""
    while name not in MODULES and '.' in name:
        name = name.rpartition('.')[0]
    return name


def names_of(node: ast.AST, file: Path) -> list[str]:
    """Return the dotted names that a statement imports."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ''
        if node.level:
            package = module_of(file).split('.')
            if file.name != '__init__.py':
                package.pop()
            above = package[:len(package) - node.level + 1]
            base = '.'.join([*above, *([base] if base else [])])
        names = [f'{base}.{alias.name}' for alias in node.names]
    else:
        return []
    return [within_package(name) if name.split('.')[0] == PACKAGE.name else name
            for name in names]


def imports_of(file: Path) -> Iterator[Import]:
    """Yield all imports of a file, those in functions and under TYPE_CHECKING included."""
    def visit(node: ast.AST, at_import_time: bool) -> Iterator[Import]:
        for name in names_of(node, file):
            yield Import(file, node.lineno, name, at_import_time)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            at_import_time = False
        for field, value in ast.iter_fields(node):
            children = value if isinstance(value, list) else [value]
            skipped = (isinstance(node, ast.If) and field == 'body'
                       and 'TYPE_CHECKING' in ast.unparse(node.test))
            for child in children:
                if isinstance(child, ast.AST):
                    yield from visit(child, at_import_time and not skipped)

    return visit(trees()[file], True)


@functools.cache
def imports() -> list[Import]:
    return [one for file in FILES for one in imports_of(file)]


def own() -> list[Import]:
    """Return the imports of the package's own modules."""
    return [one for one in imports() if one.name.split('.')[0] == PACKAGE.name]


def arrows() -> Iterator[tuple[Import, str, str]]:
    """Yield every import of the package that leads from one room into another."""
    for one in own():
        source, target = room_of(module_of(one.file)), room_of(one.name)
        if target and source != target:
            yield one, source, target


def told(wrong: list[str]) -> str:
    return '\n' + '\n'.join(wrong)


def test_every_import_follows_an_allowed_arrow() -> None:
    wrong = [f'{one.where}: {source} -> {target} ({one.name}) is not allowed'
             for one, source, target in arrows() if target not in ALLOWED.get(source, ())]
    assert not wrong, told(wrong)


def test_some_arrows_begin_in_one_file_only() -> None:
    wrong = [f'{one.where}: {source} -> {target} is for {ONLY_FROM[source, target]} alone'
             for one, source, target in arrows() if (source, target) in ONLY_FROM
             and str(one.file.relative_to(PACKAGE)) not in ONLY_FROM[source, target]]
    assert not wrong, told(wrong)


def test_nothing_but_its_command_names_the_benchmarks() -> None:
    """A name in a string may be imported, too."""
    wrong = [f'{file.relative_to(ROOT)}:{node.lineno}: {node.value!r} names a benchmark'
             for file, tree in trees().items() for node in ast.walk(tree)
             if isinstance(node, ast.Constant) and isinstance(node.value, str)
             and f'{PACKAGE.name}.bench' in node.value
             and room_of(module_of(file)) != 'bench' and file != PACKAGE / 'cli' / 'bench.py']
    assert not wrong, told(wrong)


def test_every_room_is_in_the_table() -> None:
    rooms = {room_of(module) for module in MODULES} - {''}
    assert rooms == set(ALLOWED)


def test_rooms_do_not_import_each_other_in_circles() -> None:
    graphlib.TopologicalSorter(ALLOWED).prepare()
    actual = defaultdict(set)
    for _, source, target in arrows():
        actual[source].add(target)
    graphlib.TopologicalSorter(actual).prepare()


def test_modules_do_not_import_each_other_in_circles() -> None:
    needed = defaultdict(set)
    for one in own():
        source = module_of(one.file)
        if not one.at_import_time:
            continue
        parts = one.name.split('.')
        # To import a.b.c is to import a and a.b first, which a module in there need not ask for.
        for module in itertools.accumulate(parts, '{}.{}'.format):
            if module == one.name or not f'{source}.'.startswith(f'{module}.'):
                needed[source].add(module)
    graphlib.TopologicalSorter(needed).prepare()


def is_ros(name: str) -> bool:
    """Return whether an imported name is rclpy's or a package of messages."""
    package = name.split('.')[0]
    return package == 'rclpy' or package.endswith(('_msgs', '_srvs', '_interfaces'))


def test_engines_know_nothing_of_ros() -> None:
    wrong = [f'{one.where}: {one.name} is imported outside of {", ".join(WITH_ROS)}'
             for one in imports()
             if is_ros(one.name) and room_of(module_of(one.file)) not in WITH_ROS]
    assert not wrong, told(wrong)


def test_tests_reach_the_command_line_as_a_user_does() -> None:
    pattern = re.compile(r'from txt2vid_ros\.cli|from txt2vid_ros import .*\bcli\b'
                         r'|import txt2vid_ros\.cli')
    wrong = [f'{file.relative_to(ROOT)}:{number}: {line.strip()}'
             for file in sorted((ROOT / 'test').rglob('*.py')) if file != Path(__file__)
             for number, line in enumerate(file.read_text('utf-8').splitlines(), 1)
             if pattern.search(line)]
    assert not wrong, told(wrong)


def test_no_folder_is_crowded() -> None:
    counts: defaultdict[Path, int] = defaultdict(int)
    for file in FILES:
        counts[file.parent] += file.name != '__init__.py'
    wrong = [f'{folder.relative_to(ROOT)}: {count} modules, at most {MOST_MODULES}'
             for folder, count in counts.items() if count > MOST_MODULES]
    assert not wrong, told(wrong)


def test_no_file_is_long() -> None:
    wrong = [f'{file.relative_to(ROOT)}: {lines} lines, at most {MOST_LINES}'
             for file in FILES
             if (lines := len(file.read_text('utf-8').splitlines())) > MOST_LINES]
    assert not wrong, told(wrong)


def test_no_class_name_has_two_meanings() -> None:
    places = defaultdict(list)
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f'{file.relative_to(ROOT)}:{node.lineno}')
    wrong = [f'{name} is defined in {" and ".join(where)}' for name, where in places.items()
             if len(where) > 1 and name not in SHARED_CLASS_NAMES]
    assert not wrong, told(wrong)


def test_the_contributing_guide_shows_this_table() -> None:
    text = (ROOT / 'CONTRIBUTING.md').read_text('utf-8')
    section = text.partition('## Rooms and arrows')[2].partition('\n## ')[0]
    shown = {}
    for line in section.splitlines():
        cells = [re.findall(r'`(\w+)`', cell) for cell in line.strip('|').split('|')]
        if len(cells) == 2 and len(cells[0]) == 1:
            shown[cells[0][0]] = tuple(cells[1])
    assert shown == {room: tuple(sorted(targets)) for room, targets in ALLOWED.items()}
