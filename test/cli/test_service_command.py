"""The unit that `txt2vid service` writes: what systemd says of it, and what is not in it."""

from __future__ import annotations

from pathlib import Path
import re
import shlex
import shutil
import subprocess

from command_line import txt2vid
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.graph.service_unit import quoted, Service, unit

needs_systemd = pytest.mark.skipif(shutil.which('systemd-analyze') is None,
                                   reason='systemd-analyze is not installed')
SERVICES = {
    'plain': Service(['live']),
    'sound': Service(['live', '--mic', 'true'], sound=True, run_as='nobody'),
    'serial': Service(['live', '--link', 'serial'], devices=[Path('/dev/ttyUSB0')],
                      write=[Path('/home/a/talks'), Path('/srv/talks')]),
    'wav2lip': Service(['live'], jit=True, read=[Path('/home/a/50% "me".jpg')],
                       secrets={'--link-key': Path('/home/a/link.key')}),
}


@needs_systemd
@pytest.mark.parametrize('system', [True, False])
@pytest.mark.parametrize('name', SERVICES)
def test_systemd_takes_it_and_finds_little_exposed(
        tmp_path: Path, name: str, system: bool) -> None:
    file = tmp_path / 'txt2vid.service'
    file.write_text(unit(SERVICES[name], system=system))
    manager = [] if system else ['--user']
    environment = {'PATH': '/usr/bin:/bin', 'XDG_RUNTIME_DIR': str(tmp_path),
                   'HOME': str(tmp_path), 'SYSTEMD_LOG_LEVEL': 'warning'}
    checked = subprocess.run(['systemd-analyze', *manager, 'verify', str(file)],
                             capture_output=True, text=True, env=environment, check=False)
    about = [line for line in checked.stderr.splitlines() if 'txt2vid' in line]
    assert about == []
    rated = subprocess.run(
        ['systemd-analyze', *manager, 'security', '--offline=true', '--no-pager', str(file)],
        capture_output=True, text=True, env=environment, check=True).stdout
    exposure = re.search(r'Overall exposure level for \S+: ([\d.]+)', rated)
    assert exposure is not None and float(exposure[1]) < 3, rated


def test_keys_are_handed_in_as_copies_and_are_not_in_the_unit(tmp_path: Path) -> None:
    key = tmp_path / 'link.key'
    key.write_text('secret')
    done = txt2vid('service', 'show', '--system', '--', '--graph', 'receiver', '--link', 'udp',
                   '--link-address', '0.0.0.0:5710', f'--link-key={key}', '--face', 'me.jpg',
                   environment={'OPENAI_API_KEY': 'sk-hunter22'})
    assert done.returncode == 0, done.stderr
    command = next(line for line in done.stdout.splitlines() if line.startswith('ExecStart='))
    words = shlex.split(command)
    assert words[words.index('--link-key') + 1] == '%d/link.key'
    assert words[words.index('--face') + 1] == str(Path('me.jpg').absolute())
    assert f'LoadCredential="link.key:{key}"' in done.stdout
    assert 'hunter22' not in done.stdout and 'EnvironmentFile=-/etc/txt2vid/' in done.stdout


def test_without_namespaces_a_users_unit_asks_for_none() -> None:
    text = unit(Service(['live']), system=False, namespaces=False)
    assert 'NoNewPrivileges=yes' in text and 'ProtectSystem' not in text


def test_words_keep_their_characters() -> None:
    assert quoted('50% of "$HOME"\\x') == '"50%% of \\"$$HOME\\"\\\\x"'
    with pytest.raises(UserError, match='control character'):
        quoted('a\nUser=root')


def test_it_is_written_and_removed(tmp_path: Path) -> None:
    environment = {'XDG_CONFIG_HOME': str(tmp_path), 'XDG_RUNTIME_DIR': str(tmp_path / 'run')}
    file = tmp_path / 'systemd' / 'user' / 'txt2vid.service'
    done = txt2vid('service', 'install', '--no-start', '--', '--http', '127.0.0.1:8090',
                   environment=environment)
    assert done.returncode == 0 and f'wrote {file}' in done.stdout
    assert '"--http" "127.0.0.1:8090"' in file.read_text()
    done = txt2vid('service', 'uninstall', environment=environment)
    assert done.returncode == 0 and not file.exists()
    done = txt2vid('service', 'uninstall', environment=environment)
    assert done.returncode == 2 and 'there is no' in done.stderr


def test_it_is_enabled_where_systemd_runs(tmp_path: Path) -> None:
    (tmp_path / 'run' / 'systemd').mkdir(parents=True)
    program = tmp_path / 'systemctl'
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n'
                       'case "$*" in *disable*) echo no bus >&2; exit 1;; esac\n')
    program.chmod(0o755)
    environment = {'XDG_CONFIG_HOME': str(tmp_path), 'XDG_RUNTIME_DIR': str(tmp_path / 'run'),
                   'PATH': f'{tmp_path}:/usr/bin:/bin'}
    assert txt2vid('service', 'install', environment=environment).returncode == 0
    assert (tmp_path / 'called').read_text().splitlines() == [
        '--user daemon-reload', '--user enable --now txt2vid.service']
    failed = txt2vid('service', 'uninstall', environment=environment)
    assert failed.returncode == 2 and 'failed: no bus' in failed.stderr


@pytest.mark.parametrize(('words', 'says'), [
    (('--system', '--', '--window', 'true'), '--window needs the screen'),
    (('--', '--exit-when-done'), '--exit-when-done ends it'),
    (('--run-as', 'me'), '--run-as goes only with --system'),
    (('--system', '--run-as', 'root'), 'needs root'),
    (('--', '--nonsense'), 'unrecognized arguments: --nonsense')])
def test_what_makes_no_service_is_said_in_one_line(words: tuple[str, ...], says: str) -> None:
    done = txt2vid('service', 'show', *words)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count('\n') == 1


def test_keys_of_one_name_and_a_program_that_answers_reach_the_service(tmp_path: Path) -> None:
    files = [tmp_path / 'cert' / 'robot.pem', tmp_path / 'key' / 'robot.pem']
    done = txt2vid('service', 'show', '--system', '--', '--tls-cert', str(files[0]), '--tls-key',
                   str(files[1]), '--responder', 'mine.py', environment={'PYTHONPATH': '/a$b'})
    assert done.returncode == 0, done.stderr
    command = next(line for line in done.stdout.splitlines() if line.startswith('ExecStart='))
    words = shlex.split(command)
    copies = [words[words.index(f'--tls-{kind}') + 1] for kind in ('cert', 'key')]
    assert copies == ['%d/tls.cert', '%d/tls.key']
    for copy, file in zip(copies, files, strict=True):
        assert f'LoadCredential="{copy.removeprefix("%d/")}:{file}"' in done.stdout
    assert words[words.index('--responder') + 1] == str(Path('mine.py').absolute())
    assert 'Environment="PYTHONPATH=/a$b"' in done.stdout
    assert '"echo"' in txt2vid('service', 'show', '--', '--responder', 'echo').stdout


def test_a_shortened_option_is_refused() -> None:
    done = txt2vid('service', 'show', '--', '--fac', 'me.jpg')
    assert done.returncode == 2
    assert '--fac' in done.stderr
