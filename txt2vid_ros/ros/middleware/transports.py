"""How Fast DDS carries the messages of a node, so that it is reached again after a crash."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
import contextlib
import dataclasses
from importlib import metadata
import os
import random
import tempfile

from txt2vid_ros.core.process.shared_memory import (
    OWN_PORTS,
    ports_in_shared_memory,
    remove_abandoned,
)
from txt2vid_ros.ros.middleware.rtps_ports import first_port, MULTICAST, PARTICIPANTS
from txt2vid_ros.ros.middleware.server_routes import ways_to

PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
"""The variables that name the settings of Fast DDS up to version 2, and from 3 on."""
OWN = (*PROFILES, 'FASTDDS_BUILTIN_TRANSPORTS')
"""A user who has set one of these has chosen transports, for example because two containers cannot
share memory."""
REACH, LOCALHOST = 'ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST'
ADDRESSED = ('ROS_STATIC_PEERS', 'ROS_LOCALHOST_ONLY')
"""Variables that ROS understands only together with a reach of its own."""
SERVERS = 'ROS_DISCOVERY_SERVER'
"""Names servers by which nodes find each other, in place of multicast and of addresses."""
PICTURE_SEGMENT = 8 << 20
"""Bytes of shared memory for pictures; a whole one has to find room in it."""


@dataclasses.dataclass(frozen=True)
class Pictures:
    """What a process does with whole pictures."""

    sent: bool = False
    received: bool = False


NO_PICTURES = Pictures()


def pictures_of(make: object) -> Pictures:
    """Return what a node does with whole pictures: the PICTURES of its class, if it has any."""
    found = getattr(make, 'PICTURES', NO_PICTURES)
    assert isinstance(found, Pictures)
    return found


@contextlib.contextmanager
def transports(pictures: Pictures, environment: MutableMapping[str, str] = os.environ
               ) -> Iterator[None]:
    """
    Have Fast DDS carry pictures in shared memory and all else over UDP; not for other middleware.

    For the context and the nodes that the process makes meanwhile, its first ones; what the user
    has chosen stays.

    Fast DDS gives the successor of a killed process the same port in shared memory. It replaces
    the segment there, and who wrote to the old one finds out only where the killed process was
    just waiting or reading; else it goes on to write where nobody reads (docs/ros.md). A UDP port
    has no such memory. Who receives pictures takes a port that nobody had before. What killed
    processes have left in shared memory is removed first.

    With a discovery server only the ways to it are used. Else nodes tell the others all addresses
    of this machine, and whoever reaches one of them beside a VPN is sent everything there as well,
    in clear (docs/sites.md).
    """
    remove_abandoned()
    if any(environment.get(name) for name in OWN):
        yield
        return
    reach = environment.get(REACH, '').upper()
    by_ros = any(environment.get(name) for name in ADDRESSED)
    changed: dict[str, str] = {}
    if reach == LOCALHOST and not by_ros:
        # With this reach ROS would add a transport by shared memory to every process.
        changed[REACH] = 'SYSTEM_DEFAULT'
    servers = environment.get(SERVERS, '')
    profile = _profile(pictures, reach, by_ros, bool(servers), ways_to(servers),
                       _own_port_offset(environment) if pictures.received else 0)
    # Fast DDS takes nothing but the path of a file that is there.
    with tempfile.NamedTemporaryFile('w', prefix='txt2vid_', suffix='.xml') as file:
        file.write(profile)
        file.flush()
        changed[profiles_variable()] = file.name
        before = {name: environment.get(name) for name in changed}
        environment.update(changed)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del environment[name]
                else:
                    environment[name] = value


def profiles_variable() -> str:
    """Return the one of PROFILES that the Fast DDS of this machine reads."""
    return PROFILES[_generation()]


def _generation() -> int:
    # rclpy has no word for it; from version 8 on it is released with Fast DDS 3.
    try:
        return int(int(metadata.version('rclpy').partition('.')[0]) >= 8)
    except metadata.PackageNotFoundError:
        return 0                # installed without its description: ROS up to Jazzy


def _profile(pictures: Pictures, reach: str, by_ros: bool, by_server: bool, ways: list[str],
             own_port_offset: int) -> str:
    described, used = [], []
    if not (reach == LOCALHOST and by_ros):
        # The range is how many processes of a machine find each other; ROS has the same.
        described.append('<transport_id>udp</transport_id><type>UDPv4</type>'
                         f'<maxInitialPeersRange>{PARTICIPANTS}</maxInitialPeersRange>'
                         + _each('interfaceWhiteList', [_each('address', ways)]))
        used.append('udp')
    if pictures.sent or pictures.received:
        segment = f'<segment_size>{PICTURE_SEGMENT}</segment_size>' if pictures.sent else ''
        described.append(f'<transport_id>pictures</transport_id><type>SHM</type>{segment}')
        used.append('pictures')
    peers = '' if by_ros or by_server or reach == 'OFF' else _PEERS[reach == LOCALHOST]
    often = _OFTEN_WITH_PICTURES if pictures.sent or pictures.received else _OFTEN
    discovery = (_SELDOM if by_server else _eager_here(often) if reach == LOCALHOST else _EAGER)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<dds xmlns="http://www.eprosima.com"><profiles>
{_each('transport_descriptors', [_each('transport_descriptor', described)])}
<participant profile_name="txt2vid" is_default_profile="true"><rtps>
{_each('userTransports', [_each('transport_id', used)])}
<useBuiltinTransports>false</useBuiltinTransports>
<sendSocketBufferSize>4194304</sendSocketBufferSize>
<listenSocketBufferSize>4194304</listenSocketBufferSize>
{_PORT.format(own_port_offset) if pictures.received else _UDP_ALONE}
<builtin>{discovery}{peers}</builtin>
{'' if by_server else _WORDS_APART[_generation()]}
</rtps></participant>
</profiles></dds>"""


