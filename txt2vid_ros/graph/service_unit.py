"""
The systemd unit of a talking head: what it may do, and nothing else.

Directives: systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.resource-control(5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
from pathlib import Path
import sys

from txt2vid_ros.core.errors import UserError

START_SECONDS, STOP_SECONDS, WATCHDOG_SECONDS = 180, 30, 60
"""Seconds: to load models at first; to finish recordings; without a new picture."""
STATE = 'txt2vid'
"""The folder of a service below /var/lib and /var/cache; below ~/.config for a user."""
PACKAGE_FOLDER = 'txt2vid_ros'
"""The folder of this package in a user's cache."""

# What holds for both managers, with the reason where it is not to be guessed.
COMMON: Mapping[str, str] = {
    'NoNewPrivileges': 'yes',
    'CapabilityBoundingSet': '',
    'AmbientCapabilities': '',
    'LockPersonality': 'yes',
    'RestrictRealtime': 'yes',
    'RestrictSUIDSGID': 'yes',
    'RestrictNamespaces': 'yes',
    'SystemCallArchitectures': 'native',
    # Calls that are left out fail with an error, which Python and ffmpeg report in words.
    'SystemCallFilter': '@system-service',
    'SystemCallErrorNumber': 'EPERM',
    # Unix: DDS and the service manager; netlink: DDS and ICE list the addresses of the machine.
    'RestrictAddressFamilies': 'AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'UMask': '0077',
    'LimitCORE': '0',
}
_SYSTEM_CALLS_LEFT_OUT = '~@privileged @keyring @memlock'
# They need a mount namespace, which a user's own manager makes where users may have namespaces.
NAMESPACES: Mapping[str, str] = {
    'ProtectSystem': 'strict',
    'ProtectHome': 'tmpfs',
    'PrivateTmp': 'yes',
    'ProtectProc': 'invisible',
    'ProcSubset': 'all',    # /proc/meminfo and /proc/net are read
    'ProtectKernelTunables': 'yes',
    'ProtectKernelModules': 'yes',
    'ProtectKernelLogs': 'yes',
    'ProtectControlGroups': 'yes',
    'ProtectClock': 'yes',
    'ProtectHostname': 'yes',
}


@dataclasses.dataclass(frozen=True)
class Service:
    """
    What is run, for whom, and what it needs of the machine.

    `command`: of `txt2vid`, such as live and its options. `read`: files and folders that it reads.
    `write`: folders that it writes to. `sound`: whether it has a microphone or a loudspeaker.
    `secrets`: files of keys by the option of the command that names them, which only their owner
    may read. `devices`: others, such as a serial line. `run_as`: a user; empty for one that
    systemd makes up. `jit`: whether what it loads makes machine code while it runs.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secrets: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    read: Sequence[Path] = ()
    write: Sequence[Path] = ()
    sound: bool = False
    devices: Sequence[Path] = ()
    run_as: str = ''
    jit: bool = False


def unit(service: Service, *, system: bool, namespaces: bool = True) -> str:
    """
    Return the unit for the system's manager, or for a user's own.

    `namespaces`: whether users may have some here; without them a user's own manager cannot make
    the file system read-only. Raises UserError.
    """
    execution = dict(COMMON)
    if not service.jit:
        execution['MemoryDenyWriteExecute'] = 'yes'
    lines = [f'{name}={value}' for name, value in execution.items()]
    lines.append(f'SystemCallFilter={_SYSTEM_CALLS_LEFT_OUT}')
    if system:
        lines += _of_the_system(service)
    elif namespaces:
        lines += _of_the_user(service)
    sections = {
        'Unit': [
            'Description=A talking head over a text link (txt2vid_ros)',
            'After=network-online.target sound.target' if system else 'After=sound.target',
            *(['Wants=network-online.target'] if system else []),
            'StartLimitIntervalSec=300', 'StartLimitBurst=10'],
        'Service': [
            'Type=notify', 'NotifyAccess=main',
            f'ExecStart={" ".join(_program(service, system))}',
            *(f'Environment={literal(f"{name}={value}")}'
              for name, value in service.environment.items()),
            # Keys of services on the network; whoever may read the unit does not see them.
            f'EnvironmentFile=-{"/etc" if system else "%E"}/{STATE}/environment',
            'Restart=on-failure', 'RestartSec=2', 'RestartPreventExitStatus=2',
            f'TimeoutStartSec={START_SECONDS}', f'TimeoutStopSec={STOP_SECONDS}',
            f'WatchdogSec={WATCHDOG_SECONDS}', 'WatchdogSignal=SIGTERM', 'KillMode=mixed', *lines],
        'Install': [f'WantedBy={"multi-user.target" if system else "default.target"}'],
    }
    return '# Written by "txt2vid service install", which writes it anew.\n' + '\n\n'.join(
        '\n'.join((f'[{name}]', *content)) for name, content in sections.items()) + '\n'


def _program(service: Service, system: bool) -> list[str]:
    """Return the words of the command line; the system's manager hands secrets in as copies."""
    words = [*map(quoted, (sys.executable, '-m', 'txt2vid_ros.cli.main', *service.command))]
    for option, file in service.secrets.items():
        words += [quoted(option), f'"%d/{_credential(option)}"' if system else quoted(str(file))]
    return words


