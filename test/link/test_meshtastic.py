"""Over Meshtastic: routes, a radio that waits, fails or vanishes; the package is a fake."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import importlib
import inspect
from pathlib import Path
import sys
import threading
from types import ModuleType
from typing import Any

from link_running import EventLog, receiver, say, sender
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.options import LinkOptions
from txt2vid_ros.link.transport import open_transport, Transport, TransportOptions

FAKE = Path(__file__).with_name('fake_meshtastic')
TEXTS = ['This is sentence number one.', 'And here comes another.', 'That is all.']
NEAR, FAR = '10.0.0.1:4403', '10.0.0.2:4403'
NEAR_NODE, FAR_NODE, OTHER_NODE = 0x0000A001, 0xDEADBEEF, 0x0000A003
CALLED = (('meshtastic.serial_interface', 'SerialInterface.__init__'),
          ('meshtastic.tcp_interface', 'TCPInterface.__init__'),
          ('meshtastic.mesh_interface', 'MeshInterface.sendData'),
          ('meshtastic.mesh_interface', 'MeshInterface.sendHeartbeat'),
          ('meshtastic.mesh_interface', 'MeshInterface.close'),
          ('meshtastic.mesh_interface', 'MeshInterface.MeshInterfaceError.__init__'),
          ('pubsub.pub', 'subscribe'), ('pubsub.pub', 'unsubscribe'),
          ('pubsub.pub', 'sendMessage'))


@contextlib.contextmanager
def without_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what was imported of the package, real or fake, before and after."""
    def forget() -> None:
        for name in list(sys.modules):
            if name.partition('.')[0] in ('meshtastic', 'pubsub'):
                monkeypatch.delitem(sys.modules, name)

    forget()
    yield
    forget()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    with without_package(monkeypatch):
        monkeypatch.syspath_prepend(str(FAKE))
        module = importlib.import_module('meshtastic')
        yield module
        module.air.close()


@pytest.fixture
def air(package: ModuleType) -> Any:
    air = package.air
    air.radios.update({NEAR: package.Radio(NEAR_NODE), FAR: package.Radio(FAR_NODE)})
    return air


def ends(near: TransportOptions | None = None,
         far: TransportOptions | None = None) -> tuple[Transport, Transport]:
    return (open_transport('meshtastic', 'sender', NEAR.partition(':')[0], near),
            open_transport('meshtastic', 'receiver', FAR, far))


def config(transport: Transport) -> LinkConfig:
    return LinkConfig(rate=9600, mtu=transport.largest, header_bytes=transport.header_bytes,
                      max_age=3600)


@pytest.mark.parametrize(('near', 'far', 'header', 'largest'), [
    (TransportOptions(mesh_channel=2), TransportOptions(mesh_channel=2), 24, 231),
    (TransportOptions(mesh_peer='!deadbeef'), TransportOptions(mesh_peer='0000A001'), 36, 219)])
def test_speech_over_a_mesh(air: Any, near: TransportOptions, far: TransportOptions, header: int,
                            largest: int) -> None:
    one, other = ends(near, far)
    assert (one.header_bytes, one.largest, one.loopback) == (header, largest, False)
    with receiver(other, config(other)) as (end, heard), sender(one, config(one)) as (runner, _):
        for text in TEXTS:
            say(runner, text)
            stranger = {'from': OTHER_NODE, 'to': FAR_NODE, 'channel': 1, 'decoded': {
                'portnum': 'PRIVATE_APP', 'payload': b'of another conversation'}}
            air.hand_over(air.radios[FAR], stranger)
        heard.wait_for_texts(TEXTS)
        assert end.end.counters.rejected == 0
        assert (one.problem, other.problem) == ('', '')
    assert {packet['wantAck'] for packet in air.packets} == {False}
    # Of the radio's list of nodes, which may take a minute, nothing is needed.
    assert all(options['noNodes'] and options['timeout'] < 60 for _, options in air.opened)


def test_a_radio_that_goes_away_is_said_and_connected_again(air: Any) -> None:
    one, other = ends()
    log = EventLog()
    with receiver(other, config(other)) as (_, heard), sender(one, config(one)) as (runner, _):
        say(runner, TEXTS[0])
        heard.wait_for_texts(TEXTS[:1])
        lost = air.radios[NEAR].interface
        air.unplug(NEAR)
        log.wait_until(lambda: 'No such file or directory' in one.problem)
        assert one.problem.startswith('the radio at 10.0.0.1 is not connected')
        assert lost.closed
        say(runner, TEXTS[1])
        air.radios[NEAR].plugged = True
        heard.wait_for_texts(TEXTS[:2])
        assert one.problem == ''


def test_a_radio_that_is_gone_without_a_word_is_noticed(air: Any) -> None:
    one, other = ends()
    with contextlib.closing(one), contextlib.closing(other):
        EventLog().wait_until(lambda: air.radios[NEAR].interface is not None and not one.problem)
        gone = air.radios[NEAR].interface
        gone.isConnected.clear()
        EventLog().wait_until(lambda: air.radios[NEAR].interface not in (None, gone))


def test_a_radio_that_takes_nothing_blocks_nobody_and_little_waits(air: Any) -> None:
    stuck = air.radios[NEAR].stuck = threading.Event()
    one, other = ends()
    with contextlib.closing(one), contextlib.closing(other):
        EventLog().wait_until(lambda: not one.problem)
        for number in range(100):
            one.send(b'datagram %d' % number)
        assert one.receive() == [] and air.packets == []
        stuck.set()
        EventLog().wait_until(lambda: len(air.packets) >= 8)
        one.send(b'the last')
        EventLog().wait_until(lambda: air.packets[-1]['decoded']['payload'] == b'the last')
        assert len(air.packets) <= 10
        assert air.packets[0]['decoded']['payload'] == b'datagram 0'


