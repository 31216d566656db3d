"""Reads SDP offers (RFC 8866, RFC 9429): what is asked for, and in which format it is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import re

from aiortc.rtcdtlstransport import X509_DIGEST_ALGORITHMS
from aiortc.rtcicetransport import RTCIceCandidate
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import (
    candidate_from_sdp,
    grouplines,
    H264Profile,
    MediaDescription,
    parse_h264_profile_level_id,
    SessionDescription,
)
from txt2vid_ros.web.rtc.errors import OfferError
from txt2vid_ros.web.rtc.peer.transport import RemoteEnd

LARGEST_OFFER = 64_000
"""Characters."""
MOST_MEDIA = 16
_TOKEN = re.compile(r"[\w!#$%&'*+.^`{|}~-]{1,64}", re.ASCII)
_CREDENTIAL = re.compile(r'[A-Za-z0-9+/=_-]{4,256}')
DEFAULT_PROFILE = '42c01e'
"""Constrained baseline, before the stream has told its own."""
_CAN_DECODE = {
    H264Profile.PROFILE_CONSTRAINED_BASELINE: tuple(H264Profile),
    H264Profile.PROFILE_BASELINE: (H264Profile.PROFILE_BASELINE,),
    H264Profile.PROFILE_MAIN: (H264Profile.PROFILE_MAIN, H264Profile.PROFILE_HIGH),
    H264Profile.PROFILE_CONSTRAINED_HIGH: (H264Profile.PROFILE_CONSTRAINED_HIGH,
                                           H264Profile.PROFILE_HIGH),
    # x264 makes no interlaced picture, and the stream has no B frames.
    H264Profile.PROFILE_HIGH: (H264Profile.PROFILE_HIGH, H264Profile.PROFILE_CONSTRAINED_HIGH),
}
"""For the profile of a stream, the profiles whose decoders can play it, best first."""


@dataclasses.dataclass(frozen=True)
class OfferedMedia:
    """One section of an offer, and what of it is taken."""

    kind: str
    protocol: str
    formats: tuple[str, ...]
    mid: str
    direction: str
    codec: RTCRtpCodecParameters | None = None
    """The format that is taken; None where the section is refused."""
    payload_type: int = 0
    rtx: int | None = None
    """The payload type of its retransmissions."""


@dataclasses.dataclass(frozen=True)
class Offer:
    """What a peer offers."""

    media: tuple[OfferedMedia, ...]
    remote: RemoteEnd
    bundled: bool

    def taken(self, kind: str) -> OfferedMedia | None:
        """Return the section of a kind that is taken."""
        return next((each for each in self.media if each.kind == kind and each.codec), None)


Choice = Callable[[MediaDescription], RTCRtpCodecParameters | None]


def read_offer(text: str, directions: Sequence[str], choices: dict[str, Choice]) -> Offer:
    """
    Read an offer and take the first section of each kind that `choices` has a codec for.

    `directions` are those that a section may have. Raises OfferError.
    """
    if len(text) > LARGEST_OFFER:
        raise OfferError(400, f'The offer has more than {LARGEST_OFFER} characters.')
    description, bundle_only = _parsed(text)
    group = next((list(map(str, each.items)) for each in description.group
                  if each.semantic == 'BUNDLE'), None)
    taken: set[str] = set()
    sections = []
    for place, each in enumerate(description.media):
        section = _section(each)
        wanted = (each.kind in choices and each.kind not in taken
                  and (each.port != 0 or place in bundle_only)
                  and section.direction in directions and each.profile.endswith('RTP/SAVPF')
                  and (section.mid in group if group is not None else not taken))
        codec = choices[each.kind](each) if wanted else None
        if codec is not None:
            taken.add(each.kind)
            section = dataclasses.replace(
                section, codec=codec, payload_type=codec.payloadType or 0,
                rtx=_rtx(each, codec))
        sections.append(section)
    _complain(sections, directions, choices)
    return Offer(tuple(sections), _remote_end(description), group is not None)


def opus(media: MediaDescription) -> RTCRtpCodecParameters | None:
    """Return the Opus format of a section (RFC 7587)."""
    return next((each for each in media.rtp.codecs
                 if each.mimeType.lower() == 'audio/opus' and each.clockRate == 48_000), None)


def h264(profile: str) -> Choice:
    """Return a choice of the H.264 format that plays a stream of this profile-level-id."""
    def chosen(media: MediaDescription) -> RTCRtpCodecParameters | None:
        own = _profile(profile or DEFAULT_PROFILE)
        decoders = _CAN_DECODE.get(own, ()) if own is not None else ()
        offered = [(_profile(str(each.parameters.get('profile-level-id', '42000a'))), each)
                   for each in media.rtp.codecs
                   if each.mimeType.lower() == 'video/h264' and each.clockRate == 90_000
                   and str(each.parameters.get('packetization-mode', '0')) == '1']
        return next((each for wanted in decoders for found, each in offered if found == wanted),
                    None)
    return chosen


def _profile(text: str) -> H264Profile | None:
    try:
        return parse_h264_profile_level_id(text)[0]
    except ValueError:
        return None


def _parsed(text: str) -> tuple[SessionDescription, set[int]]:
    """Return the description, and which sections have no transport of their own (RFC 9143)."""
    if not text.startswith('v=0'):
        raise OfferError(400, 'It is no SDP: it does not begin with v=0.')
    try:
        description = SessionDescription.parse(text)
    except (ValueError, AssertionError, IndexError, KeyError, TypeError, AttributeError,
            StopIteration, OverflowError) as error:
        raise OfferError(400, 'It is no valid SDP.') from error
    if not 0 < len(description.media) <= MOST_MEDIA:
        raise OfferError(400, f'It has to have 1 to {MOST_MEDIA} media sections.')
    sections = grouplines(text)[1]
    return description, {place for place, lines in enumerate(sections)
                         if any(line.strip() == 'a=bundle-only' for line in lines)}


def _section(media: MediaDescription) -> OfferedMedia:
    mid = media.rtp.muxId
    formats = tuple(map(str, media.fmt))
    if mid and not _TOKEN.fullmatch(mid):
        raise OfferError(400, 'The offer has a media id that is no token.')
    if not all(map(_TOKEN.fullmatch, (media.kind, *formats))):
        raise OfferError(400, 'The offer has a media format that is no token.')
    return OfferedMedia(media.kind, media.profile, formats, mid or '',
                        media.direction or 'sendrecv')


def _rtx(media: MediaDescription, codec: RTCRtpCodecParameters) -> int | None:
    return next((each.payloadType for each in media.rtp.codecs
                 if each.mimeType.lower().endswith('/rtx')
                 and each.parameters.get('apt') == codec.payloadType), None)


def _complain(sections: Sequence[OfferedMedia], directions: Sequence[str],
              choices: dict[str, Choice]) -> None:
    """Raise OfferError where nothing is taken, or not what the offer asks for."""
    names = {'video': 'H.264 with packetization-mode 1 and a profile that plays this stream',
             'audio': 'Opus'}
    for kind in choices:
        asked = [each for each in sections if each.kind == kind and each.direction in directions]
        if asked and not any(each.codec for each in asked):
            raise OfferError(406, f'The offer has no {kind} that can be taken: {names[kind]}, '
                                  'over UDP/TLS/RTP/SAVPF, in one bundle.')
    if not any(each.codec for each in sections):
        raise OfferError(422, f'The offer has no {" or ".join(choices)} that is '
                              f'{" or ".join(directions)}.')


def _remote_end(description: SessionDescription) -> RemoteEnd:
    media = next((each for each in description.media
                  if each.ice and each.ice.usernameFragment and each.ice.password), None)
    if media is None or media.ice is None:
        raise OfferError(400, 'It has no ICE user name and password.')
    for value in (media.ice.usernameFragment, media.ice.password):
        if not _CREDENTIAL.fullmatch(value or ''):
            raise OfferError(400, 'It has an ICE user name or password that is none.')
    dtls = media.dtls
    fingerprints = tuple(each for each in dtls.fingerprints
                         if each.algorithm.lower() in X509_DIGEST_ALGORITHMS) if dtls else ()
    if dtls is None or not fingerprints:
        raise OfferError(400, 'It has no DTLS role and SHA-256 fingerprint.')
    return RemoteEnd(media.ice, fingerprints, dtls.role == 'client',
                     tuple(media.ice_candidates))


def read_answer(text: str, kinds: Sequence[str]) -> tuple[RemoteEnd, list[str]]:
    """
    Read the answer to an offer that had these kinds of media, in this order.

    Returns the other end, and which kinds it takes. Raises OfferError.
    """
    description, _ = _parsed(text)
    if len(description.media) != len(kinds):
        raise OfferError(400, 'The answer has other media sections than the offer.')
    taken = [kind for kind, each in zip(kinds, description.media, strict=True)
             if each.port != 0 and (each.direction or 'sendrecv') in ('recvonly', 'sendrecv')]
    if not taken:
        raise OfferError(406, 'the server takes neither picture nor sound')
    return _remote_end(description), taken


def read_fragment(text: str) -> tuple[str | None, list[RTCIceCandidate]]:
    """
    Return the ICE user name and the candidates of a trickle-ice-sdpfrag (RFC 8840).

    Raises OfferError.
    """
    name, candidates = None, []
    try:
        for line in text[:LARGEST_OFFER].splitlines():
            if line.startswith('a=ice-ufrag:'):
                name = line.partition(':')[2]
            elif line.startswith('a=candidate:'):
                candidates.append(candidate_from_sdp(line.partition(':')[2]))
    except (ValueError, AssertionError, IndexError) as error:
        raise OfferError(400, 'The fragment has a candidate that is none.') from error
    return name, candidates
