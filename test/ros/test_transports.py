"""Fast DDS has room for whole pictures, unless the user has configured it otherwise."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from txt2vid_ros.ros.transports import OWN, prepare_for_pictures, PROFILES


def test_both_generations_of_fast_dds_find_the_profile() -> None:
    environment: dict[str, str] = {}
    prepare_for_pictures(environment)
    assert set(environment) == set(PROFILES)
    for file in environment.values():
        ElementTree.parse(file)


@pytest.mark.parametrize('name', OWN)
def test_what_the_user_has_chosen_stays(name: str) -> None:
    environment = {name: 'chosen'}
    prepare_for_pictures(environment)
    assert environment == {name: 'chosen'}


@pytest.mark.parametrize('reach', ['LOCALHOST', 'SUBNET'])
def test_the_middleware_makes_a_segment_that_holds_whole_pictures(
        ros_domain: int, reach: str) -> None:
    script = (
        'import os, pathlib, rclpy\n'
        'from txt2vid_ros.ros.transports import prepare_for_pictures\n'
        'prepare_for_pictures()\n'
        f'os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = {reach!r}\n'
        f'rclpy.init(domain_id={ros_domain})\n'
        'node = rclpy.create_node("pictures")\n'
        'links = [link.readlink() for link in pathlib.Path("/proc/self/fd").iterdir()\n'
        '         if link.is_symlink()]\n'
        'locks = [str(link) for link in links if str(link).endswith("_el")]\n'
        'print(max(os.path.getsize(lock.removesuffix("_el")) for lock in locks))\n'
        'rclpy.shutdown()\n')
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True,
                          cwd=Path(__file__).resolve().parents[2], timeout=60, check=True)
    assert int(done.stdout.splitlines()[-1]) > 8 << 20
