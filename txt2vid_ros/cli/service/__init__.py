"""`txt2vid service`: have systemd start the talking head with the machine and watch over it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import shutil
import subprocess
import sys

import txt2vid_ros
from txt2vid_ros.cli import live
from txt2vid_ros.cli.parser import CommandParser
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.store import (
    models_dir,
    MODELS_VARIABLE,
    voices_dir,
    VOICES_VARIABLE,
)
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.graph.conversation import is_program
from txt2vid_ros.graph.service_unit import Service, unit
from txt2vid_ros.graph.values import READ, SECRETS, WRITTEN

NAME = 'txt2vid.service'
SYSTEM_FOLDER = Path('/etc/systemd/system')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and what they share."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    for name, summary in (
            ('install', 'write the unit, enable it and start it'),
            ('uninstall', 'stop it and remove the unit'),
            ('show', 'print the unit that install would write')):
        action = actions.add_parser(name, help=summary, description=summary)
        place = action.add_mutually_exclusive_group()
        place.add_argument('--user', action='store_true',
                           help='for yourself, from when you log in (the usual)')
        place.add_argument('--system', action='store_true',
                           help='for the machine, from when it starts; needs root')
        if name == 'uninstall':
            continue
        action.add_argument('--run-as', default=None, metavar='USER',
                            help='with --system: whose process it is; who calls sudo by default, '
                            '"" for a user that systemd makes up')
        action.add_argument('--no-start', action='store_true',
                            help='write the unit and change nothing else')
        action.add_argument('live', nargs='*', metavar='OPTION', help='options of "txt2vid live", '
                            'after --: txt2vid service install -- --face me.jpg')


def run(arguments: argparse.Namespace) -> int:
    """Do it. Raises UserError."""
    file = (SYSTEM_FOLDER if arguments.system else _user_folder()) / NAME
    if arguments.action == 'uninstall':
        return _uninstall(file, arguments.system)
    text = unit(_service(arguments), system=arguments.system, namespaces=_may_have_namespaces())
    if arguments.action == 'show':
        print(text, end='')
        return 0
    if arguments.system and os.geteuid() != 0:
        raise UserError(f'{file} belongs to root', 'Use sudo, or leave out --system.')
    try:
        with replacing(file, mode=0o644) as part:
            part.write_text(text, 'utf-8')
    except OSError as error:
        raise UserError(f'{file} cannot be written: {error.strerror}',
                        'Check its folder.') from error
    print(f'wrote {file}')
    if arguments.no_start:
        return 0
    _systemctl(arguments.system, 'daemon-reload')
    _systemctl(arguments.system, 'enable', '--now', NAME)
    print(f'it runs; see it with: journalctl {"" if arguments.system else "--user "}-u {NAME}')
    if not arguments.system:
        print('it runs while you are logged in; from the start of the machine with: '
              'loginctl enable-linger')
    return 0


def _service(arguments: argparse.Namespace) -> Service:
    """Return the service that runs `txt2vid live` with the given options. Raises UserError."""
    if arguments.run_as is not None and not arguments.system:
        raise UserError('--run-as goes only with --system', 'Your own service is always yours.')
    run_as = os.environ.get('SUDO_USER', '') if arguments.run_as is None else arguments.run_as
    if run_as == 'root':
        raise UserError('--run-as root: nothing that it does needs root',
                        'Name another user, or none.')
    # The words are looked at, too: a shortened option would be missed.
    parser = CommandParser(prog='txt2vid live', allow_abbrev=False)
    live.add_arguments(parser)
    chosen = parser.parse_args(arguments.live)
    if chosen.exit_when_done:
        raise UserError('--exit-when-done ends it, and a service goes on', 'Leave it out.')
    if chosen.window not in ('', 'false') and arguments.system:
        raise UserError('--window needs the screen of who is logged in', 'Leave out --system.')
    given = [Path(value).expanduser().absolute() for name in READ
             if (value := getattr(chosen, name))]
    if is_program(chosen.responder):
        given.append(Path(chosen.responder).expanduser().absolute())
    on_line = chosen.link in ('serial', 'kiss-serial') or (
        chosen.link == 'meshtastic' and chosen.link_address.startswith('/'))
    serial = [Path(chosen.link_address)] if on_line else []
    secrets = {_option(name): Path(value).expanduser().absolute() for name in SECRETS
               if (value := getattr(chosen, name))}
    return Service(
        command=['live', *_absolute(arguments.live)], secrets=secrets,
        environment=_environment(),
        read=[*_code(), *given], write=[Path(chosen.record).expanduser().absolute().parent]
        if chosen.record else [],
        sound=any(value not in ('', 'false', 'never') for value in (
            chosen.mic, chosen.device, chosen.loudspeaker, chosen.loudspeaker_device)),
        devices=serial, run_as=run_as, jit=_has_wav2lip())


def _absolute(words: list[str]) -> list[str]:
    """
    Return the words with the paths in them absolute, as systemd starts in another folder.

    The secrets are left out.
    """
    result: list[str] = []
    paths, secrets = ({_option(name) for name in names} for names in (
        (*READ, *WRITTEN, 'responder'), SECRETS))
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition('=')
        if option in secrets | paths and not equals:
            value = next(rest, '')
        if option in paths:
            named = option == '--responder' and not is_program(value)
            result += [option, value if named else str(Path(value).expanduser().absolute())]
        elif option not in secrets:
            result.append(word)
    return result


def _option(name: str) -> str:
    return f'--{name.replace("_", "-")}'


def _code() -> list[Path]:
    """Return where Python, its packages, this package and the models are."""
    named = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent,
             Path(txt2vid_ros.__file__).parents[1], models_dir(), voices_dir(),
             *(Path(each) for each in sys.path if each and Path(each).is_dir())]
    places = {each for place in named for each in (place.absolute(), place.resolve())}
    return sorted(place for place in places if place.is_dir() and not any(
        other in place.parents for other in places))


def _environment() -> dict[str, str]:
    """Return what of this environment the service needs, secrets excepted."""
    kept = ('PATH', 'PYTHONPATH', 'ROS_DOMAIN_ID', 'RMW_IMPLEMENTATION',
            'ROS_AUTOMATIC_DISCOVERY_RANGE', 'ROS_DISCOVERY_SERVER', 'LANG',
            *(('ROS_DISTRO', 'AMENT_PREFIX_PATH', 'LD_LIBRARY_PATH')
              if 'ROS_DISTRO' in os.environ else ()))
    return {**{name: os.environ[name] for name in kept if os.environ.get(name)},
            # Its home is another one.
            MODELS_VARIABLE: str(models_dir()), VOICES_VARIABLE: str(voices_dir())}


def _has_wav2lip() -> bool:
    """Return whether torch may run, which makes machine code (oneDNN) while it does."""
    return any(models_dir().glob('wav2lip*.pth'))


def _may_have_namespaces() -> bool:
    """Return whether users may make namespaces here; some distributions forbid it."""
    try:
        tried = subprocess.run(['unshare', '--user', '--map-root-user', '--mount', 'true'],
                               capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return tried.returncode == 0


def _uninstall(file: Path, system: bool) -> int:
    if not file.exists():
        raise UserError(f'there is no {file}', 'Nothing was changed.')
    if system and os.geteuid() != 0:
        raise UserError(f'{file} belongs to root', 'Use sudo, or leave out --system.')
    if _systemd_runs(system):
        _systemctl(system, 'disable', '--now', NAME)
    file.unlink()
    print(f'removed {file}')
    if _systemd_runs(system):
        _systemctl(system, 'daemon-reload')
    return 0


def _user_folder() -> Path:
    home = os.environ.get('XDG_CONFIG_HOME') or '~/.config'
    return Path(home).expanduser() / 'systemd' / 'user'


def _systemd_runs(system: bool) -> bool:
    """Return whether there is a manager to talk to (sd_booted(3))."""
    place = '/run/systemd/system' if system else os.environ.get('XDG_RUNTIME_DIR', '') + '/systemd'
    return shutil.which('systemctl') is not None and Path(place).is_dir()


def _systemctl(system: bool, *words: str) -> None:
    """Run systemctl. Raises UserError."""
    if not _systemd_runs(system):
        raise UserError('systemd does not run here' if system else
                        'there is no systemd of yours here',
                        'The unit is written; start it where it runs, or use --no-start.')
    done = subprocess.run(['systemctl', *([] if system else ['--user']), *words],
                          capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise UserError(f'systemctl {" ".join(words)} failed: '
                        f'{lines[0] if lines else done.returncode}',
                        f'See: journalctl {"" if system else "--user "}-u {NAME}')
