"""
`make setup` on machines that lack something, and after it has been interrupted.

The script runs for real, in a copy of the few files it reads, with stand-ins for Python, pip,
CMake and apt that note what they are called with.
"""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent
# What the script may find on the PATH; nothing else of this machine counts.
TOOLS = ('bash', 'sh', 'env', 'cat', 'cp', 'cut', 'dirname', 'find', 'flock', 'grep', 'head',
         'mkdir', 'mv', 'rm', 'sed', 'sha256sum', 'sleep', 'sort', 'tail', 'touch', 'true',
         'uname', 'xargs', 'chmod')
PYTHON = r"""#!/bin/bash
echo "python $*" >> "$NOTES"
case "$*" in
  *version_info*) echo "${FAKE_VERSION:-3.11}" ;;
  *ensurepip*) [ -z "${NO_VENV:-}" ] ;;
  *find_spec*) [ -n "${HAS_TORCH:-}" ] ;;
  *Python.h*) [ -z "${NO_HEADERS:-}" ] ;;
  '-m venv'*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  *' install '*"${STOP_AT:-nothing}"*)
    case "${STOP_HOW:-}" in
      fail) echo 'ERROR: no network'; exit 1 ;;
      # No child before the wait: bash goes on after an interrupt that ended none of its children.
      wait) : > "$NOTES.waiting"; exec sleep 60 ;;
    esac ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of what the script reads, and the stand-ins in tmp_path/bin."""
    root = tmp_path / 'checkout'
    for name in ('requirements', 'interfaces', 'models/models.yaml', 'setup.py', 'setup.cfg',
                 'package.xml', 'pyproject.toml', 'tools/setup.sh'):
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    programs = tmp_path / 'bin'
    programs.mkdir()
    for name in TOOLS:
        (programs / name).symlink_to(shutil.which(name))
    for name, text in {
        'python3': PYTHON,
        'cmake': '#!/bin/sh\necho "cmake $*" >> "$NOTES"\n',
        'ffmpeg': '#!/bin/sh\n', 'g++': '#!/bin/sh\n',
        'ip': '#!/bin/sh\n', 'chromium': '#!/bin/sh\n', 'shellcheck': '#!/bin/sh\n',
        'espeak-ng': '#!/bin/sh\n',
        'id': '#!/bin/sh\necho 1000\n',
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return root


def environment(checkout, **more):
    return {'PATH': str(checkout.parent / 'bin'), 'HOME': str(checkout.parent),
            'NOTES': str(checkout.parent / 'notes'), **more}


def set_up(checkout, goal='live', **more):
    """Run the script; return its exit status, what it printed, and what it called."""
    notes = checkout.parent / 'notes'
    notes.write_text('')
    done = subprocess.run(
        ['bash', 'tools/setup.sh', goal], cwd=checkout, env=environment(checkout, **more),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, timeout=60)
    return done.returncode, done.stdout, notes.read_text()


def test_everything_is_done_once(checkout):
    status, output, called = set_up(checkout)
    assert status == 0, output
    assert '[5/5]' in output
    assert output.endswith('Ready.\n')
    assert called.count('-m venv') == 1
    assert '--no-deps --require-hashes -r requirements/runtime.txt' in called
    assert f'cmake -S {checkout}/interfaces -B {checkout}/build/interfaces' in called
    assert f'cmake --build {checkout}/build/interfaces' in called
    assert 'install --no-compile --progress-bar off --no-deps --no-build-isolation -e .' in called
    assert 'models fetch' in called
    assert 'test.txt' not in called
    status, output, called = set_up(checkout)
    assert (status, output) == (0, '')
    assert called == 'python -c \n'


def test_the_tests_add_their_tools_and_torch(checkout):
    set_up(checkout)
    status, output, called = set_up(checkout, 'test')
    assert status == 0, output
    assert '-m venv' not in called
    assert 'runtime.txt' not in called
    assert '--require-hashes -r requirements/test.txt' in called
    assert 'torch==2.13.0+cpu' in called
    assert set_up(checkout, 'test')[1] == ''
    assert set_up(checkout)[1] == ''  # what the tests have is enough to run


def test_torch_falls_back_to_the_ordinary_build_or_is_left_out(checkout):
    _, output, called = set_up(checkout, 'test', STOP_AT='+cpu', STOP_HOW='fail')
    assert 'brings several GB' in output
    assert 'make test TORCH=no' in output
    assert '-r requirements/torch.txt' in called
    _, _, called = set_up(checkout, 'test', TORCH='no')
    assert 'torch' not in called


def test_what_wav2lip_needs_comes_at_the_versions_of_the_tests(checkout):
    status, output, called = set_up(checkout, 'wav2lip', STOP_AT='+cpu', STOP_HOW='fail')
    assert status == 0, output
    assert f'-c {checkout}/build/pins.txt torch==2.13.0 onnx' in called
    pins = (checkout / 'build' / 'pins.txt').read_text().splitlines()
    assert 'onnx==1.23.2' in pins and not [line for line in pins if '\\' in line or '#' in line]
    assert set_up(checkout, 'wav2lip')[1] == ''
    assert set_up(checkout)[1] == ''


def test_what_wav2lip_needs_is_not_brought_twice(checkout):
    status, output, called = set_up(checkout, 'wav2lip', HAS_TORCH='yes')
    assert status == 0, output
    assert 'torch==' not in called


@pytest.mark.parametrize(('changed', 'again', 'not_again'), [
    ('requirements/runtime.txt', ('runtime.txt', 'cmake', '-e .'), ('-m venv', 'models fetch')),
    ('interfaces/hri_msgs/msg/LiveSpeech.msg', ('cmake', '-e .'), ('-m venv', 'runtime.txt')),
    ('models/models.yaml', ('models fetch',), ('-m venv', 'runtime.txt', 'cmake')),
    ('setup.py', ('-e .',), ('-m venv', 'runtime.txt', 'cmake')),
])
def test_a_change_repeats_only_what_depends_on_it(checkout, changed, again, not_again):
    set_up(checkout)
    with (checkout / changed).open('a') as file:
        file.write('\n# changed\n')
    status, output, called = set_up(checkout)
    assert status == 0, output
    assert [word for word in again if word not in called] == []
    if changed == 'models/models.yaml':
        assert [word for word in not_again if word in called] == []
    else:
        assert [word for word in not_again[:-1] if word in called] == []


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_installation_begins_with_a_new_environment(checkout, how):
    notes = checkout.parent / 'notes'
    waiting = checkout.parent / 'notes.waiting'
    script = subprocess.Popen(
        ['bash', 'tools/setup.sh', 'live'], cwd=checkout, start_new_session=True,
        env=environment(checkout, STOP_AT='runtime.txt', STOP_HOW='wait'),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with script:
        for line in script.stdout:
            if line.startswith(b'[3/5]'):
                break
        while not waiting.exists():
            assert script.poll() is None
        os.killpg(script.pid, how)
    assert script.returncode != 0
    status, output, called = set_up(checkout)
    assert status == 0, output
    assert '-m venv' in called
    assert notes.exists()


def test_a_failed_step_shows_why_and_is_repeated(checkout):
    status, output, _ = set_up(checkout, STOP_AT='runtime.txt', STOP_HOW='fail')
    assert status == 1
    assert 'ERROR: no network' in output
    assert 'build/setup.log' in output
    status, output, called = set_up(checkout)
    assert status == 0, output
    assert '-r requirements/runtime.txt' in called


def test_a_checkout_that_was_moved_gets_a_new_environment(checkout):
    set_up(checkout)
    moved = checkout.rename(checkout.parent / 'moved')
    status, output, called = set_up(moved)
    assert status == 0, output
    assert f'-m venv {moved}/.venv' in called


def test_another_python_gets_a_new_environment(checkout):
    set_up(checkout)
    python = checkout.parent / 'bin' / 'python3.12'
    python.write_text(PYTHON.replace('3.11', '3.12'))
    python.chmod(0o755)
    status, output, called = set_up(checkout, PYTHON='python3.12')
    assert status == 0, output
    assert 'with Python 3.12' in output
    assert '-m venv' in called
    assert set_up(checkout, PYTHON='python3.12')[1] == ''
    assert set_up(checkout)[1] == ''


def test_two_at_once_wait_for_each_other(checkout):
    holder = checkout / 'build'
    holder.mkdir()
    lock = subprocess.Popen(
        ['flock', str(holder / 'setup.lock'), 'sh', '-c', 'echo held; read word'],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with lock:
        assert lock.stdout.readline() == b'held\n'
        script = subprocess.Popen(
            ['bash', 'tools/setup.sh', 'live'], cwd=checkout, env=environment(checkout),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        with script:
            assert script.stdout.readline() == 'setup: waiting for another make to finish\n'
            lock.communicate(b'go on\n')
            assert script.stdout.read().endswith('Ready.\n')
    assert script.returncode == 0


def test_without_rights_it_names_the_packages_and_changes_nothing(checkout):
    (checkout.parent / 'bin' / 'ffmpeg').unlink()
    (checkout.parent / 'bin' / 'apt-get').write_text('#!/bin/sh\necho "apt-get $*" >> "$NOTES"\n')
    (checkout.parent / 'bin' / 'apt-get').chmod(0o755)
    status, output, called = set_up(checkout, NO_VENV='1', NO_HEADERS='1')
    assert status == 1
    assert ('sudo apt-get install -y --no-install-recommends ffmpeg python3.11-venv '
            'python3.11-dev\n') in output.replace('update && sudo apt-get', 'X\nsudo apt-get')
    assert 'apt-get' not in called
    assert not (checkout / '.venv').exists()


def test_with_rights_it_installs_what_is_missing_and_goes_on(checkout):
    programs = checkout.parent / 'bin'
    (programs / 'g++').unlink()
    for name, text in {
        'apt-get': '#!/bin/sh\necho "apt-get $*" >> "$NOTES"\n',
        'sudo': '#!/bin/sh\nshift\nexec "$@"\n',
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    status, output, called = set_up(checkout)
    assert status == 0, output
    assert '--no-install-recommends g++\n' in called
    assert 'ffmpeg' not in called


def test_a_program_that_only_tests_need_is_installed_or_done_without(checkout):
    (checkout.parent / 'bin' / 'chromium').unlink()
    status, output, _ = set_up(checkout, 'test')
    assert status == 0, output
    assert 'without chromium: the tests that need it are skipped' in output
    assert '[7/7]' in output


def test_on_another_distribution_it_names_what_is_missing(checkout):
    (checkout.parent / 'bin' / 'ffmpeg').unlink()
    status, output, _ = set_up(checkout)
    assert status == 1
    assert output.splitlines()[-1].startswith('setup: missing: ffmpeg. ')


@pytest.mark.parametrize(('more', 'said'), [
    ({'ROS_DISTRO': 'jazzy'}, 'setup: ROS jazzy is sourced in this shell'),
    ({'PYTHON': '/no/such/python'},
     'setup: PYTHON=/no/such/python is no 64-bit Python 3.10 to 3.13'),
])
def test_what_cannot_work_is_refused_in_one_line(checkout, more, said):
    status, output, _ = set_up(checkout, **more)
    assert status == 1
    assert said in output
    assert not (checkout / '.venv').exists()


def on(checkout, system):
    """Have the script take this machine for another."""
    program = checkout.parent / 'bin' / 'uname'
    program.unlink()
    program.write_text(f'#!/bin/sh\necho {system}\n')
    program.chmod(0o755)


def test_a_machine_without_wheels_is_told_so(checkout):
    on(checkout, 'Linux armv7l')
    status, output, _ = set_up(checkout)
    assert status == 1
    assert 'on x86_64 and aarch64 only, and this is Linux armv7l' in output


def test_64_bit_arm_is_set_up_without_what_has_no_wheel_there(checkout):
    on(checkout, 'Linux aarch64')
    status, output, called = set_up(checkout)
    assert status == 0, output
    assert 'live, call and say need a ROS installation' in output
    assert '--require-hashes -r build/aarch64-runtime.txt' in called
    assert 'cmake' not in called
    locked = (checkout / 'build' / 'aarch64-runtime.txt').read_text()
    assert 'hibari-tts==' in locked
    assert 'rclpy' not in locked
    assert 'silero' not in locked
    assert locked.count('--hash') > locked.count('==')


def test_the_tests_are_refused_where_the_graph_cannot_run(checkout):
    on(checkout, 'Linux aarch64')
    status, output, _ = set_up(checkout, 'test')
    assert status == 1
    assert 'the ROS wheels exist for x86_64 only' in output


def test_a_python_that_is_too_new_is_refused(checkout):
    program = checkout.parent / 'bin' / 'python3'
    program.write_text(PYTHON.replace('echo "${FAKE_VERSION:-3.11}"', 'exit 1'))
    status, output, _ = set_up(checkout)
    assert status == 1
    assert 'make PYTHON=/path/to/python3.12' in output
