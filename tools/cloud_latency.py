#!/usr/bin/env python3
"""
How long after a cloud's first sound a voice yields its first chunk, measured with the fakes.

From the moment at which the fake service hands its first bytes of sound to the network, over
loopback (with TLS for Google), to the moment at which the voice yields its first chunk.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import contextlib
import json
import os
from pathlib import Path
import secrets
import statistics
import sys
import tempfile
import time
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / 'test' / 'providers' / 'cloud'), str(ROOT / 'test')]

from cloud_keys import Certificate, ServiceAccount  # noqa: E402
from fake_google import FakeGoogle  # noqa: E402
from fake_resemble import FakeResemble  # noqa: E402
from txt2vid_ros.providers.cloud.google.voice import GoogleVoice  # noqa: E402
from txt2vid_ros.providers.cloud.resemble.voice import ResembleOptions, ResembleVoice  # noqa: E402
from txt2vid_ros.speaking.voice import TextToSpeech  # noqa: E402

TEXT = 'The train to the airport leaves at half past seven.'


def main() -> None:
    """Measure each voice and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clauses', type=int, default=50,
                        help='clauses to measure of each voice (%(default)s)')
    parser.add_argument('--json', action='store_true')
    arguments = parser.parse_args()
    figures = {}
    with fakes() as (google, resemble):
        for name, voice, fake in (
                ('google streaming', GoogleVoice('en-US-Chirp3-HD-Charon'), google),
                ('google whole', GoogleVoice('en-US-Neural2-A'), google),
                ('resemble streaming', ResembleVoice('Grace'), resemble),
                ('resemble direct', ResembleVoice('Grace', options=ResembleOptions(
                    streaming=False)), resemble)):
            figures[name] = measured(voice, fake, arguments.clauses)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, (middle, late) in figures.items():
        print(f'{name:20} p50 {middle:5.2f} ms   p95 {late:5.2f} ms')


def measured(voice: TextToSpeech, fake: Any, clauses: int) -> tuple[float, float]:
    """Return the median and the 95th percentile of the delay, milliseconds."""
    voice.load()
    delays = []
    # The first clause opens the connection.
    for _ in range(clauses + 1):
        for at, _chunk in enumerate(voice.synthesize(TEXT, lambda: False)):
            if at == 0:
                delays.append((time.perf_counter() - fake.sent_at[-1]) * 1000)
    voice.close()
    return statistics.median(delays[1:]), statistics.quantiles(delays[1:], n=20)[-1]


@contextlib.contextmanager
def fakes() -> Iterator[tuple[FakeGoogle, FakeResemble]]:
    """Serve both clouds on this machine, with keys to them in the environment."""
    with tempfile.TemporaryDirectory() as folder:
        certificate = Certificate(Path(folder))
        account = ServiceAccount(Path(folder))
        google = FakeGoogle(certificate, account)
        resemble = FakeResemble(secrets.token_urlsafe(24))
        os.environ |= {
            'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH': str(certificate.file),
            'GOOGLE_APPLICATION_CREDENTIALS': str(account.file),
            'TXT2VID_GOOGLE_TTS_ENDPOINT': google.address, 'RESEMBLE_API_KEY': resemble.key,
            'TXT2VID_RESEMBLE_ENDPOINT': resemble.address,
            'TXT2VID_RESEMBLE_ACCOUNT': resemble.address}
        try:
            yield google, resemble
        finally:
            google.stop()
            resemble.close()


if __name__ == '__main__':
    main()
