"""
Every parser of bytes from outside, for the tests and for tools/fuzz.py.

A target takes any bytes. It raises nothing but what its callers catch, which it catches here, and
asserts what they rely on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import contextlib
import dataclasses
import functools
from pathlib import Path
import struct
import tempfile

import cv2
import numpy as np
from txt2vid_ros.call.card import Card, CardHead, Face, FaceFormat, FaceOutline
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.face.containers import coded_size
from txt2vid_ros.call.face.taking import FacePolicy
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.call.transfer.card_receiver import CardReceiver
from txt2vid_ros.call.transfer.card_sender import CardSender
from txt2vid_ros.call.transfer.messages import (
    CardCancelled,
    CardOffer,
    CardPiece,
    CardRefused,
    CardTaken,
    CardWanted,
    MOST_CARD_BYTES,
    read_message,
    Refusal,
)
from txt2vid_ros.core.decoding.text_encoding import decode_text
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.people import NamedVoice, People
from txt2vid_ros.link import keys
from txt2vid_ros.media.bags.bag import summary
from txt2vid_ros.media.driving.files.animated_webp import animated_webp, durations
from txt2vid_ros.media.driving.files.exif import chunks, exif_orientation
from txt2vid_ros.media.driving.files.heif_items import heif_items
from txt2vid_ros.media.driving.files.picture_file import read_picture
from txt2vid_ros.media.output.fragments import begins_with_key_frame, boxes
from txt2vid_ros.media.output.mpegts import TransportStreamParser
from txt2vid_ros.providers.cloud.chat.events import EventReader
from txt2vid_ros.speaking.ssml import is_ssml, plain_text, pronounceable


@dataclasses.dataclass(frozen=True)
class FuzzTarget:
    """A parser, and inputs that are well formed, from which others are made."""

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...] = (b'',)


@functools.cache
def folder() -> Path:
    """Return a folder for the files of this process, which is removed at its end."""
    kept = tempfile.TemporaryDirectory(prefix='txt2vid_fuzz_')
    folder.kept = kept      # type: ignore[attr-defined]
    return Path(kept.name)


def file_of(data: bytes, name: str) -> Path:
    file = folder() / name
    file.write_bytes(data)
    return file


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack('>I', 8 + len(body)) + name + body


def people(data: bytes) -> None:
    with contextlib.suppress(UserError):
        for person in People.load(str(file_of(data, 'people.yaml'))):
            assert isinstance(person.voice, str)


def bag(data: bytes) -> None:
    name = folder() / 'bag'
    name.mkdir(exist_ok=True)
    (name / 'metadata.yaml').write_bytes(data)
    (name / 'a.db3').write_bytes(data)
    with contextlib.suppress(UserError):
        summary(name)


def link_key(data: bytes) -> None:
    with contextlib.suppress(UserError):
        file = file_of(data, 'link.key')
        file.chmod(0o600)
        assert len(keys.read(file)) >= 16


def text(data: bytes) -> None:
    with contextlib.suppress(UserError):
        decode_text(data, 'text').text.encode()


def ssml(data: bytes) -> None:
    written = data.decode('utf-8', 'replace')
    is_ssml(written)
    plain_text(written)
    pronounceable(written)


def heif(data: bytes) -> None:
    with contextlib.suppress(ValueError, KeyError, IndexError, struct.error):
        _, items = heif_items(data)
        assert sum(len(item.data) for item in items.values()) <= 2 * len(data)


def mp4(data: bytes) -> None:
    assert all(end <= len(data) for _, _, end in boxes(data))
    with contextlib.suppress(struct.error):
        begins_with_key_frame(data)


def picture(data: bytes) -> None:
    exif_orientation(data)
    assert sum(len(body) for _, body in chunks(data)) <= len(data)
    with contextlib.suppress(UserError):
        frame = read_picture(file_of(data, 'a.png'), (0, 0, 0))
        assert frame is None or (frame.dtype == np.uint8 and frame.ndim == 3)


def webp(data: bytes) -> None:
    file = file_of(data, 'a.webp')
    seconds = durations(file)
    assert all(each > 0 for each in seconds)
    for frame, _ in animated_webp(file, (0, 0, 0)):
        assert frame.dtype == np.uint8


def mpegts(data: bytes) -> None:
    parser = TransportStreamParser()
    with contextlib.suppress(ValueError):
        out = b''.join(chunk.data for chunk in parser.feed(data))
        assert len(out) <= len(data)


def chat_events(data: bytes) -> None:
    reader = EventReader('a service')
    with contextlib.suppress(ProviderError):
        for each in (*reader.feed(data), *reader.end()):
            each.encode()


def card(data: bytes) -> None:
    with contextlib.suppress(CardError):
        assert Card.unpack(data).pack() == data


def card_head(data: bytes) -> None:
    with contextlib.suppress(CardError):
        head = CardHead.unpack(data)
        assert head.pack() == data
        assert head.name.isprintable()


def card_message(data: bytes) -> None:
    with contextlib.suppress(CardError):
        message = read_message(data)
        assert read_message(message.pack()) == message


def card_face(data: bytes) -> None:
    for coding in (FaceFormat.JPEG, FaceFormat.AV1):
        with contextlib.suppress(CardError):
            size = coded_size(data, coding)
            assert size.frames > 0 or coding == FaceFormat.AV1
            assert size.frames <= len(data)


def card_transfer(data: bytes) -> None:
    """Give both ends of a transfer the messages in `data`, each after its length."""
    policy = FacePolicy(face_bytes=1000)
    sender, receiver = CardSender(CARD, FaceConsent()), CardReceiver(policy, lambda _: False)
    now = 0.0
    while data:
        message, data = data[1:1 + data[0]], data[1 + data[0]:]
        for end in (sender, receiver):
            with contextlib.suppress(CardError):
                end.take(message)
        now += 1.0
        for answer in (sender.poll(now, 100), receiver.poll(100)):
            assert answer is None or 0 < len(answer) <= 100
        arrived, size = receiver.progress
        assert arrived <= size <= MOST_CARD_BYTES
        assert receiver.card is None or receiver.card.pack()


SDP = (b'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n'
       b'm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\n'
       b'a=rtcp-mux\r\na=rtpmap:96 H264/90000\r\n'
       b'a=fmtp:96 packetization-mode=1;profile-level-id=42c01e\r\na=rtpmap:97 rtx/90000\r\n'
       b'a=fmtp:97 apt=96\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdabcdabcdabcdabcdabcd\r\n'
       b'a=setup:actpass\r\na=fingerprint:sha-256 ' + b':'.join([b'AA'] * 32) + b'\r\n'
       b'a=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host\r\n')


def sdp(data: bytes) -> None:
    from txt2vid_ros.web.rtc.errors import OfferError
    from txt2vid_ros.web.rtc.sdp import offers
    written = data.decode('utf-8', 'replace')
    choices: dict[str, offers.Choice] = {'video': offers.h264(''), 'audio': offers.opus}
    for read in (lambda: offers.read_offer(written, ('recvonly', 'sendrecv'), choices),
                 lambda: offers.read_answer(written, ['video']),
                 lambda: offers.read_fragment(written)):
        with contextlib.suppress(OfferError):
            read()


def opus(data: bytes) -> None:
    from txt2vid_ros.media.speech_coding.opus import OpusDecoder
    decoder = OpusDecoder()
    for at in range(0, len(data), 50):
        samples = decoder.decode(data[at:at + 50])
        assert np.isfinite(samples).all() and len(samples) <= SPEECH_RATE


class _Conversation:
    """Takes what pages ask for."""

    def say(self, text: str, speaker: str) -> str:
        (text + speaker).encode()
        assert '\0' not in text + speaker
        return ''

    def interrupt(self, answer: Callable[[str], None]) -> None:
        answer('')

    def measured(self, figures: dict[str, float]) -> None:
        assert all(isinstance(value, float) for value in figures.values())

    def now(self) -> int:
        return 0


class _Call:
    there = True
    own_face_folder = Path()

    def share_face(self, file: Path | None) -> None:
        raise AssertionError('no message shares a face')

    def edit(self, speaker: str, start: int, action: str, text: str) -> None:
        assert start >= 0 and (speaker + text).encode() and action

    def hang_up(self) -> None:
        return


def websocket(data: bytes) -> None:
    from txt2vid_ros.web.server.access.connections import ConnectionGuard
    from txt2vid_ros.web.server.call.requests import call_actions
    from txt2vid_ros.web.server.events.event_door import EventDoor
    from txt2vid_ros.web.server.events.hub import EventHub
    from txt2vid_ros.web.server.figures.counters import ErrorCounters
    told: list[str] = []

    class Queue:
        def put(self, event: str) -> None:
            event.encode()
            told.append(event)

    async def take() -> None:
        door = EventDoor(EventHub(), _Conversation(), ErrorCounters(),
                         ConnectionGuard.__new__(ConnectionGuard), 1, call_actions(_Call()))
        door._take(data.decode('utf-8', 'surrogatepass' if data.isascii() else 'replace'),
                   Queue())     # type: ignore[arg-type]

    asyncio.run(take())


def headers(data: bytes) -> None:
    from txt2vid_ros.web.server.access.origins import host_name, HostPolicy, OriginPolicy
    written = data.decode('latin-1')
    name = host_name(written)
    assert '@' not in name
    HostPolicy('127.0.0.1', '127.0.0.1', ()).allows(written, '127.0.0.1')
    assert not OriginPolicy((), False).allows(f'http://{written}/x', 'a.example')


def pictures_of_a_stream(data: bytes) -> None:
    from txt2vid_ros.web.rtc.transport_stream import PictureParser
    for each in PictureParser().feed(data):
        assert 0 <= each.pts < 1 << 33


def jpeg() -> bytes:
    return cv2.imencode('.jpg', np.full((16, 16, 3), 90, np.uint8))[1].tobytes()


def png() -> bytes:
    return cv2.imencode('.png', np.full((16, 16, 4), 90, np.uint8))[1].tobytes()


def animation() -> bytes:
    lossless = struct.pack('<BI', 0x2f, 15 | 15 << 14) + bytes(24)
    still = b'VP8L' + struct.pack('<I', len(lossless)) + lossless + b'\0'
    frame = bytes(6) + b'\x0f\0\0' * 2 + b'\x28\0\0\0' + still
    parts = (b'VP8X' + struct.pack('<I', 10) + b'\x02\0\0\0' + b'\x0f\0\0' * 2 + b'ANIM'
             + struct.pack('<I', 6) + bytes(6) + b'ANMF' + struct.pack('<I', len(frame)) + frame)
    return b'RIFF' + struct.pack('<I', 4 + len(parts)) + b'WEBP' + parts


HEIF = box(b'ftyp', b'heic\0\0\0\0') + box(b'meta', bytes(4) + (
    box(b'pitm', bytes(4) + b'\0\1')
    + box(b'iinf', struct.pack('>IH', 0, 1) + box(b'infe', b'\2\0\0\0\0\1\0\0hvc1'))
    + box(b'iprp', box(b'ipco', box(b'ispe', bytes(12))) + box(
        b'ipma', bytes(4) + struct.pack('>IHBB', 1, 1, 1, 1)))
    + box(b'iloc', b'\0\0\0\0\x44\0' + struct.pack('>HHHHII', 1, 1, 0, 1, 0, 20))))
MOOF = box(b'moof', box(b'traf', box(b'tfhd', bytes([0, 0, 0, 0x20]) + struct.pack('>II', 1, 0))
                        + box(b'trun', bytes([0, 0, 0, 5]) + bytes(12))))
FACE = Face(FaceOutline(FaceFormat.JPEG, 16, 16, 1, 1, len(jpeg())), jpeg())
CARD = Card.of('Anna', 'en-GB', (NamedVoice('hibari', 'heart'), NamedVoice('google', '')), FACE)
IVF = struct.pack('<4sHH4sHHIIII', b'DKIF', 0, 32, b'AV01', 16, 16, 1, 1, 1, 0) + 2 * (
    struct.pack('<IQ', 4, 0) + b'\x12\0\x0a\x0b')
OFFER = CardOffer(CARD.digest, 1, len(CARD.pack()), CARD.head.pack())
CARD_MESSAGES = tuple(each.pack() for each in (
    OFFER, CardPiece(OFFER.tag, 40, b'some bytes'), CardWanted(OFFER.tag, 1, ((0, 40), (50, 90))),
    CardTaken(OFFER.tag), CardRefused(OFFER.tag, Refusal.TOO_LONG, 10), CardCancelled(OFFER.tag),
    CardPiece(OFFER.tag, 0, CARD.pack()[:200]), CardPiece(OFFER.tag, 200, CARD.pack()[200:400])))
PEOPLE = (b'default: {voice: heart}\nanna:\n  tts: [kokoro, hibari]\n  speed: 1.2\n'
          b'  voices: {es: "kokoro:ef_dora"}\n  options: {google: {pitch: 2}}\n')
BAG = (b'rosbag2_bagfile_information:\n  version: 5\n  storage_identifier: sqlite3\n'
       b'  relative_file_paths: [a.db3]\n  duration: {nanoseconds: 1}\n'
       b'  starting_time: {nanoseconds_since_epoch: 1}\n  message_count: 0\n'
       b'  topics_with_message_count: []\n  compression_format: ""\n  compression_mode: ""\n'
       b'  files: []\n')
OPUS = bytes([0x18]) + bytes(range(49)) + bytes([0x9B, 0x83]) + bytes(48)
PACKETS = b''.join(bytes([0x47, 0x41, 0x00, 0x10]) + b'\0\0\1\xe0\0\0\x80\x80\5!\0\1\0\1'
                   + bytes(170) for _ in range(3))

TARGETS = {
    'bag': FuzzTarget(bag, (BAG,)),
    'card': FuzzTarget(card, (CARD.pack(), CARD.without_face().pack())),
    'card_face': FuzzTarget(card_face, (jpeg(), IVF)),
    'card_head': FuzzTarget(card_head, (CARD.head.pack(), CARD.without_face().pack())),
    'card_message': FuzzTarget(card_message, CARD_MESSAGES),
    'card_transfer': FuzzTarget(card_transfer, (b''.join(
        bytes([len(each)]) + each for each in CARD_MESSAGES),)),
    'chat_events': FuzzTarget(chat_events, (b'data: {"a": 1}\n\n: x\r\ndata: [DONE]\r\n\r\n',)),
    'headers': FuzzTarget(headers, (b'127.0.0.1:8080', b'[::1]:80', b'robot.local')),
    'heif': FuzzTarget(heif, (HEIF,)),
    'link_key': FuzzTarget(link_key, (b'a' * 43 + b'=\n', b'0' * 64)),
    'mp4': FuzzTarget(mp4, (MOOF + box(b'mdat', bytes(8)),)),
    'mpegts': FuzzTarget(mpegts, (PACKETS,)),
    'opus': FuzzTarget(opus, (OPUS,)),
    'people': FuzzTarget(people, (PEOPLE, b'a: &x {voice: b}\nc: *x\nd: {<<: *x}\n')),
    'picture': FuzzTarget(picture, (jpeg(), png())),
    'pictures_of_a_stream': FuzzTarget(pictures_of_a_stream, (PACKETS,)),
    'sdp': FuzzTarget(sdp, (SDP,)),
    'ssml': FuzzTarget(ssml, (b'<speak>a <sub alias="b">c</sub><break time="1s"/>&amp;</speak>',)),
    'text': FuzzTarget(text, ('Übung, "ja"\n'.encode(), 'Übung'.encode('utf-16'))),
    'webp': FuzzTarget(webp, (animation(),)),
    'websocket': FuzzTarget(websocket, (
        b'{"type": "say", "text": "a", "speaker": "b"}', b'{"type": "ping", "sent": 1e3}',
        b'{"type": "measured", "av_offset_ms": 3}', b'{"type": "interrupt"}')),
}
"""By name; the datagrams of the link have their own, in test/link."""
