"""Decodes the pictures of a clip with ffmpeg: upright, in shape, fitted, at a constant rate."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
import dataclasses
from fractions import Fraction
from pathlib import Path
import re
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.backdrop import Colour, over_backdrop
from txt2vid_ros.media.driving.files.clip_info import ClipInfo, CONVERT
from txt2vid_ros.media.driving.frame_placement import Fit, FramePlacement
from txt2vid_ros.media.driving.orientation import Box, Orientation
from txt2vid_ros.media.ffmpeg import FfmpegProcess, file_input, has, READER_LIMITS

Pixels = NDArray[np.uint8]

END_SECONDS = 60.0
"""Seconds that ffmpeg may take to end after it has closed its output."""
STALL_SECONDS = 60.0
"""Seconds for which the next picture is waited."""

_MISSING_FRAMES = 0.05  # of a clip, above which its user is told
_DAMAGE = re.compile(r'error while decoding|corrupt|invalid|truncat|resync', re.I)
_HDR = ('smpte2084', 'arib-std-b67')
_USUAL_PRIMARIES = ('', 'bt709', 'bt470bg', 'smpte170m')


@dataclasses.dataclass(frozen=True)
class ClipView:
    """
    What of a clip is shown, and where.

    `orientation`: of the clip, with the turns that the user asked for. `crop`: the part of the
    stored picture that is used. `placement`: how that, upright, lies in the frame.
    `backdrop`: what is behind transparent parts.
    """

    orientation: Orientation
    crop: Box
    placement: FramePlacement
    fit: Fit
    backdrop: Colour


class ClipDecoder:
    """One pass over a clip. Iterate over it; then `notices` says what the user should know."""

    def __init__(self, file: Path, info: ClipInfo, view: ClipView, rate: Fraction,
                 limit: int) -> None:
        """Decode up to `limit` frames at `rate` a second. Starts nothing yet."""
        self.notices: tuple[str, ...] = ()
        self._file = file
        self._info = info
        self._view = view
        self._rate = rate
        self._limit = limit

    def __iter__(self) -> Iterator[Pixels]:
        """
        Yield frames (height, width, 3) uint8 BGR; each is overwritten by the next.

        Raises UserError where there is not one.
        """
        info = self._info
        width, height = self._view.placement.frame
        shape = (height, width, 4 if info.has_alpha else 3)
        # While one is used, the next is read.
        buffer, following = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
        # One more than is used shows whether there are more.
        output = ffmpeg.output(self._filtered(), 'pipe:1', format='rawvideo',
                               **{'frames:v': self._limit + 1})
        process = FfmpegProcess(output, 'clip decoder', wide_output=True, limits=READER_LIMITS,
                                stall_seconds=STALL_SECONDS)
        count = 0
        with ThreadPoolExecutor(1, 'clip reader') as reader:
            process.feed_all(())
            reading = reader.submit(process.fill, memoryview(buffer.data).cast('B'))
            try:
                while reading.result():
                    count += 1
                    if count > self._limit:
                        break
                    reading = reader.submit(process.fill, memoryview(following.data).cast('B'))
                    yield over_backdrop(buffer, self._view.backdrop) if info.has_alpha else buffer
                    buffer, following = following, buffer
                else:
                    process.end(END_SECONDS)
            finally:
                process.terminate()
                reading.result()
                process.abort()
        self.notices = (*info.notices, *self._remarks(count, process))

    def _remarks(self, count: int, process: FfmpegProcess) -> Iterator[str]:
        """Yield what the user should know of `count` decoded frames. Raises UserError for none."""
        name = f'face video {self._file.name}'
        errors = process.errors()
        if count == 0:
            raise UserError(f'face file {self._file} cannot be decoded: '
                            f'{_shortened(errors) or "it has no pictures"}', CONVERT)
        if count > self._limit:
            if self._limit > 1:
                yield cut_notice(name, self._limit, self._rate)
            return
        if count == 1:
            yield f'{name} has one frame: used as a picture'
        expected = min(self._limit, (self._info.seconds or 0) * float(self._rate))
        if expected - count > max(2.0, _MISSING_FRAMES * expected):
            yield (f'{name} is damaged: of {expected / float(self._rate):.1f} s only '
                   f'{count / float(self._rate):.1f} s can be read. Copy or convert it again')
            return
        damage = next(filter(_DAMAGE.search, errors.split(' | ')), '')
        if damage:
            yield (f'{name} is damaged, pictures of it may look wrong: {_shortened(damage)}. Copy '
                   'or convert it again')

    def _filtered(self) -> Any:
        """Return the node of ffmpeg-python whose pictures are the frames."""
        info, view = self._info, self._view
        decoder = {'c:v': info.decoder} if info.decoder else {}
        demuxer = {'format': info.demuxer} if info.demuxer else {}
        # The display matrix is followed here: ffmpeg before 5.0 does not mirror.
        source = file_input(self._file, noautorotate=None, **demuxer, **decoder)
        stream = source[str(info.stream)]
        if info.start:
            stream = stream.filter('setpts', f'PTS-{info.start:.6f}/TB')
        if info.deinterlace:
            stream = stream.filter('bwdif', mode='send_frame', deint=info.deinterlace)
        stream = stream.filter('fps', fps=f'{self._rate.numerator}/{self._rate.denominator}',
                               round='near')
        # Here: else all frames of a leap in the time stamps go through the filters that follow.
        stream = stream.filter('trim', end_frame=self._limit + 1)
        if info.has_alpha:
            # Multiplied before scaling, else hidden colours bleed into the edges.
            stream = stream.filter('format', 'gbrap').filter('premultiply', inplace=1)
        stream = self._scaled(stream)
        if not info.has_alpha:
            for name, values in _colour_filters(info.colours):
                stream = stream.filter(name, **values)
        stream = stream.filter('format', 'bgra' if info.has_alpha else 'bgr24')
        for name, values in view.orientation.filters():
            stream = stream.filter(name, **values)
        width, height = view.placement.frame
        if view.fit == 'cover':
            return stream.filter('crop', width, height)
        return stream.filter('pad', width, height, '(ow-iw)/2', '(oh-ih)/2')

    def _scaled(self, stream: Any) -> Any:
        """
        Crop and scale, before colours are converted: there are fewer pixels afterwards.

        The sizes are expressions, which ffmpeg evaluates again where the clip changes its size.
        """
        info, view = self._info, self._view
        left, top, right, bottom = view.crop
        stored = info.stored
        if (left, top, right, bottom) != (0, 0, 1, 1):
            stream = stream.filter('crop', f'iw*{right - left:.6f}', f'ih*{bottom - top:.6f}',
                                   f'iw*{left:.6f}', f'ih*{top:.6f}', exact=1)
            stored = round(stored[0] * (right - left)), round(stored[1] * (bottom - top))
        wide, high = view.orientation.size(view.placement.scaled)
        frame_wide, frame_high = view.orientation.size(view.placement.frame)
        side = 'max' if view.fit == 'cover' else 'min'
        first = f'eq(iw,{stored[0]})*eq(ih,{stored[1]})*lt(abs(sar-{float(info.pixel):.6f}),0.01)'
        return stream.filter(
            'scale', f'if({first},{wide},{side}({frame_wide},max(1,round({frame_high}*dar))))',
            f'if({first},{high},{side}({frame_high},max(1,round({frame_wide}/dar))))',
            flags='bicubic')


def cut_notice(name: str, frames: int, rate: Fraction) -> str:
    """Return what the user is told of a clip of which only so many frames are used."""
    return f'{name}: only its first {float(frames / rate):.3g} s are used'


def _colour_filters(colours: tuple[str, str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the filters that bring wide gamut and high dynamic range to what a screen shows."""
    primaries, transfer, matrix = colours
    hdr = transfer in _HDR
    if not hdr and primaries in _USUAL_PRIMARIES:
        return
    if not has('filters', 'zscale'):
        return
    source = {'pin': primaries or 'bt2020', 'tin': transfer or 'bt709', 'min': matrix or 'bt709'}
    if hdr:
        yield 'zscale', {**source, 't': 'linear', 'npl': 203}
        yield 'format', {'pix_fmts': 'gbrpf32le'}
        yield 'zscale', {'p': 'bt709'}
        yield 'tonemap', {'tonemap': 'mobius', 'desat': 0}
        yield 'zscale', {'t': 'bt709', 'm': 'bt709', 'r': 'tv'}
    else:
        yield 'zscale', {**source, 'p': 'bt709', 't': 'bt709', 'm': 'bt709'}


def _shortened(errors: str) -> str:
    """Return the first of ffmpeg's complaints, without addresses in memory."""
    first = errors.partition(' | ')[0]
    return re.sub(r'\[\w[^\]]* @ 0x[0-9a-f]+\] ?', '', first).rstrip('. ')
