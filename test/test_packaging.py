"""What pip and colcon install works away from the checkout, with every file it needs."""

import ast
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest
from txt2vid_ros import __version__, graph

ROOT = pathlib.Path(__file__).parent.parent
NOT_IN_ROSDISTRO = {'tts_msgs'}


@pytest.fixture(scope='module')
def prefix(tmp_path_factory):
    """Return a prefix into which a copy of the checkout has been installed by pip."""
    folder = tmp_path_factory.mktemp('packaging')
    source = folder / 'source'
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(
        '.git', '.venv', 'build', 'install', 'log', 'test', 'docs', '*.egg-info', '__pycache__',
        '.*_cache', '*.pth', '*.tflite'))
    done = subprocess.run(
        [sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index',
         '--no-build-isolation', '--ignore-installed', '--prefix', str(folder / 'prefix'),
         str(source)], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return folder / 'prefix'


def run(prefix, *words):
    """Run Python with the installed package before any other."""
    packages = next(prefix.glob('l*/**/site-packages'), None) or next(
        prefix.glob('l*/**/dist-packages'))
    return subprocess.run(
        [sys.executable, *words], cwd=prefix, capture_output=True, text=True, check=False,
        timeout=120, env={**os.environ, 'PYTHONPATH': str(packages)})


def test_every_file_of_the_package_is_installed(prefix):
    for folder in ('txt2vid_ros', 'config', 'examples', 'launch'):
        for path in (ROOT / folder).rglob('*'):
            if path.is_file() and path.suffix != '.pyc':
                assert list(prefix.rglob(str(path.relative_to(ROOT)))), path


def test_shipped_files_are_found_from_the_installed_package(prefix):
    done = run(prefix, '-c', '\n'.join((
        'import txt2vid_ros',
        'from txt2vid_ros.core.models.manifest import load_manifest',
        'from txt2vid_ros.core.storage.share import share',
        'print(txt2vid_ros.__file__)',
        f'for name in {sorted(graph.GRAPHS)}:',
        '    print(share("config", f"{name}.yaml").read_text() != "")',
        'print(len(load_manifest()) > 4)')))
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.split()
    assert first.startswith(str(prefix))
    assert others == ['True'] * (len(graph.GRAPHS) + 1)


def test_the_command_runs_from_the_installed_package(prefix):
    done = run(prefix, '-m', 'txt2vid_ros.cli.main', '--version')
    assert done.stdout.strip() == __version__


def test_ros_finds_the_package_and_the_version_is_one(prefix):
    index = prefix / 'share/ament_index/resource_index/packages/txt2vid_ros'
    assert index.is_file()
    manifest = xml.etree.ElementTree.parse(prefix / 'share/txt2vid_ros/package.xml').getroot()
    assert manifest.get('format') == '3'
    assert manifest.findtext('version') == __version__
    assert manifest.findtext('export/build_type') == 'ament_python'


def test_ros2_run_finds_every_node_and_nothing_hides_another_program(prefix):
    folder = prefix / 'lib/txt2vid_ros'
    nodes = sorted(path.stem for path in (ROOT / 'txt2vid_ros/nodes').glob('[a-z]*.py'))
    assert sorted(path.name for path in folder.iterdir()) == nodes
    assert [path.name for path in (prefix / 'bin').iterdir()] == ['txt2vid']
    for node in nodes:
        assert os.access(folder / node, os.X_OK)
    done = run(prefix, str(folder / 'link'), '--help')
    assert done.returncode == 0, done.stderr
    assert 'role: ' in done.stdout


def imported_interfaces(folder):
    """Return the interface packages that the Python files of a folder import."""
    names = set()
    for path in (ROOT / folder).rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.ImportFrom):
                names.add((node.module or '').partition('.')[0])
            elif isinstance(node, ast.Import):
                names |= {alias.name.partition('.')[0] for alias in node.names}
    return {name for name in names if re.fullmatch(r'\w+_(msgs|srvs|interfaces)', name)}


@pytest.mark.parametrize(('folder', 'kinds'), [
    ('txt2vid_ros', ('exec_depend',)), ('test', ('exec_depend', 'test_depend'))])
def test_every_interface_package_that_is_imported_is_declared(folder, kinds):
    manifest = xml.etree.ElementTree.parse(ROOT / 'package.xml').getroot()
    declared = {each.text for kind in kinds for each in manifest.iter(kind)}
    assert imported_interfaces(folder) - NOT_IN_ROSDISTRO <= declared


@pytest.mark.parametrize(('lock', 'extras'), [
    ('voices', ('voices-ja', 'voices-zh')), ('languages', ('languages',)),
    ('meshtastic', ('meshtastic',)), ('ray', ('ray',))])
def test_the_packages_of_an_extra_are_locked_with_hashes_at_the_same_version(prefix, lock, extras):
    locked = dict(re.findall(r'^([\w-]+)==(\S+).*\\\n {4}--hash=sha256:[0-9a-f]{64}',
                             (ROOT / f'requirements/{lock}.txt').read_text(), re.MULTILINE))
    asked = run(prefix, '-c', 'from importlib.metadata import requires\n'
                'print(*requires("txt2vid_ros"), sep="\\n")').stdout
    wanted = [re.match(r'([\w-]+)(?:\[\w+\])?==([\w.]+)', line).groups()
              for line in asked.splitlines()
              if re.search(rf'extra == .(?:{"|".join(extras)}).$', line)]
    assert wanted
    assert {name: locked.get(name) for name, _ in wanted} == dict(wanted)
