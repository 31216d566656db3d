"""Fast DDS carries pictures in shared memory and all else over UDP, unless the user chose."""

from __future__ import annotations

import itertools
from pathlib import Path
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from txt2vid_ros.core.process.shared_memory import OWN_PORTS
from txt2vid_ros.ros.middleware.transports import (
    OWN,
    Pictures,
    PROFILES,
    profiles_variable,
    transports,
)

REACHES: list[dict[str, str]] = [
    {}, *({'ROS_AUTOMATIC_DISCOVERY_RANGE': reach} for reach in ('LOCALHOST', 'SUBNET', 'OFF'))]
SCRIPT = """
import os, pathlib, re, rclpy
from txt2vid_ros.ros.middleware.transports import Pictures, transports
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = {reach!r}
before = dict(os.environ)
with transports({pictures!r}):
    rclpy.init(domain_id={domain})
    node = rclpy.create_node('node')
assert dict(os.environ) == before
links = [os.readlink(link) for link in pathlib.Path('/proc/self/fd').iterdir()
         if link.is_symlink()]
for link in links:
    if found := re.fullmatch('(/dev/shm/fastrtps_.*)_el', link):
        print(found[1], os.path.getsize(found[1]))
node.destroy_node()
rclpy.shutdown()
"""


@pytest.mark.parametrize(('environment', 'sent', 'received', 'peers'), [
    (environment, *chosen) for environment in REACHES
    for chosen in itertools.product((False, True), (False, True), ('', '127.0.0.1'))])
def test_fast_dds_finds_the_profile(
        environment: dict[str, str], sent: bool, received: bool, peers: str) -> None:
    held = {**environment, 'ROS_STATIC_PEERS': peers}
    before = {**held}
    with transports(Pictures(sent, received), held):
        # The other generation's variable would be read as well, with settings of this one.
        file, = (held[name] for name in PROFILES if name in held)
        assert file == held[profiles_variable()]
        ElementTree.parse(file)
    assert held == before
    assert not Path(file).exists()


@pytest.mark.parametrize('environment', REACHES)
def test_with_a_discovery_server_nobody_is_looked_for_elsewhere(environment: dict[str, str]
                                                                ) -> None:
    held = {**environment, 'ROS_DISCOVERY_SERVER': '127.0.0.1:11811'}
    with transports(Pictures(), held):
        profile = ElementTree.parse(held[profiles_variable()])
    found = {element.tag.rpartition('}')[2] for element in profile.iter()}
    assert 'leaseAnnouncement' in found
    assert not found & {'initialPeersList', 'initialAnnouncements'}


@pytest.mark.parametrize('name', OWN)
def test_what_the_user_has_chosen_stays(name: str) -> None:
    environment = {name: 'chosen', 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    before = {**environment}
    with transports(Pictures(sent=True), environment):
        assert environment == before


def shared(domain: int, reach: str, pictures: Pictures) -> dict[str, int]:
    """Return the shared memory that a process takes, with its sizes."""
    script = SCRIPT.format(reach=reach, pictures=pictures, domain=domain)
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True,
                          cwd=Path(__file__).resolve().parents[3], timeout=60, check=False)
    assert done.returncode == 0 and 'rror' not in done.stderr + done.stdout, done
    return {name: int(size) for name, size in map(str.split, done.stdout.splitlines())}


@pytest.mark.parametrize('reach', ['LOCALHOST', 'SUBNET'])
def test_who_sends_pictures_has_room_for_them_and_listens_on_udp_alone(
        ros_domain: int, reach: str) -> None:
    (name, size), = shared(ros_domain, reach, Pictures(sent=True)).items()
    assert re.search(r'fastrtps_[0-9a-f]{16}$', name)
    assert size > 8 << 20


@pytest.mark.parametrize('reach', ['LOCALHOST', 'SUBNET'])
def test_who_has_no_pictures_shares_no_memory(ros_domain: int, reach: str) -> None:
    assert shared(ros_domain, reach, Pictures()) == {}


def test_who_receives_pictures_never_takes_a_port_that_others_know(ros_domain: int) -> None:
    taken = [{int(found[1]) for name in shared(ros_domain, 'LOCALHOST', Pictures(received=True))
              if (found := re.search(r'_port(\d+)$', name)) and int(found[1]) in OWN_PORTS}
             for _ in range(2)]
    assert all(len(ports) == 1 for ports in taken)
    assert not taken[0] & taken[1]
