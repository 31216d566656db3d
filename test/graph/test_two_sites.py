"""Two sites, between them a router that passes no multicast: nodes find each other by a server."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from graph_harness import eventually, FAST
from hearing import words
from machine_process import MachineProcess
import pytest
from speech_clips import clip
from txt2vid_ros.bench.rig.machines import ip
from txt2vid_ros.bench.rig.sites import SITES, Sites
from txt2vid_ros.core.errors import UserError

NAMESPACE, DOMAIN = '/sites', 35
ADDRESS = f'{SITES[1]}:11811'
TXT2VID = ('-m', 'txt2vid_ros.cli.main')
LIVE = (*TXT2VID, 'live', '--namespace', NAMESPACE, '--composed', 'true')
TALKER, PRINTER = (str(Path(__file__).with_name(f'{name}.py'))
                   for name in ('call_talker', 'speech_printer'))
# The nodes have transports of their own, as without a test.
CLIENT = {'ROS_DISCOVERY_SERVER': ADDRESS}
NODES = {**CLIENT, 'FASTDDS_BUILTIN_TRANSPORTS': ''}
MOST_BYTES = 3_000_000
"""On the way between the sites, which one second of pictures would take half of."""


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Return two sites; skip where there can be none."""
    try:
        made = Sites()
    except UserError as error:
        pytest.skip(str(error))
    with made:
        yield made


def test_the_face_speaks_what_is_said_at_another_site_with_and_without_the_server(
        sites: Sites, tmp_path: Path) -> None:
    here, there = sites.names
    # Short: the voice of claps takes a second for each letter.
    said = clip('004')
    with contextlib.ExitStack() as running:
        def start(site: str, *command: str, **options: Any) -> MachineProcess:
            process = MachineProcess(site, tmp_path, DOMAIN, *command, **options)
            running.callback(lambda: print('\n'.join(process.lines)))
            running.callback(process.close)
            return process

        def serve() -> MachineProcess:
            server = start(there, *TXT2VID, 'discovery-server', ADDRESS, environment=CLIENT)
            server.wait_line('Server is running')
            return server

        def told(process: MachineProcess, kind: str) -> list[str]:
            lines = [json.loads(line) for line in [*process.lines] if line.startswith('{')]
            return [line[kind] for line in lines if kind in line]

        server = serve()
        head = start(there, *LIVE, '--graph', 'receiver', '--http', '127.0.0.1:0', '--skills',
                     'false', *FAST, environment=NODES)
        ears = start(there, PRINTER, NAMESPACE, environment=CLIENT)
        talker = start(here, TALKER, NAMESPACE, environment=CLIENT, keyboard=True)
        head.wait_line('ready to speak')
        for process in (ears, talker):
            process.wait_line('"ready"')
        start(here, *LIVE, '--graph', 'sender', '--input', str(said.file), environment=NODES)
        eventually(lambda: told(talker, 'spoken'), 'the sentence')
        assert [words(text) for text in told(ears, 'heard')] == [words(said.text)]

        # Who knows each other needs no server.
        server.kill()
        talker.type('do')
        eventually(lambda: told(talker, 'spoken')[1:] == ['do'], 'a word without the server')
        assert sites.carried() < MOST_BYTES

        # Who comes needs one, and it may be another.
        serve()
        newcomer = start(here, *TXT2VID, 'say', 're', '--namespace', NAMESPACE, '--timeout', '60',
                         environment=CLIENT)
        assert newcomer.process.wait(120) == 0, newcomer.lines
        assert told(ears, 'heard')[1:] == ['re']


def test_beside_a_vpn_nodes_have_no_other_address_for_each_other(sites: Sites) -> None:
    """Else Fast DDS sends all that is said past the VPN as well, in clear."""
    here = sites.names[0]
    ip('-n', here, 'address', 'add', '10.79.0.1/24', 'dev', 'lo')  # Of the VPN.
    servers = ('10.79.0.2:11811', SITES[1], f'10.79.0.2:11811;{SITES[1]}:11811', '10.79.0.1:11811',
               '127.0.0.1:11811', '10.79.0.2:11811;127.0.0.1:11811', 'nowhere.invalid:11811',
               f'TCPv4:[{SITES[1]}]:42100', '')
    code = ('import json; from txt2vid_ros.ros.middleware.server_routes import ways_to; '
            f'print(json.dumps([ways_to(each) for each in {servers!r}]))')
    done = subprocess.run([*sites.within(here), sys.executable, '-c', code], check=True,
                          capture_output=True, text=True)
    assert json.loads(done.stdout) == [
        ['10.79.0.1'], [SITES[0]], ['10.79.0.1', SITES[0]], ['10.79.0.1'], [], [], [], [], []]
