"""A window, or a whole screen, that shows pictures; SDL opens it, through pygame."""

from __future__ import annotations

import importlib
import os
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.errors import UserError

ENVIRONMENT = {
    'PYGAME_HIDE_SUPPORT_PROMPT': '1',
    # Pictures are enlarged smoothly, and by the graphics card where there is one.
    'SDL_RENDER_SCALE_QUALITY': 'linear',
    # The process has handlers of its own.
    'SDL_NO_SIGNAL_HANDLERS': '1',
}
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


class Window:
    """Opened, used and closed by one thread, as SDL requires."""

    def __init__(self, title: str, full_screen: bool, screen: int) -> None:
        """Open it on the screen with this number, from 0. Raises UserError where it cannot be."""
        self._pygame = load()
        self._full_screen = full_screen
        self._screen = screen
        self._size = (0, 0)
        self._surface: Any = None
        self.closed = False
        """Whether the user has closed it."""
        try:
            self._pygame.display.init()
            screens = len(self._pygame.display.get_desktop_sizes())
            if screen >= screens:
                raise UserError(f'window.screen is {screen}, but there are {screens} screens here',
                                'They are counted from 0.')
            self._pygame.display.set_caption(title)
            self._fit((640, 480))
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
        height, width = frame.shape[:2]
        if (width, height) != self._size:
            self._fit((width, height))
        picture = self._pygame.image.frombuffer(
            cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), (width, height), 'RGB')
        self._surface.blit(picture, (0, 0))
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

    def _fit(self, size: tuple[int, int]) -> None:
        """Take pictures of another size."""
        flags = self._pygame.SCALED | (
            self._pygame.FULLSCREEN if self._full_screen else self._pygame.RESIZABLE)
        self._surface = self._pygame.display.set_mode(size, flags, display=self._screen)
        self._size = size
