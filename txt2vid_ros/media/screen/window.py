"""A window, or a whole screen, that shows pictures; SDL opens it, through pygame."""

from __future__ import annotations

import importlib
import os
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.fitting import fitted

ENVIRONMENT = {
    'PYGAME_HIDE_SUPPORT_PROMPT': '1',
    # Pictures go to the screen at once. Through the graphics library, they wait for a software
    # renderer where there is no graphics card: 25 ms at 1280x720.
    'SDL_FRAMEBUFFER_ACCELERATION': '0',
    # The process has handlers of its own.
    'SDL_NO_SIGNAL_HANDLERS': '1',
}
UNSEEN = ('offscreen', 'dummy')
"""What SDL takes where there is neither X11 nor Wayland nor a console of its own."""
FIRST_SIZE = (640, 480)
"""Pixels of a window that does not fill the screen, until the user makes it larger."""
KEYS_TO_CLOSE = ('K_ESCAPE', 'K_q')


def load() -> Any:
    """Return the pygame module. Raises UserError where it is missing."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        return importlib.import_module('pygame')
    except ImportError as error:
        raise UserError(f'the window needs the Python package pygame-ce: {error}',
                        'Run: pip install "txt2vid_ros[window]"') from error


class SdlWindow:
    """Opened, used and closed by one thread, as SDL requires."""

    def __init__(self, title: str, full_screen: bool, screen: int) -> None:
        """Open it on the screen with this number, from 0. Raises UserError where it cannot be."""
        self._pygame = load()
        self._surface: Any = None
        self.closed = False
        """Whether the user has closed it."""
        try:
            self._pygame.display.init()
            if self._pygame.display.get_driver() in UNSEEN:
                raise self._pygame.error('there is no screen')
            sizes = self._pygame.display.get_desktop_sizes()
            if screen >= len(sizes):
                raise UserError(f'window.screen is {screen}; screens here: {len(sizes)}',
                                'They are counted from 0.')
            self._pygame.display.set_caption(title)
            # As large as the screen by itself: without a window manager nothing enlarges it.
            self._surface = self._pygame.display.set_mode(
                sizes[screen] if full_screen else FIRST_SIZE,
                self._pygame.FULLSCREEN | self._pygame.NOFRAME if full_screen
                else self._pygame.RESIZABLE, display=screen)
            self._pygame.mouse.set_visible(not full_screen)
        except self._pygame.error as error:
            self.close()
            raise UserError(
                f'the window cannot be opened: {error}',
                'Start it on the machine whose screen it is, with DISPLAY or WAYLAND_DISPLAY set '
                'to that of its desktop.') from error
        except UserError:
            self.close()
            raise

    def show(self, frame: NDArray[np.uint8]) -> None:
        """Show a BGR picture (height, width, 3), enlarged, with bars where the shape differs."""
        picture, (left, top) = fitted(frame, self._surface.get_size())
        height, width = picture.shape[:2]
        self._surface.fill(0)
        self._surface.blit(self._pygame.image.frombuffer(
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), (width, height), 'RGB'), (left, top))
        self._pygame.display.flip()

    def follow(self) -> None:
        """Take what the user does: the window's own button, Escape and q close it."""
        keys = [getattr(self._pygame, name) for name in KEYS_TO_CLOSE]
        for event in self._pygame.event.get():
            self.closed |= event.type == self._pygame.QUIT or (
                event.type == self._pygame.KEYDOWN and event.key in keys)

    def close(self) -> None:
        """Close it; may be called twice."""
        self._surface = None
        self._pygame.display.quit()