def test_a_full_radio_is_asked_for_room(air: Any) -> None:
    radio = air.radios[NEAR]
    radio.room, radio.room_when_asked = 1, 3
    one, other = ends()
    with contextlib.closing(one), contextlib.closing(other):
        EventLog().wait_until(lambda: not one.problem)
        for number in range(3):
            one.send(bytes([number + 1]))
        EventLog().wait_until(lambda: len(air.packets) == 3)


def test_before_there_is_a_radio_only_the_newest_is_kept(air: Any) -> None:
    air.radios[NEAR].plugged = False
    one, other = ends()
    with contextlib.closing(one), contextlib.closing(other):
        for number in range(20):
            one.send(bytes([number + 1]))
        air.radios[NEAR].plugged = True
        EventLog().wait_until(lambda: air.packets != [])
        one.send(b'next')
        EventLog().wait_until(lambda: len(air.packets) == 2)
        assert air.packets[0]['decoded']['payload'] == bytes([20])


def test_floods_and_broken_packets_fill_no_memory(air: Any) -> None:
    one, other = ends()
    with contextlib.closing(one), contextlib.closing(other):
        EventLog().wait_until(lambda: not other.problem)
        radio = air.radios[FAR]
        packet = {'from': NEAR_NODE, 'to': 0xFFFFFFFF, 'decoded': {'portnum': 'PRIVATE_APP'}}
        air.hand_over(radio, packet)
        for number in range(1000):
            packet['decoded'] = {'portnum': 'PRIVATE_APP', 'payload': bytes([number % 255 + 1])}
            air.hand_over(radio, packet)
        done = threading.Event()
        air._work.put(done.set)
        assert done.wait(30)
        taken = [len(other.receive()) for _ in range(4)]
        assert taken == [128, 128, 0, 0]


def test_what_no_packet_holds_is_not_sent(air: Any) -> None:
    one, other = ends()
    with contextlib.closing(one), contextlib.closing(other):
        one.send(bytes(one.largest + 1))
        one.send(bytes(one.largest))
        EventLog().wait_until(lambda: air.packets != [])
        assert [len(packet['decoded']['payload']) for packet in air.packets] == [one.largest]


@pytest.mark.usefixtures('air')
def test_what_is_sent_at_once_is_what_a_packet_holds() -> None:
    one, other = ends(TransportOptions(mesh_peer='!deadbeef'))
    with contextlib.closing(one), contextlib.closing(other):
        assert LinkOptions(transport='meshtastic').config(one).mtu == 219
        assert LinkOptions(transport='meshtastic').config(other).mtu == 231
        with pytest.raises(UserError, match='mtu: meshtastic carries datagrams of at most 219'):
            LinkOptions(transport='meshtastic', mtu=233).config(one)


def test_closing_leaves_the_radio_and_hears_no_more(air: Any) -> None:
    one, other = ends()
    EventLog().wait_until(lambda: not one.problem and not other.problem)
    interfaces = [air.radios[each].interface for each in (NEAR, FAR)]
    for end in (one, other):
        end.close()
        end.close()
    assert all(each.closed for each in interfaces)
    assert not any(sys.modules['pubsub.pub']._listeners.values())
    assert 'meshtastic' not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize(('address', 'peer', 'says'), [
    (NEAR, '!a1b2', "mesh_peer: '!a1b2' is no id of a node"),
    (NEAR, 'anna', 'mesh_peer'),
    ('/dev/txt2vid-no-such-radio', '', 'there is no device /dev/txt2vid-no-such-radio'),
    ('radio:port', '', "address: 'radio:port' is not HOST:PORT")])
@pytest.mark.usefixtures('package')
def test_what_leads_nowhere_is_named(address: str, peer: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        open_transport('meshtastic', 'sender', address, TransportOptions(mesh_peer=peer))


def test_a_device_is_a_serial_line(package: ModuleType, tmp_path: Path) -> None:
    device = tmp_path / 'ttyUSB0'
    device.touch()
    package.air.radios[str(device)] = package.Radio(NEAR_NODE)
    with contextlib.closing(open_transport('meshtastic', 'sender', str(device))) as one:
        EventLog().wait_until(lambda: not one.problem)
    assert package.air.opened == [(str(device), {'noNodes': True, 'timeout': 30})]


def test_without_the_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with without_package(monkeypatch):
        monkeypatch.setitem(sys.modules, 'meshtastic', None)
        with pytest.raises(UserError, match='not installed') as raised:
            open_transport('meshtastic', 'sender', NEAR)
        assert 'txt2vid_ros[meshtastic]' in str(raised.value.remedy)


def signatures() -> dict[str, list[str]]:
    """Return the parameters of all that is called, by where it is."""
    found = {}
    for module, path in CALLED:
        value: Any = importlib.import_module(module)
        for name in path.split('.'):
            value = getattr(value, name)
        found[f'{module}.{path}'] = [name for name in inspect.signature(value).parameters
                                     if name != 'self']
    return found


def test_the_fake_has_the_signatures_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    with without_package(monkeypatch):
        real = pytest.importorskip('meshtastic')
        expected = signatures()
        assert real.BROADCAST_NUM == 0xFFFFFFFF
        ports = importlib.import_module('meshtastic.protobuf.portnums_pb2')
        assert ports.PortNum.Name(256) == 'PRIVATE_APP'
    with without_package(monkeypatch):
        monkeypatch.syspath_prepend(str(FAKE))
        faked = signatures()
        importlib.import_module('meshtastic').air.close()
    assert faked == expected
