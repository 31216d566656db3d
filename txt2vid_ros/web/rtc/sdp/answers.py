"""Writes SDP (RFC 8866, RFC 9429): answers, and the offer that a push makes."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import secrets

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import candidate_to_sdp, parameters_to_sdp
from txt2vid_ros.web.rtc.peer.transport import PeerTransport
from txt2vid_ros.web.rtc.sdp.offers import Offer, OfferedMedia
from txt2vid_ros.web.rtc.sender import TrackFormat

STREAM_NAME = 'txt2vid'
"""The media stream that picture and sound belong to: players keep those of one stream in step."""
_FEEDBACK = {'video': ('nack', 'nack pli', 'ccm fir'), 'audio': ()}
"""What a viewer may ask for (RFC 4585, RFC 5104)."""
OPUS_RECEIVED = {'minptime': 10, 'useinbandfec': 1, 'stereo': 0, 'usedtx': 0}
"""How a microphone is asked to send."""


@dataclasses.dataclass(frozen=True)
class _Section:
    offered: OfferedMedia
    direction: str
    parameters: str = ''
    feedback: tuple[str, ...] = ()
    track: TrackFormat | None = None
    """What is sent; None where nothing is."""


def answer(offer: Offer, transport: PeerTransport, tracks: dict[str, TrackFormat]) -> str:
    """Return the answer that sends `tracks` by kind, or receives where there are none."""
    sections = []
    for each in offer.media:
        if each.codec is None:
            sections.append(_Section(each, 'inactive'))
            continue
        feedback = tuple(f'{one.type} {one.parameter}' if one.parameter else one.type
                         for one in each.codec.rtcpFeedback)
        sections.append(_Section(
            each, 'sendonly' if tracks else 'recvonly', _parameters(each.codec, bool(tracks)),
            tuple(one for one in _FEEDBACK[each.kind] if one in feedback) if tracks else (),
            tracks.get(each.kind)))
    return _write(sections, transport, 'passive' if offer.remote.active else 'active',
                  bundled=offer.bundled)


def offer_to_send(media: Sequence[OfferedMedia], transport: PeerTransport,
                  tracks: dict[str, TrackFormat]) -> str:
    """Return the offer that sends `tracks`, of each of these sections the one of its kind."""
    return _write([_Section(each, 'sendonly', _parameters(each.codec, True),
                            _FEEDBACK[each.kind], tracks[each.kind])
                   for each in media if each.codec is not None], transport, 'actpass')


def _parameters(codec: RTCRtpCodecParameters, sending: bool) -> str:
    if codec.mimeType.lower() == 'video/h264':
        profile = codec.parameters.get('profile-level-id', '42000a')
        return f'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}'
    return parameters_to_sdp({'minptime': 10} if sending else {**OPUS_RECEIVED})


def _write(sections: Sequence[_Section], transport: PeerTransport, setup: str, *,
           bundled: bool = True) -> str:
    """Return a description whose sections share the transport; `setup` is its DTLS role."""
    lines = ['v=0', f'o=- {secrets.randbits(62)} 1 IN IP4 127.0.0.1', 's=txt2vid', 't=0 0']
    mids = [each.offered.mid for each in sections if each.offered.codec]
    if bundled:
        lines.append(f'a=group:BUNDLE {" ".join(mids)}')
    lines.append('a=msid-semantic: WMS *')
    for each in sections:
        lines += _section(each, transport, setup)
    return '\r\n'.join(lines) + '\r\n'


def _section(section: _Section, transport: PeerTransport, setup: str) -> list[str]:
    media, codec = section.offered, section.offered.codec
    mid = [f'a=mid:{media.mid}'] if media.mid else []
    if codec is None:
        return [f'm={media.kind} 0 {media.protocol} {" ".join(media.formats)}',
                'c=IN IP4 0.0.0.0', *mid, 'a=inactive']
    formats = [codec.payloadType] + ([media.rtx] if media.rtx is not None else [])
    lines = [f'm={media.kind} 9 {media.protocol} {" ".join(map(str, formats))}',
             'c=IN IP4 0.0.0.0', 'a=rtcp:9 IN IP4 0.0.0.0', *mid, f'a={section.direction}',
             'a=rtcp-mux', f'a=rtpmap:{codec.payloadType} {codec}']
    lines += [f'a=rtcp-fb:{codec.payloadType} {each}' for each in section.feedback]
    if section.parameters:
        lines.append(f'a=fmtp:{codec.payloadType} {section.parameters}')
    if media.rtx is not None:
        lines += [f'a=rtpmap:{media.rtx} rtx/{codec.clockRate}',
                  f'a=fmtp:{media.rtx} apt={codec.payloadType}']
    if section.track is not None:
        lines += _track(section.track, media.kind)
    ice = transport.local_ice
    lines += [f'a=candidate:{candidate_to_sdp(each)}' for each in transport.local_candidates]
    return [*lines, 'a=end-of-candidates', f'a=ice-ufrag:{ice.usernameFragment}',
            f'a=ice-pwd:{ice.password}',
            f'a=fingerprint:{transport.fingerprint.algorithm} {transport.fingerprint.value}',
            f'a=setup:{setup}']


def _track(track: TrackFormat, kind: str) -> list[str]:
    lines = [f'a=msid:{STREAM_NAME} {kind}']
    sources = [track.ssrc]
    if track.rtx_payload_type is not None:
        lines.append(f'a=ssrc-group:FID {track.ssrc} {track.rtx_ssrc}')
        sources.append(track.rtx_ssrc)
    return lines + [f'a=ssrc:{each} {attribute}' for each in sources
                    for attribute in (f'cname:{track.cname}', f'msid:{STREAM_NAME} {kind}')]
