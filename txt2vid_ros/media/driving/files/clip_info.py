"""What a video file says of itself, as far as decoding its pictures needs it."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from fractions import Fraction
from pathlib import Path
import re
from typing import Any

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.orientation import Orientation
from txt2vid_ros.media.ffmpeg import (
    has,
    MOST_CLIP_PIXELS,
    probe,
    RefusedMediaError,
    UnreadableMediaError,
)

MAX_RATE = 60
"""Frames a second of the fastest clip; of a faster one some are left out."""
USUAL_RATE = 25
CONVERT = 'Convert it to JPEG, PNG or MP4.'

_WITH_ALPHA = re.compile(r'yuva|gbrap|rgba|bgra|argb|abgr|ya8|ya16|pal8')
_DEMUXERS = {b'GIF8': 'gif', b'\x89PNG': 'apng'}
_ALPHA_DECODERS = {'vp8': 'libvpx', 'vp9': 'libvpx-vp9'}
# Their decoders mark every frame that is interlaced; of other codecs only the container knows.
_MARK_FRAMES = ('h264', 'hevc', 'mpeg2video', 'mpeg4', 'vc1', 'dvvideo', 'prores')


@dataclasses.dataclass(frozen=True)
class ClipInfo:
    """
    One video stream.

    `stored`: width and height of its pictures as coded. `pixel`: width of a pixel over its height.
    `rate`: frames a second. `start`: seconds from the beginning of the file to its first picture.
    `seconds`: its length, None where that is not known. `decoder`: the one to use, empty for
    ffmpeg's own choice. `deinterlace`: which frames are, by the words of ffmpeg's bwdif: `all`,
    `interlaced` (those marked so), or none where empty. `colours`: ffmpeg's names of primaries,
    transfer and matrix, empty where unknown.
    """

    stream: int
    stored: tuple[int, int]
    pixel: Fraction
    orientation: Orientation
    rate: Fraction
    start: float
    seconds: float | None
    has_alpha: bool
    decoder: str
    demuxer: str
    deinterlace: str
    colours: tuple[str, str, str]
    notices: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in square pixels, upright."""
        width, height = self.stored
        if self.pixel >= 1:
            width = round(width * self.pixel)
        else:
            height = round(height / self.pixel)
        return self.orientation.size((width, height))


def clip_info(file: Path) -> ClipInfo | None:
    """
    Return the stream to show of a video file, its default one; None where it has none.

    Raises UserError where it has sound alone, is refused, or if there is no ffprobe.
    """
    demuxer = _demuxer(file)
    try:
        found = probe(file, demuxer)
    except RefusedMediaError as error:
        raise UserError(f'face file {file} is not opened: {error}', CONVERT) from error
    except UnreadableMediaError:
        return None
    streams = found.get('streams', [])
    pictures = [one for one in streams if one.get('codec_type') == 'video'
                and one.get('width') and one.get('height')]
    if not pictures:
        if any(one.get('codec_type') == 'audio' for one in streams):
            raise UserError(f'face file {file} has sound, but no pictures',
                            'Name a picture or video')
        return None

    def preference(stream: Mapping[str, Any]) -> tuple[bool, bool]:
        disposition = stream.get('disposition', {})
        return not disposition.get('attached_pic'), bool(disposition.get('default'))

    stream = max(pictures, key=preference)
    if stream['width'] * stream['height'] > MOST_CLIP_PIXELS:
        raise UserError(
            f'face file {file} has pictures of {stream["width"]}x{stream["height"]} pixels; at '
            f'most {MOST_CLIP_PIXELS // 1_000_000} million are decoded', 'Make it smaller')
    codec, pixels = str(stream.get('codec_name', '')), str(stream.get('pix_fmt', ''))
    notices: tuple[str, ...] = ()
    decoder = ''
    if _tags(stream).get('alpha_mode') == '1' and codec in _ALPHA_DECODERS:
        if has('decoders', _ALPHA_DECODERS[codec]):
            decoder = _ALPHA_DECODERS[codec]
        else:
            notices = (f'face video {file.name}: its transparency is not seen, because this '
                       f'ffmpeg has no {_ALPHA_DECODERS[codec]}',)
    start = _number(stream.get('start_time')) - _number(found.get('format', {}).get('start_time'))
    return ClipInfo(
        stream['index'], (stream['width'], stream['height']),
        _ratio(stream.get('sample_aspect_ratio')) or Fraction(1), _orientation(stream),
        _rate(stream), start, _seconds(stream, found.get('format', {}), start),
        bool(decoder or _WITH_ALPHA.match(pixels)), decoder, demuxer,
        _deinterlace(stream, codec, pixels),
        (_known(stream, 'color_primaries'), _known(stream, 'color_transfer'),
         _known(stream, 'color_space')), notices)


def _demuxer(file: Path) -> str:
    """Return the demuxer of a picture that moves; by its name ffmpeg may take it for a still."""
    with file.open('rb') as stream:
        head = stream.read(8)
    return next((name for start, name in _DEMUXERS.items() if head.startswith(start)), '')


def _tags(stream: Mapping[str, Any]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in stream.get('tags', {}).items()}


def _known(stream: Mapping[str, Any], name: str) -> str:
    value = str(stream.get(name, ''))
    return '' if value in ('unknown', 'unspecified', 'reserved') else value


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0


def _ratio(text: object) -> Fraction | None:
    """Return a ratio such as 4:3 or 30000/1001; None where it is not one above zero."""
    try:
        ratio = Fraction(str(text).replace(':', '/'))
    except (ValueError, ZeroDivisionError):
        return None
    return ratio if ratio > 0 else None


def _rate(stream: Mapping[str, Any]) -> Fraction:
    """Return the mean rate; the base rate where the mean is not known."""
    for name in ('avg_frame_rate', 'r_frame_rate'):
        rate = _ratio(stream.get(name))
        if rate is not None and rate > Fraction(1, 10):
            return min(rate, Fraction(MAX_RATE)).limit_denominator(1001)
    return Fraction(USUAL_RATE)


def _seconds(stream: Mapping[str, Any], container: Mapping[str, Any], start: float
             ) -> float | None:
    """Return the length of a stream that begins `start` seconds after its file."""
    tag = re.fullmatch(r'(\d+):(\d+):([\d.]+)', _tags(stream).get('duration', ''))
    if tag:
        # Matroska's tag says when the stream ends.
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + _number(tag[3]) - start
    own = _number(stream.get('duration'))
    return own or (_number(container.get('duration')) - start) or None


def _orientation(stream: Mapping[str, Any]) -> Orientation:
    """Return the orientation that the display matrix asks for, which may mirror as well."""
    for side in stream.get('side_data_list', []):
        rows = re.findall(r'[0-9a-f]+:\s+(-?\d+)\s+(-?\d+)', str(side.get('displaymatrix', '')))
        if len(rows) >= 2:
            (a, b), (c, d) = ((int(x), int(y)) for x, y in rows[:2])
            return Orientation.from_matrix(a, b, c, d)
    return Orientation()


def _deinterlace(stream: Mapping[str, Any], codec: str, pixels: str) -> str:
    if not pixels.startswith(('yuv', 'nv', 'gray')):
        return ''
    if codec not in _MARK_FRAMES and stream.get('field_order') in ('tt', 'bb', 'tb', 'bt'):
        return 'all'
    return 'interlaced'
