"""A node that starts is found at once by those who were there before, whatever their settings."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import pytest
from txt2vid_ros.ros.middleware.transports import profiles_variable

SAID_ONCE = """<?xml version="1.0"?>
<dds xmlns="http://www.eprosima.com"><profiles>
<participant profile_name="once" is_default_profile="true"><rtps><builtin><discovery_config>
<leaseDuration><sec>7200</sec></leaseDuration>
<leaseAnnouncement><sec>3600</sec></leaseAnnouncement>
<initialAnnouncements><count>0</count></initialAnnouncements>
</discovery_config></builtin></rtps></participant></profiles></dds>
"""
OLDER = """
import rclpy
from std_msgs.msg import String
rclpy.init()
node = rclpy.create_node('older')
publisher = node.create_publisher(String, 'older', 10)
print('there', flush=True)
input()
"""
NEWCOMERS = """
import os, time, rclpy
from txt2vid_ros.ros.middleware.transports import Pictures, transports
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = {reach!r}
nodes = []
with transports(Pictures()):
    for number in range({newcomers}):
        context = rclpy.Context()
        rclpy.init(context=context)
        nodes.append(rclpy.create_node(f'newcomer_{{number}}', context=context))
late = time.monotonic() + 20.0
while (found := sum(node.count_publishers('older') for node in nodes)) < {newcomers} and (
        time.monotonic() < late):
    time.sleep(0.05)
print(found, flush=True)
os._exit(0)
"""
NEWCOMERS_AT_ONCE = 20
FORGIVEN = 2
"""Newcomers whose answer may be lost all the same: by the machine, not by the settings."""


@pytest.mark.parametrize('reach', ['LOCALHOST', 'SUBNET'])
def test_whoever_answers_a_newcomer_only_once_is_found_all_the_same(
        ros_domain: int, tmp_path: Path, reach: str) -> None:
    profile = tmp_path / 'once.xml'
    profile.write_text(SAID_ONCE)
    older = {**os.environ, 'ROS_AUTOMATIC_DISCOVERY_RANGE': reach,
             profiles_variable(): str(profile)}
    with subprocess.Popen([sys.executable, '-c', OLDER], text=True, env=older,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline() == 'there\n'
        done = subprocess.run(
            [sys.executable, '-c',
             NEWCOMERS.format(reach=reach, newcomers=NEWCOMERS_AT_ONCE)],
            capture_output=True, text=True, timeout=120, check=False,
            cwd=Path(__file__).resolve().parents[3])
        running.kill()
    assert done.returncode == 0, done
    assert int(done.stdout) >= NEWCOMERS_AT_ONCE - FORGIVEN
