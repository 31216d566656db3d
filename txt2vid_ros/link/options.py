"""What a user chooses of an end of the link."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.link import keys
from txt2vid_ros.link.config import LinkConfig, MAX_AGE, queue_for
from txt2vid_ros.link.sound.ladder import MODES, TEXT
from txt2vid_ros.link.transport import TRANSPORTS
from txt2vid_ros.link.transport.base import Transport
from txt2vid_ros.link.transport.kiss import MAX_PORT
from txt2vid_ros.link.transport.meshtastic_radio import MOST_CHANNEL

MTU = {'udp': 1200, 'tcp': 1200, 'serial': 128, 'kiss-tcp': 128, 'kiss-serial': 128}
"""Where `mtu` is 0; over other transports, as much as they carry."""


@dataclasses.dataclass(frozen=True)
class LinkOptions:
    """The options of an end of the link."""

    role: str = parameter('receiver', 'which end this is; both are peers where both speak',
                          choices=('sender', 'receiver', 'peer'))
    listen: bool = parameter(False, 'whether a peer waits at its address for the other one, which '
                             'has the same address and calls')
    mode: str = parameter(TEXT, 'how speech goes: as text, as sound (Opus, 6 to 16 kbit/s), or '
                          'auto: as sound where the path has borne it for 10 s',
                          choices=MODES, live=True)
    transport: str = parameter('udp', 'what carries it', choices=TRANSPORTS)
    address: str = parameter('127.0.0.1:5710', 'HOST:PORT of the end that waits, at both ends; '
                             'HOST:PORT of a TNC (kiss-tcp) or HOST of a radio (meshtastic); '
                             'or the device of a serial line')
    baud: int = parameter(0, 'speed of a serial line; 0 keeps the one it has', minimum=0,
                          maximum=4_000_000)
    kiss_port: int = parameter(0, 'radio port of a TNC behind KISS', minimum=0, maximum=MAX_PORT)
    callsign: str = parameter('', 'call sign of this station, such as DL1ABC-7, for the AX.25 '
                              'header that TNCs want; without, KISS frames have none')
    peer_callsign: str = parameter('', 'call sign of the other station')
    mesh_peer: str = parameter('', "id of the other end's node in a Meshtastic mesh, such as "
                               '!a1b2c3d4; empty to broadcast')
    mesh_channel: int = parameter(0, 'index of the channel in the Meshtastic radio', minimum=0,
                                  maximum=MOST_CHANNEL)
    key_file: str = parameter('', 'file of the key that both ends share (txt2vid link keygen); '
                              f'empty for the environment variable {keys.VARIABLE}')
    insecure: bool = parameter(False, 'whether to allow a link beyond this machine without a key')
    rate: float = parameter(0.0, 'limit of this end in bits per second on the wire, headers '
                            'included; 0 for none', minimum=0.0, maximum=1e9)
    duty_cycle: float = parameter(0.0, 'share of any hour that this end may be on the air, such '
                                  'as 0.01, with rate as bit rate on the air; 0 for no limit',
                                  minimum=0.0, maximum=1.0)
    mtu: int = parameter(0, 'bytes of the largest datagram; 0 for what suits the transport',
                         minimum=0, maximum=65_000)
    max_age: float = parameter(30.0, 'seconds after which an utterance that has not arrived is '
                               'dropped', minimum=1.0, maximum=float(MAX_AGE))
    tag_bytes: int = parameter(4, 'length of the authentication tag: 4, 6, 8, 10, 12, 14 or 16',
                               minimum=4, maximum=16)
    incremental: bool = parameter(False, 'whether to send partial text as well, where the rate '
                                  'leaves room')
    queue: int = parameter(0, 'utterances that may wait; 0 for as many as are said within '
                           'max_age, and at least 256', minimum=0, maximum=100_000)
    keepalive: float = parameter(25.0, 'seconds of silence after which a calling peer asks '
                                 'whether the other one is there; 0 for never', minimum=0.0,
                                 maximum=3600.0)
    take_text: bool = parameter(False, 'whether an end that speaks sends what comes on text as '
                                'well')
    send_delay: float = parameter(0.0, 'seconds for which what was recognized can be corrected '
                                  'before it is sent; 0 to send it at once', minimum=0.0,
                                  maximum=15.0, live=True)
    state_file: str = parameter('', 'where an end that hears remembers its progress; empty for '
                                'a file of its own below ~/.local/state, "off" for none')

    def config(self, transport: Transport) -> LinkConfig:
        """Return what the end needs of them, and of what carries it. Raises UserError."""
        if self.mtu > transport.largest:
            raise UserError(f'mtu: {self.transport} carries datagrams of at most '
                            f'{transport.largest} bytes, not {self.mtu}',
                            'Set it to less, or to 0 for what suits the transport')
        return LinkConfig(
            rate=self.rate, duty_cycle=self.duty_cycle,
            mtu=self.mtu or MTU.get(self.transport, transport.largest), max_age=self.max_age,
            tag_bytes=self.tag_bytes, header_bytes=transport.header_bytes,
            bits_per_byte=transport.bits_per_byte, incremental=self.incremental,
            queue=self.queue or queue_for(self.max_age), keepalive=self.keepalive)
