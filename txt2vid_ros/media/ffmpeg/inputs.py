"""
What ffmpeg may read: every input of it is composed here.

By its content, whatever its name, ffmpeg takes a file for a playlist and opens what that names:
other files, or addresses on the network. So of files from outside only those formats are opened
that hold their own pictures and sound, with bounds on what they unfold to. The options are those
of https://ffmpeg.org/ffmpeg-formats.html and https://ffmpeg.org/ffmpeg-codecs.html.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ffmpeg

MOST_CLIP_PIXELS = 40_000_000
"""Of one picture of a clip: 8192x4352 is 36 million."""
MOST_STREAMS = 100
"""Of one file; films have some ten."""

# None of them opens anything beside the file. Left out are playlists (hls, dash, concat, imf),
# descriptions of sessions (sdp, rtsp), devices (lavfi, v4l2, x11grab, alsa), numbered pictures
# (image2), which read a series of files, what is drawn or run (svg, libgme, libopenmpt, scripts
# of vapoursynth and avisynth), and raw samples, which have no mark by which they are known.
FORMATS = (
    # Clips.
    'mov', 'mp4', 'matroska', 'webm', 'avi', 'mpegts', 'mpeg', 'mpegvideo', 'asf', 'flv', 'ogg',
    'mxf', 'nut', 'dv', 'ivf', 'h264', 'hevc', 'vvc', 'av1', 'obu', 'm4v', 'h263', 'vc1', 'mjpeg',
    'gif', 'apng', 'yuv4mpegpipe', 'rm', 'wtv',
    # Sound.
    'wav', 'w64', 'mp3', 'aac', 'flac', 'aiff', 'caf', 'au', 'amr', 'amrnb', 'amrwb', 'ac3',
    'eac3', 'dts', 'ape', 'wv', 'tta', 'tak', 'mlp', 'truehd', 'mpc', 'mpc8', 'voc',
    # Pictures that OpenCV does not read.
    *(f'{name}_pipe' for name in (
        'bmp', 'dds', 'dpx', 'exr', 'gem', 'gif', 'j2k', 'jpeg', 'jpegls', 'jpegxl', 'pam', 'pbm',
        'pcx', 'pfm', 'pgm', 'pgx', 'phm', 'pictor', 'png', 'ppm', 'psd', 'qdraw', 'qoi', 'sgi',
        'sunrast', 'tiff', 'webp', 'xbm', 'xpm', 'xwd')),
)
"""The demuxers that are opened, by ffmpeg's names."""

UNTRUSTED: dict[str, str | int] = {
    'protocol_whitelist': 'file',
    'format_whitelist': ','.join(FORMATS),
    'max_streams': MOST_STREAMS,
    'max_pixels': MOST_CLIP_PIXELS,
}
"""The options with which ffmpeg and ffprobe open a file from outside."""


class FileUrl:
    """
    A file as an input or the `filename` of an output, whatever bytes its name has.

    ffmpeg-python hashes texts as UTF-8, which names from other days are not.
    """

    def __init__(self, path: Path) -> None:
        """Take the path; one that looks like an option or a URL is no matter."""
        self._url = f'file:{path}'

    def __str__(self) -> str:
        """Return the word of the command line."""
        return self._url

    def __repr__(self) -> str:
        """Return the same in ASCII."""
        return ascii(self._url)


def file_input(file: Path, **options: Any) -> Any:
    """Return ffmpeg-python's input of a file from outside; `options` are those of the input."""
    return ffmpeg.input(FileUrl(file), **UNTRUSTED, **options)


def pipe_input(pipe: int, demuxer: str, **options: Any) -> Any:
    """Return ffmpeg-python's input of a file descriptor that carries the format `demuxer`."""
    return ffmpeg.input(f'pipe:{pipe}', format=demuxer, protocol_whitelist='pipe',
                        format_whitelist=demuxer, **options)