def _of_the_user(service: Service) -> list[str]:
    """Return what a user's own manager can do where users may have namespaces."""
    settings = {**NAMESPACES, 'ProtectHome': 'read-only', 'PrivateUsers': 'yes'}
    own = [f'%C/{PACKAGE_FOLDER}', f'%S/{PACKAGE_FOLDER}', '%h/.local/state', '%h/.ros',
           *(literal(str(path)) for path in service.write)]
    return [
        *(f'{name}={value}' for name, value in settings.items()),
        # Its screen, where that is an X server's.
        'BindReadOnlyPaths=-/tmp/.X11-unix',
        # The cache, the state of the link, and the logs of ROS; they may not be there yet.
        f'ExecStartPre=+/bin/mkdir -p %C/{PACKAGE_FOLDER} %h/.local/state %h/.ros',
        *(f'ReadWritePaths=-{place}' for place in own)]


def _of_the_system(service: Service) -> list[str]:
    """Return what only the system's manager can do."""
    owner = [f'User={service.run_as}'] if service.run_as else ['DynamicUser=yes', 'User=txt2vid']
    devices = [*(['char-alsa'] if service.sound else []), *map(str, service.devices)]
    groups = [*(['audio'] if service.sound else []), *(['dialout'] if service.devices else [])]
    # PrivateDevices hides those that are named, too.
    access = ['DevicePolicy=closed', *(f'DeviceAllow={device} rw' for device in devices)] \
        if devices else ['PrivateDevices=yes']
    return [
        *owner, *(f'SupplementaryGroups={group}' for group in groups), *access,
        *(f'{name}={value}' for name, value in NAMESPACES.items()),
        f'StateDirectory={STATE}', f'CacheDirectory={STATE}', 'StateDirectoryMode=0700',
        'CacheDirectoryMode=0700', f'WorkingDirectory=%S/{STATE}',
        f'Environment=HOME=%S/{STATE} XDG_CACHE_HOME=%C/{STATE} ROS_LOG_DIR=%S/{STATE}/log',
        *(f'LoadCredential={literal(f"{_credential(option)}:{file}")}'
          for option, file in service.secrets.items()),
        *(f'BindReadOnlyPaths={literal(str(path))}' for path in _hidden(service.read)),
        *(f'BindPaths={literal(str(path))}' for path in _hidden(service.write)),
        *(f'ReadWritePaths={literal(str(path))}' for path in service.write
          if path not in _hidden(service.write))]


def _hidden(paths: Sequence[Path]) -> list[Path]:
    """Return those that ProtectHome or PrivateTmp would hide."""
    return [path for path in paths if path.parts[1:2] in (('home',), ('root',), ('tmp',))
            or path.parts[1:3] in (('run', 'user'), ('var', 'tmp'))]


def _credential(option: str) -> str:
    """Return by which name a file is handed in: two files may have the same one."""
    return option.removeprefix('--').replace('-', '.')


def quoted(word: str) -> str:
    """Return a word of a command line of a unit file, where variables are replaced, too."""
    return literal(word).replace('$', '$$')


def literal(word: str) -> str:
    """
    Return a word of a unit file, in quotes, with what systemd would replace taken literally.

    Raises UserError for what no unit file can say.
    """
    if any(ord(character) < 32 for character in word):
        raise UserError(f'{word!r} has a control character', 'Leave it out.')
    escaped = word.replace('\\', '\\\\').replace('"', '\\"').replace('%', '%%')
    return f'"{escaped}"'
