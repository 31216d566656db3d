"""Each frame is shown at its stamp, and a window on a real screen shows it whole."""

from __future__ import annotations

from collections.abc import Iterator
import threading
import time

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest
from rig import until
from txt2vid_ros.core.clock import SECOND, SystemClock
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.screen.presenter import Presenter
from txt2vid_ros.media.screen.window import SdlWindow
import xvfb

PICTURE = cv2.resize(np.random.default_rng(3).integers(0, 255, (6, 8, 3), np.uint8), (320, 240))


class Glass:
    """A window that remembers what it showed, and when."""

    def __init__(self) -> None:
        self.closed = False
        self.shown: list[tuple[int, int]] = []
        self.ended = False

    def show(self, frame: NDArray[np.uint8]) -> None:
        self.shown.append((time.time_ns(), int(frame[0, 0, 0])))

    def follow(self) -> None:
        return

    def close(self) -> None:
        self.ended = True


class Show:
    """A presenter on its thread."""

    def __init__(self, open_window: object, latency: float = 0.0) -> None:
        self.presenter = Presenter(SystemClock(), open_window, latency)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.presenter.run, args=(self.stop,))
        self.thread.start()

    def close(self) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def glass() -> Glass:
    return Glass()


def test_frames_are_shown_in_their_order_and_none_before_its_time(glass: Glass) -> None:
    show = Show(lambda: glass, latency=0.05)
    show.presenter.wait_opened(10)
    now = time.time_ns()
    for number in (2, 1, 3):
        show.presenter.push(now + number * SECOND // 5, np.full((2, 2, 3), number, np.uint8))
    until(lambda: len(glass.shown) == 3, 'three frames')
    show.close()
    assert [value for _, value in glass.shown] == [1, 2, 3]
    assert all(at >= now + number * SECOND // 5 - SECOND // 20 for at, number in glass.shown)
    assert glass.ended
    assert not show.presenter.closed


def test_of_two_frames_with_one_stamp_the_newer_is_shown(glass: Glass) -> None:
    show = Show(lambda: glass)
    stamp = time.time_ns() + SECOND // 5
    show.presenter.push(stamp, np.full((2, 2, 3), 1, np.uint8))
    show.presenter.push(stamp, np.full((2, 2, 3), 2, np.uint8))
    until(lambda: bool(glass.shown), 'a frame')
    show.close()
    assert [value for _, value in glass.shown] == [2]


def test_the_user_closes_it(glass: Glass) -> None:
    show = Show(lambda: glass)
    glass.closed = True
    show.thread.join(20)
    assert show.presenter.closed
    assert glass.ended


def test_a_window_that_cannot_be_opened_is_an_error_of_whoever_waits() -> None:
    def fail() -> SdlWindow:
        raise UserError('no screen')

    show = Show(fail)
    with pytest.raises(UserError, match='no screen'):
        show.presenter.wait_opened(10)
    show.close()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[xvfb.VirtualScreen]:
    if lacking := xvfb.missing():
        pytest.skip(lacking)
    with xvfb.VirtualScreen() as screen:
        monkeypatch.setenv('DISPLAY', screen.name)
        yield screen


def difference(screen: xvfb.VirtualScreen, expected: NDArray[np.uint8]) -> float:
    """Return the largest difference of a pixel between a screen and a picture."""
    return float(np.abs(screen.picture().astype(int) - expected).max())


@pytest.mark.parametrize('shape', [(240, 320), (240, 160)])
def test_the_picture_fills_the_screen_with_bars_where_the_shape_differs(
        screen: xvfb.VirtualScreen, shape: tuple[int, int]) -> None:
    picture = PICTURE[:shape[0], :shape[1]]
    wide = shape[1] * 2
    expected = np.zeros((480, 640, 3), np.uint8)
    left = (640 - wide) // 2
    expected[:, left:left + wide] = cv2.resize(picture, (wide, 480))
    show = Show(lambda: SdlWindow('face', full_screen=True, screen=0))
    show.presenter.wait_opened(30)
    show.presenter.push(time.time_ns(), picture)
    until(lambda: difference(screen, expected) <= 1, 'the picture, without a cursor')
    show.close()


def test_a_window_manager_or_a_key_closes_it(screen: xvfb.VirtualScreen) -> None:
    for full_screen, close in ((False, screen.close_windows), (True, None)):
        window = SdlWindow('face', full_screen, 0)
        window.show(PICTURE)
        window.follow()
        assert not window.closed
        pygame = window._pygame
        if close:
            close()
        else:
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_q))
        until(lambda window=window: window.follow() or window.closed, 'it to be closed')
        window.close()


def test_a_screen_that_does_not_exist_is_named(screen: xvfb.VirtualScreen) -> None:
    with pytest.raises(UserError, match=r'window\.screen is 3; screens here: 1'):
        SdlWindow('face', True, 3)


def test_without_any_screen_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('pygame', reason='pygame-ce is not installed')
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('SDL_VIDEODRIVER', 'offscreen')
    with pytest.raises(UserError, match=r'there is no screen.*DISPLAY'):
        SdlWindow('face', True, 0)
