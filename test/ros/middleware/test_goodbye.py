"""Who has left the graph is forgotten at once, also where its own last word was lost."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

from rig import until
from txt2vid_ros.ros.middleware.goodbye import say_goodbye
from txt2vid_ros.ros.middleware.transports import profiles_variable
from txt2vid_ros.ros.side.side_node import SideNode

MISSED_AFTER_AN_HOUR = """<?xml version="1.0"?>
<dds xmlns="http://www.eprosima.com"><profiles>
<participant profile_name="an_hour" is_default_profile="true"><rtps><builtin><discovery_config>
<leaseDuration><sec>3600</sec></leaseDuration>
</discovery_config></builtin></rtps></participant></profiles></dds>
"""
SCRIPT = """
import rclpy
from txt2vid_ros.ros.middleware.goodbye import participants_of
rclpy.init()
node = rclpy.create_node('leaving', namespace='/some/where')
print(*(each.hex() for each in participants_of([node])), flush=True)
input()
"""


def test_a_participant_that_could_not_say_goodbye_is_forgotten_when_it_is_said_for_it(
        ros_domain: int, tmp_path: Path) -> None:
    profile = tmp_path / 'hour.xml'
    profile.write_text(MISSED_AFTER_AN_HOUR)
    with SideNode('watching') as watching, subprocess.Popen(
            [sys.executable, '-c', SCRIPT], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[3],
            env={**os.environ, profiles_variable(): str(profile)}) as leaving:
        assert leaving.stdout is not None
        participant, = map(bytes.fromhex, leaving.stdout.readline().split())

        def known() -> bool:
            return ('leaving', '/some/where') in watching.node.get_node_names_and_namespaces()

        until(known, 'the node is seen')
        leaving.kill()
        leaving.wait()
        assert known()
        say_goodbye([participant], ros_domain)
        until(lambda: not known(), 'the node is forgotten')