def _each(name: str, contents: list[str]) -> str:
    """Return an element for each content that is not empty."""
    return ''.join(f'<{name}>{content}</{name}>' for content in contents if content)


_ANY = '<locator><udpv4/></locator>'
_UDP_ALONE = f'<defaultUnicastLocatorList>{_ANY}</defaultUnicastLocatorList>'
_PORT = '<port><offsetd3>{}</offsetd3></port>'
# Who is there answers a newcomer once, within a millisecond. Fast DDS says the first word in the
# thread that makes the participant, and has it read what comes only after that: the answer is lost
# in one of three starts, and the two meet with the next regular word of the other, due in 3 s. By
# these settings, which limit nothing, another thread says it (docs/ros.md).
_WORDS_APART = (
    '<throughputController><bytesPerPeriod>0</bytesPerPeriod><periodMillisecs>1</periodMillisecs>'
    '</throughputController>',
    '<flow_controller_descriptor_list><flow_controller_descriptor><name>txt2vid</name>'
    '</flow_controller_descriptor></flow_controller_descriptor_list>')
"""By generation, as PROFILES: the other's is an error that makes the whole file one."""
# Five in half a second are lost easily while a machine starts several processes; the next would
# come after three seconds.
_FIRST = ('<initialAnnouncements><count>25</count><period><nanosec>100000000</nanosec></period>'
          '</initialAnnouncements>')
_EAGER = f'<discovery_config>{_FIRST}</discovery_config>'
# The answer of a node to somebody else, such as a client of plain rclpy, is lost in the same way.
# On this machine alone the regular word comes more often, above all from those whose pictures are
# missing meanwhile. Each word is sent to 32 ports, and all of a graph take 1 to 2 % of a core
# (docs/ros.md).
_OFTEN, _OFTEN_WITH_PICTURES = 500, 300
"""Milliseconds."""


def _eager_here(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return (f'<discovery_config><leaseAnnouncement><sec>{seconds}</sec>'
            f'<nanosec>{rest * 1_000_000}</nanosec></leaseAnnouncement>{_FIRST}'
            '</discovery_config>')


# A server may be far away, over a thin link. By default a word goes each 3 s and counts for 20 s,
# and one each 0.45 s as long as no server answers. config/discovery_server.xml is as sparing.
_SELDOM = ('<discovery_config><leaseDuration><sec>60</sec></leaseDuration>'
           '<leaseAnnouncement><sec>10</sec></leaseAnnouncement>'
           '<clientAnnouncementPeriod><sec>2</sec></clientAnnouncementPeriod></discovery_config>')
_HERE = '<locator><udpv4><address>127.0.0.1</address></udpv4></locator>'
_MULTICAST = f'<locator><udpv4><address>{MULTICAST}</address></udpv4></locator>'
_PEERS = {
    # As ROS itself does: no multicast where a unicast address is given to listen on.
    True: f'<metatrafficUnicastLocatorList>{_ANY}</metatrafficUnicastLocatorList>'
          f'<initialPeersList>{_HERE}</initialPeersList>',
    # This machine too, which may have no network that carries multicast.
    False: f'<initialPeersList>{_HERE}{_MULTICAST}</initialPeersList>'}


def _own_port_offset(environment: MutableMapping[str, str]) -> int:
    """Return the distance to a port for user traffic that no process of this machine has had."""
    domain = environment.get('ROS_DOMAIN_ID', '')
    first = first_port(int(domain) if domain.isdecimal() else 0)
    if first >= OWN_PORTS.start:
        return 11
    port: int = random.choice(sorted({*OWN_PORTS} - ports_in_shared_memory()))
    return port - first
