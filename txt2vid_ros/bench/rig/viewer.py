"""A viewer of the HTTP stream that notes when each packet arrives."""

from __future__ import annotations

import dataclasses
import http.client
from pathlib import Path
import subprocess
import threading
import time

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import STREAM_RATE
from txt2vid_ros.media.output.mpegts import AUDIO_PID, PACKET_BYTES, VIDEO_PID

PTS_CLOCK = 90_000
"""Hz of presentation times in a transport stream (ISO 13818-1)."""


def presentation_time(packet: bytes) -> float | None:
    """Return the presentation time (seconds) of the PES packet that begins in a packet, if any."""
    if not packet[1] & 0x40:
        return None
    start = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    header = packet[start:start + 14]
    if len(header) < 14 or header[:3] != b'\0\0\1' or not header[7] & 0x80:
        return None
    ticks = ((header[9] >> 1 & 7) << 30 | header[10] << 22 | header[11] >> 1 << 15
             | header[12] << 7 | header[13] >> 1)
    return ticks / PTS_CLOCK


class Viewer:
    """Reads /live.ts on a thread, writes it to a file and notes arrivals."""

    def __init__(self, port: int, file: Path) -> None:
        """Connect to a stream on this machine."""
        self.arrivals: list[tuple[int, float, int]] = []
        """(pid, presentation time in seconds, time of arrival in nanoseconds)."""
        self._connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
        self._connection.request('GET', '/live.ts')
        self._answer = self._connection.getresponse()
        self._file = file
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='viewer', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Disconnect."""
        self._stop.set()
        self._thread.join(timeout=5)
        self._connection.close()

    def _run(self) -> None:
        rest = b''
        with self._file.open('wb') as kept:
            while not self._stop.is_set():
                data = self._answer.read1(65536)
                now = time.time_ns()
                if not data:
                    return
                kept.write(data)
                data = rest + data
                usable = len(data) // PACKET_BYTES * PACKET_BYTES
                for at in range(0, usable, PACKET_BYTES):
                    packet = data[at:at + PACKET_BYTES]
                    pid = (packet[1] & 0x1F) << 8 | packet[2]
                    if pid in (VIDEO_PID, AUDIO_PID):
                        seconds = presentation_time(packet)
                        if seconds is not None:
                            self.arrivals.append((pid, seconds, now))
                rest = data[usable:]

    def wait_for(self, seconds: float, timeout: float) -> bool:
        """Wait until presentation time `seconds` has arrived; return whether it has in time."""
        deadline = time.monotonic() + timeout
        while not self.arrivals or self.arrivals[-1][1] < seconds:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def audio_arrival(self, seconds: float) -> int | None:
        """Return when the sound for presentation time `seconds` had arrived (nanoseconds)."""
        held = [(pts, at) for pid, pts, at in self.arrivals if pid == AUDIO_PID and pts <= seconds]
        return held[-1][1] if held else None


@dataclasses.dataclass(frozen=True)
class Decoded:
    """A stream decoded with its presentation times."""

    brightness: NDArray[np.float64]
    """Mean grey of each frame."""
    frame_times: NDArray[np.float64]
    samples: NDArray[np.float32]
    """Mono sound at `rate`."""
    sample_times: NDArray[np.float64]
    """When each sample is heard."""


def decode(file: Path, rate: int = STREAM_RATE, area: str = '') -> Decoded:
    """
    Decode a transport stream with ffmpeg; all times are its own presentation times.

    `area`: the part of the picture that counts, as ffmpeg's filter crop takes it; '' for all.
    """
    shape = f'crop={area},scale=16:12' if area else 'scale=16:12'
    grey = _ffmpeg(file, '-map', '0:v', '-vf', shape, '-pix_fmt', 'gray', '-fps_mode',
                   'passthrough', '-f', 'rawvideo')
    brightness = np.frombuffer(grey, np.uint8).reshape(-1, 16 * 12).mean(axis=1)
    frame_times = _times(file, 'v')[:, 0]
    samples, sample_times = decode_sound(file, rate)
    frame_count = min(len(brightness), len(frame_times))
    return Decoded(brightness[:frame_count].astype(np.float64), frame_times[:frame_count],
                   samples, sample_times)


def decode_sound(file: Path, rate: int = STREAM_RATE
                 ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Decode the sound of a transport stream alone: mono samples, and when each is heard."""
    sound = np.frombuffer(_ffmpeg(file, '-map', '0:a', '-f', 'f32le', '-ac', '1'), np.float32)
    # The time of each coded frame is used, so that a gap or jump is not averaged away.
    frames = _times(file, 'a')
    sample_times = np.concatenate([start + np.arange(int(count)) / rate
                                   for start, count in frames])
    length = min(len(sound), len(sample_times))
    return sound[:length], sample_times[:length]


def _ffmpeg(file: Path, *options: str) -> bytes:
    return subprocess.run(['ffmpeg', '-v', 'error', '-copyts', '-i', str(file), *options, '-'],
                          check=True, capture_output=True).stdout


def _times(file: Path, stream: str) -> NDArray[np.float64]:
    """Return presentation time and number of samples (0 for a picture) of each decoded frame."""
    entries = 'pts_time,nb_samples' if stream == 'a' else 'pts_time'
    text = subprocess.run(
        ['ffprobe', '-v', 'error', '-select_streams', stream, '-show_entries',
         f'frame={entries}', '-of', 'csv=p=0', str(file)],
        check=True, capture_output=True, text=True).stdout
    rows = [line.rstrip(',').split(',') for line in text.split()]
    return np.array([[float(row[0]), float(row[1]) if stream == 'a' else 0.0] for row in rows
                     if row[0] not in ('', 'N/A')])
