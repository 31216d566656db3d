"""`txt2vid discovery-server`: where nodes of several sites learn of each other."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
import shutil
import signal
import socket
import sys
import time

from txt2vid_ros.core.address import HostPort, parse_address, why_not_bound
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.core.process.sign_of_life import SignOfLife
from txt2vid_ros.core.process.signals import on_signal
from txt2vid_ros.core.storage.share import share
from txt2vid_ros.core.storage.state import state_dir
from txt2vid_ros.supervisor import Supervisor

PROGRAM = 'fast-discovery-server'
SERVERS = 'ROS_DISCOVERY_SERVER'
"""The variable by which ROS nodes find servers, and by which a server finds others."""
LEASE = 22.0
"""Seconds after which nodes have forgotten a server that was killed: 20, one to notice it, and one
that may have passed since its last sign.

All servers of Fast DDS 2 have the same name, and count their messages from 1. To nodes that
remember another the first ones of a new server are repetitions of what they know.
"""
EXAMPLE = 'Write for example 0.0.0.0:11811, which is every address of this machine.'


class _LeaseRestarts(RestartPolicy):
    """Has a server start when all nodes have forgotten the one before, and tells until when."""

    def __init__(self, wait: float, sign: SignOfLife) -> None:
        """Take the seconds until the first start, and the sign that a server was alive."""
        super().__init__(backoff=Backoff(first=LEASE, largest=LEASE))
        self._sign = sign
        self._until = time.monotonic() + wait

    def failed(self, seconds_run: float, exit_status: int | None = None) -> float | None:
        """Note that there is no server from now on; see RestartPolicy."""
        delay = super().failed(seconds_run, exit_status)
        self._sign.give()
        self._until = math.inf if delay is None else time.monotonic() + delay
        return delay

    @property
    def waiting(self) -> bool:
        """Return whether there is no server now: it waits, or was given up."""
        return time.monotonic() < self._until


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('address', metavar='HOST:PORT', help='where it listens, for UDP; with '
                        '0.0.0.0:11811 at every address of this machine')


def run(arguments: argparse.Namespace) -> int:
    """Run the server of Fast DDS until Ctrl-C or SIGTERM. Raises UserError."""
    address = parse_address(arguments.address, 'HOST:PORT', EXAMPLE)
    program = _program()
    _check_free(address)
    sign = SignOfLife(state_dir() / f'discovery-server-{address.port}')
    wait = sign.left_of(LEASE)
    restarts = _LeaseRestarts(wait, sign)
    supervisor = Supervisor(
        {'server': [program, '-x', str(share('config', 'discovery_server.xml')), '-i', '0',
                    '-l', address.host, '-p', str(address.port)]},
        # Else it would take the servers that the nodes of this machine are told of, itself, for
        # others that it has to join.
        {name: value for name, value in os.environ.items() if name != SERVERS},
        delays={'server': wait}, restarts=lambda: restarts)
    on_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), supervisor.stop)
    host = 'THIS-MACHINE' if address.host == '0.0.0.0' else address.host
    supervisor.say(f'before each command, at each site: export {SERVERS}={host}:{address.port}')
    supervisor.say('whoever reaches this address can join, and hear and say all: keep it within a '
                   'VPN (docs/sites.md)')
    if wait:
        supervisor.say(f'the last one was killed; starting in {wait:.0f} s, when all nodes have '
                       'noticed')
    status = supervisor.run(lambda: None if restarts.waiting else sign.give())
    if not restarts.waiting:
        # Else nodes still remember the one that crashed, for what is left of its lease.
        sign.end()
    return status


def _program() -> str:
    """Return the path of Fast DDS's server: that of a ROS installation, or of the wheels."""
    places = os.environ.get('PATH', os.defpath), str(Path(sys.executable).parent)
    found = shutil.which(PROGRAM, path=os.pathsep.join(places))
    if found is None:
        raise UserError(f'there is no program {PROGRAM}',
                        'It is part of Fast DDS: source the setup file of your ROS installation, '
                        'or run "make setup".')
    return found


def _check_free(address: HostPort) -> None:
    """Raise UserError where the address cannot be bound."""
    try:
        family, _, _, _, place = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as tried:
            tried.bind(place)
    except (OSError, UnicodeError) as error:
        raise UserError(f'cannot listen on {address.host}:{address.port}: '
                        f'{why_not_bound(error)}', EXAMPLE) from None
