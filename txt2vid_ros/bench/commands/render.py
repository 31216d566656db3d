"""How much faster than real time `txt2vid render` is."""

from __future__ import annotations

import argparse
from pathlib import Path
import tempfile
import time
from typing import Any

from txt2vid_ros.bench.commands.latency import SENTENCES
from txt2vid_ros.lipsync.choice import make_engine
from txt2vid_ros.providers.choice import make_voice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--engine', default='viseme', help='lip-sync engine (%(default)s)')
    parser.add_argument('--seconds', type=float, default=60.0,
                        help='about how much video to make (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Render a text at 640x480 and 25 frames a second; return the figures."""
    from txt2vid_ros.media.driving.driving_media import load_driving
    from txt2vid_ros.render import AFTER, from_text, render
    voice = make_voice('hibari')
    voice.load()
    engine, _ = make_engine(arguments.engine, {}, '--engine')
    engine.load()
    driving = load_driving(width=640, height=480)
    # The ten sentences last about 25 seconds.
    text = ' '.join(SENTENCES * max(1, round(arguments.seconds / 25)))
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        seconds = render(from_text(text, voice), AFTER, driving, engine,
                         Path(folder, 'bench.mp4'), 25.0)
        took = time.monotonic() - begun
    engine.close()
    voice.close()
    return {'speed': seconds / took, 'video_seconds': seconds, 'seconds': took}
