"""A screen without hardware: Xvfb, what it shows, and how a window manager closes a window."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
from types import TracebackType

import numpy as np
from numpy.typing import NDArray


def missing() -> str:
    """Return what a test of the window lacks; '' where nothing."""
    if shutil.which('Xvfb') is None:
        return 'there is no Xvfb; install xvfb'
    return '' if importlib.util.find_spec('pygame') else 'pygame-ce is not installed'


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib."""

    _fields_ = [('type', ctypes.c_int), ('serial', ctypes.c_ulong), ('send_event', ctypes.c_int),
                ('display', ctypes.c_void_p), ('window', ctypes.c_ulong),
                ('message_type', ctypes.c_ulong), ('format', ctypes.c_int),
                ('data', ctypes.c_long * 5), ('padding', ctypes.c_long * 16)]


class VirtualScreen:
    """An X server of its own; use as a context manager."""

    def __init__(self, width: int = 640, height: int = 480) -> None:
        self.size = (width, height)
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            ['Xvfb', '-displayfd', str(writing), '-screen', '0', f'{width}x{height}x24',
             '-nolisten', 'tcp', '-noreset'], stderr=subprocess.DEVNULL, pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as numbers:
            self.name = f':{int(numbers.readline())}'
        self.environment = {'DISPLAY': self.name}

    def picture(self) -> NDArray[np.uint8]:
        """Return what the screen shows, BGR."""
        width, height = self.size
        shot = subprocess.run(
            ['ffmpeg', '-v', 'error', '-f', 'x11grab', '-draw_mouse', '1',
             '-video_size', f'{width}x{height}', '-i', self.name, '-frames:v', '1',
             '-f', 'rawvideo', '-pix_fmt', 'bgr24', '-'], capture_output=True, check=True).stdout
        return np.frombuffer(shot, np.uint8).reshape(height, width, 3)

    def close_windows(self) -> None:
        """Ask every window to close, as the button of a window manager does."""
        x11 = ctypes.CDLL('libX11.so.6')
        for name in ('XOpenDisplay', 'XDefaultRootWindow', 'XInternAtom'):
            getattr(x11, name).restype = ctypes.c_void_p
        display = ctypes.c_void_p(x11.XOpenDisplay(self.name.encode()))
        assert display
        root, above, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        windows = ctypes.POINTER(ctypes.c_ulong)()
        x11.XQueryTree(display, ctypes.c_ulong(x11.XDefaultRootWindow(display)),
                       ctypes.byref(root), ctypes.byref(above), ctypes.byref(windows),
                       ctypes.byref(count))
        protocols, delete = (x11.XInternAtom(display, name, 0)
                             for name in (b'WM_PROTOCOLS', b'WM_DELETE_WINDOW'))
        for window in windows[:count.value]:
            # 33 is ClientMessage.
            event = _ClientMessage(33, window=window, message_type=protocols, format=32)
            event.data[0] = delete
            x11.XSendEvent(display, ctypes.c_ulong(window), 0, 0, ctypes.byref(event))
        x11.XCloseDisplay(display)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)

    def __enter__(self) -> VirtualScreen:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End it."""
        self.close()
