"""Whatever picture is given, it speaks or one line says why not."""

from __future__ import annotations

from collections.abc import Callable
import pathlib

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.viseme.engine import VisemeSession
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held, opened, silence

Picture = np.ndarray


def portrait() -> Picture:
    return np.array(load_driving(width=640, height=480).frames[0])


def moves(session: VisemeSession, index: int = 0) -> int:
    """Return by how much the picture changes from rest to a mouth wide open."""
    rest = session.render(0, index, silence()).astype(int)
    return int(np.abs(session.render(0, index, held(jaw_open=1)) - rest).max())


def with_alpha(picture: Picture) -> Picture:
    alpha = np.full(picture.shape[:2], 255, np.uint8)
    alpha[:60] = 0
    return np.dstack([picture, alpha])


@pytest.mark.parametrize('changed', [
    lambda picture: picture.astype(np.uint16) * 257,
    lambda picture: cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY),
    lambda picture: cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint16) * 257,
    with_alpha,
    lambda picture: with_alpha(picture).astype(np.uint16) * 257,
], ids=['16 bit', 'grey', 'grey 16 bit', 'transparent', 'transparent 16 bit'])
def test_a_portrait_of_any_depth_and_number_of_channels_speaks(
        tmp_path: pathlib.Path, changed: Callable[[Picture], Picture]) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), changed(portrait()))
    assert moves(opened(load_driving(tmp_path / 'a.png'))) > 60


def test_a_portrait_that_exif_turns_speaks(tmp_path: pathlib.Path) -> None:
    lying = cv2.rotate(portrait(), cv2.ROTATE_90_COUNTERCLOCKWISE)
    _, data = cv2.imencode('.jpg', lying)
    raw = data.tobytes()
    # EXIF APP1: a TIFF header and one entry, orientation (0x0112) = 6, a quarter turn clockwise.
    tiff = b'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
    body = b'Exif\0\0' + tiff
    head = b'\xff\xe1' + (len(body) + 2).to_bytes(2, 'big') + body
    (tmp_path / 'a.jpg').write_bytes(raw[:2] + head + raw[2:])
    driving = load_driving(tmp_path / 'a.jpg')
    assert driving.size == (640, 480)
    assert moves(opened(driving)) > 60


def cartoon() -> Picture:
    """Return a face drawn with a few ellipses."""
    picture = np.full((480, 640, 3), 255, np.uint8)
    for centre, axes, colour in (
            ((320, 240), (120, 160), (120, 200, 250)), ((275, 200), (26, 34), (255, 255, 255)),
            ((365, 200), (26, 34), (255, 255, 255)), ((278, 205), (10, 14), (40, 20, 20)),
            ((362, 205), (10, 14), (40, 20, 20)), ((320, 250), (14, 22), (100, 170, 230)),
            ((320, 320), (60, 22), (60, 60, 200))):
        cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, -1)
        cv2.ellipse(picture, centre, axes, 0, 0, 360, (0, 0, 0), 3)
    return picture


def side_view() -> Picture:
    """Return a profile in one colour before a wall: no eye, half a mouth."""
    picture = np.full((480, 640, 3), 210, np.uint8)
    outline = [(300, 60), (410, 70), (440, 150), (432, 190), (478, 262), (440, 276), (455, 300),
               (443, 312), (452, 334), (430, 390), (370, 400), (360, 470), (250, 470), (230, 200)]
    cv2.fillPoly(picture, [np.array(outline, np.int32)], (120, 160, 220))
    return picture


@pytest.mark.parametrize('drawn', [cartoon, side_view])
def test_a_drawing_speaks_or_one_line_says_why_not(drawn: Callable[[], Picture]) -> None:
    driving = DrivingMedia([drawn()], 25, drawn.__name__, pathlib.Path('drawing.png'))
    try:
        session = opened(driving)
    except UserError as error:
        assert 'drawing.png' in str(error)
        assert '\n' not in str(error).strip()
    else:
        assert moves(session) > 20


def test_a_face_of_1000_pixels_speaks() -> None:
    big = cv2.resize(portrait(), None, fx=5.5, fy=5.5, interpolation=cv2.INTER_CUBIC)
    session = opened(DrivingMedia([big], 25, 'big'))
    assert np.ptp(session.renderer(0).face.points[:, 0]) > 950
    assert moves(session) > 60


def test_a_mouth_half_covered_speaks_or_is_named() -> None:
    picture = portrait()
    picture[280:330, 318:400] = (190, 150, 90)
    driving = DrivingMedia([picture], 25, 'half', pathlib.Path('half.png'))
    try:
        session = opened(driving)
    except UserError as error:
        assert 'covered' in str(error)
    else:
        assert moves(session) > 20


def turned(degrees: float) -> Picture:
    """
    Return the portrait as a cylinder seen from the side: far cheek squeezed, near one not.

    The mesh, which sees no nose stand out, takes 30 degrees of it for 12.
    """
    picture = portrait()
    radius, middle = 130.0, 307.0
    x = np.arange(640, dtype=np.float32)
    seen = np.clip((x - middle) / radius, -0.999, 0.999)
    angle = np.clip(np.arcsin(seen) + np.radians(degrees), -np.pi / 2, np.pi / 2)
    source = np.where(np.abs(x - middle) < radius, middle + radius * np.sin(angle), x)
    rows = np.arange(480, dtype=np.float32)
    where = np.dstack(np.meshgrid(source.astype(np.float32), rows))
    return np.asarray(cv2.remap(picture, where, np.empty(0, np.float32), cv2.INTER_LINEAR))


def test_a_head_that_turns_speaks_and_stays_in_place() -> None:
    frames = [turned(angle) for angle in (0, 10, 20, 30)]
    session = opened(DrivingMedia(frames, 25, 'turning'))
    for index in range(4):
        rest = session.render(0, index, silence()).astype(int)
        change = np.abs(session.render(0, index, held(jaw_open=1)) - rest).max(axis=2)
        assert change.max() > 60
        # The corners of the picture, hair and eyes stay.
        assert not change[:200].any()
