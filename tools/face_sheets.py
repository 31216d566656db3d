"""
Draw contact sheets of the default face: every viseme, and a sentence frame by frame.

    python tools/face_sheets.py [--face FILE] [--name NAME] [--out docs] [--clip]

Writes NAME_visemes.jpg and NAME_speech.jpg, each under 300 kB, at the size a viewer sees; with
--clip also NAME.mp4, ten seconds with sound and signs of life, under 1 MB.
"""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.lipsync.face_figures import SentenceView, TimedSentence
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.idle_motion import LifeSettings
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.providers.choice import make_voice
from txt2vid_ros.speaking.visemes.table import VISEMES
from txt2vid_ros.speaking.visemes.track import mouth_track
from txt2vid_ros.speaking.voice import TextToSpeech

Frame = NDArray[np.uint8]
SENTENCE = 'My favourite people love a good walk by the blue river.'
CLIP_TEXT = (SENTENCE + ' She sees three green trees beneath the evening breeze. '
             'Who would choose a new boat before noon?')
CLIP_SECONDS = 10.0


def cropped(
    frame: Frame, session: VisemeSession, size: int, *, wide: bool, index: int = 0
) -> Frame:
    """Return the face of driving frame `index` or its lower half, `size` pixels square."""
    face = session.renderer(index).face
    middle = face.points.mean(0) + face.axes[:, 1] * (0.05 if wide else 0.38)
    reach = round(face.unit * (1.0 if wide else 0.62))
    padded = cv2.copyMakeBorder(frame, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    x, y = np.round(middle).astype(int)
    part = padded[y:y + 2 * reach, x:x + 2 * reach]
    method = cv2.INTER_AREA if reach * 2 > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (size, size), interpolation=method), np.uint8)


def labelled(tile: Frame, text: str) -> Frame:
    """Write `text` into the corner of a tile."""
    for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(tile, text, (5, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, width,
                    cv2.LINE_AA)
    return tile


def grid(tiles: list[Frame], columns: int) -> Frame:
    """Return the tiles in rows."""
    while len(tiles) % columns:
        tiles.append(np.full_like(tiles[0], 255))
    rows = [np.hstack(tiles[i:i + columns]) for i in range(0, len(tiles), columns)]
    return np.asarray(np.vstack(rows), np.uint8)


def save(path: pathlib.Path, picture: Frame) -> None:
    """Write a JPEG of at most 300 kB."""
    for quality in range(90, 40, -5):
        done, data = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and len(data) < 300_000:
            path.write_bytes(data.tobytes())
            return
    raise ValueError(f'{path} does not fit into 300 kB')


def visemes(driving: DrivingMedia, session: VisemeSession) -> Frame:
    """Return the sheet of all visemes."""
    frame = driving.frames[0]
    tiles = [labelled(cropped(frame, session, 190, wide=True), 'picture')]
    for name in VISEMES:
        pose = np.array(VISEMES[name].target, np.float32)
        made = session.renderer(0).render(frame, pose)
        tiles.append(labelled(cropped(made, session, 190, wide=True), name.replace('_', ' ')))
    return grid(tiles, 7)


def speech(
    driving: DrivingMedia, session: VisemeSession, said: TimedSentence, frames: int
) -> Frame:
    """Return the sheet of a sentence, 25 frames a second."""
    spoken = SentenceView(said, mouth_track(said.phonemes, said.samples, said.rate))
    count = int((len(said.samples) / said.rate + 1.2) * 25)
    made = [session.render(k / 25, driving.index_at(k / 25), spoken) for k in range(count)]
    tiles = [
        labelled(cropped(made[k], session, 150, wide=False, index=driving.index_at(k / 25)),
                 f'{k * 40} ms')
        for k in range(12, min(12 + frames, count))
    ]
    return grid(tiles, 8)


def clip(
    path: pathlib.Path, driving: DrivingMedia, session: VisemeSession, said: TimedSentence
) -> None:
    """Write ten seconds of `said`, with sound, as an MP4 file."""
    spoken = SentenceView(said, mouth_track(said.phonemes, said.samples, said.rate))
    frames = [session.render(k / 25, driving.index_at(k / 25), spoken)
              for k in range(round(CLIP_SECONDS * 25))]
    height, width = frames[0].shape[:2]
    with tempfile.NamedTemporaryFile(suffix='.s16') as sound:
        samples = spoken.samples(0, CLIP_SECONDS, said.rate)
        sound.write((np.clip(samples, -1, 1) * 32767).astype('<i2').tobytes())
        sound.flush()
        subprocess.run(
            ['ffmpeg', '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'bgr24',
             '-s', f'{width}x{height}', '-r', '25', '-i', '-', '-f', 's16le',
             '-ar', str(said.rate), '-ac', '1', '-i', sound.name, '-c:v', 'libx264',
             '-b:v', '640k', '-maxrate', '800k', '-bufsize', '800k', '-preset', 'slow',
             '-pix_fmt', 'yuv420p', '-vf', 'scale=trunc(iw/2)*2:trunc(ih/2)*2', '-c:a', 'aac',
             '-b:a', '64k', '-movflags', '+faststart', '-metadata', 'comment=synthetic face',
             str(path)],
            input=b''.join(frame.tobytes() for frame in frames), check=True)


def joined(voice: TextToSpeech, text: str) -> TimedSentence:
    """Return all clauses of `text` as one piece."""
    rate = voice.capabilities.sample_rate
    pieces: list[NDArray[np.float32]] = []
    sounds: list[Phoneme] = []
    begin = 0.0
    for chunk in voice.synthesize(text, lambda: False):
        sounds += [dataclasses.replace(one, start=one.start + begin) for one in chunk.phonemes]
        pieces += [chunk.samples, np.zeros(round(0.3 * rate), np.float32)]
        begin = sum(len(piece) for piece in pieces) / rate
    return TimedSentence(np.concatenate(pieces), rate, sounds)


def main() -> None:
    """Draw the sheets of one face."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--face', default='')
    parser.add_argument('--name', default='face')
    parser.add_argument('--text', default=SENTENCE)
    parser.add_argument('--clip', action='store_true')
    parser.add_argument('--out', type=pathlib.Path, default=pathlib.Path('docs'))
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    voice = make_voice('hibari')
    voice.load()
    chunk = next(voice.synthesize(options.text, lambda: False))
    driving = load_driving(options.face or None, **({} if options.face else {'width': 640}))
    engine = VisemeEngine(LifeSettings(life=False))
    engine.load()
    session = engine.open(driving)
    save(options.out / f'{options.name}_visemes.jpg', visemes(driving, session))
    said = TimedSentence(chunk.samples, voice.capabilities.sample_rate, chunk.phonemes)
    save(options.out / f'{options.name}_speech.jpg', speech(driving, session, said, 64))
    if options.clip:
        alive = VisemeEngine(LifeSettings())
        alive.load()
        clip(options.out / f'{options.name}.mp4', driving, alive.open(driving),
             joined(voice, CLIP_TEXT))


if __name__ == '__main__':
    main()
