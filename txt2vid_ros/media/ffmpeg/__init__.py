"""ffmpeg and ffprobe: the one place that composes their inputs and starts them."""

from txt2vid_ros.media.ffmpeg.inputs import (
    file_input,
    FileUrl,
    MOST_CLIP_PIXELS,
    MOST_STREAMS,
    pipe_input,
)
from txt2vid_ros.media.ffmpeg.probing import probe, RefusedMediaError, UnreadableMediaError
from txt2vid_ros.media.ffmpeg.process import (
    ENDING_SECONDS,
    executable,
    FfmpegProcess,
    has,
    not_started,
    READER_LIMITS,
    SYNTHETIC_LABEL,
)

__all__ = [
    'ENDING_SECONDS', 'MOST_CLIP_PIXELS', 'MOST_STREAMS', 'READER_LIMITS', 'SYNTHETIC_LABEL',
    'FfmpegProcess', 'FileUrl', 'RefusedMediaError', 'UnreadableMediaError', 'executable',
    'file_input', 'has', 'not_started', 'pipe_input',
    'probe']
