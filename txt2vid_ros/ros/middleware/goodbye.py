"""The word by which others forget the participants of a process that ends."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
import contextlib
import os
import socket
import struct

import rclpy
from rclpy.node import Node
from txt2vid_ros.ros.middleware.rtps_ports import discovery_ports, first_port, MULTICAST
from txt2vid_ros.ros.middleware.transports import LOCALHOST, REACH, SERVERS

_PREFIX_BYTES = 12
_WRITER = bytes.fromhex('000100c2')     # ENTITYID_SPDP_BUILTIN_PARTICIPANT_WRITER
_PARTICIPANT = bytes.fromhex('000001c1')
_LATER = 1 << 20                        # than any word that the participant has said


def participants_of(nodes: Iterable[Node]) -> set[bytes]:
    """Return the 12 bytes by which Fast DDS knows each participant of nodes; else nothing."""
    if not rclpy.get_rmw_implementation_identifier().startswith('rmw_fastrtps'):
        return set()
    return {bytes(each.endpoint_gid[:_PREFIX_BYTES])
            for node in nodes for each in node.get_publishers_info_by_topic('/parameter_events')
            if (each.node_name, each.node_namespace) == (node.get_name(), node.get_namespace())}


def say_goodbye(participants: Iterable[bytes], domain: int,
                environment: MutableMapping[str, str] = os.environ) -> None:
    """
    Tell all in a ROS domain whom this machine reaches that participants of this process are gone.

    Fast DDS says it as well, but on a busy machine ends before its thread has sent it (see
    transports.py): `ros2 node list` then had the node for another 20 s. With a discovery server
    nothing is said: that one tells the others.
    """
    if environment.get(SERVERS):
        return
    where = [('127.0.0.1', port) for port in discovery_ports(domain)]
    if environment.get(REACH, '').upper() != LOCALHOST:
        where.append((MULTICAST, first_port(domain)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for word in map(_goodbye, participants):
            for address in where:
                # Who has no such network, or a full one, is forgotten after 20 s as before.
                with contextlib.suppress(OSError):
                    sender.sendto(word, address)


def _goodbye(participant: bytes) -> bytes:
    """Return DATA(p[UD]): disposed and unregistered (RTPS 2.3, 8.3.7.2, 9.4.5.3 and 9.6.3.9)."""
    qos = (struct.pack('<HH', 0x70, 16) + participant + _PARTICIPANT    # PID_KEY_HASH
           + struct.pack('<HH', 0x71, 4) + bytes((0, 0, 0, 3))          # PID_STATUS_INFO
           + struct.pack('<HH', 1, 0))                                  # PID_SENTINEL
    data = struct.pack('<HH', 0, 16) + bytes(4) + _WRITER + struct.pack('<iI', 0, _LATER) + qos
    header = b'RTPS' + bytes((2, 3, 1, 15)) + participant
    return header + struct.pack('<BBH', 0x15, 0x03, len(data)) + data
