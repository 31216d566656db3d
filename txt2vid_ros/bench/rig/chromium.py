"""Drives a headless Chromium through its debugging pipe (Chrome DevTools protocol)."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Sequence
import json
import os
import pathlib
import shutil
import subprocess
from types import TracebackType
from typing import Any

PROGRAMS = ('chromium', 'chromium-browser', 'google-chrome')
FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--window-size=900,720', '--remote-debugging-pipe')
MICROPHONE = ('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream')
"""A microphone that beeps once a second, and that every page may use."""
PROBLEMS = {'Runtime.exceptionThrown', 'Log.entryAdded'}


def microphone(sound: pathlib.Path) -> tuple[str, ...]:
    """Return the flags of a microphone that hears a WAV file; once, with %noloop behind it."""
    return (*MICROPHONE, f'--use-file-for-fake-audio-capture={sound}')


def program() -> str | None:
    """Return the browser to run, if there is one."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Page:
    """One page of a browser of its own; use as a context manager."""

    def __init__(self, url: str, profile: pathlib.Path, flags: Sequence[str] = (),
                 script: str = '', within: Sequence[str] = ()) -> None:
        """
        Open `url`; `script` runs before its own ones, and its policy is not asked.

        `within` is a command that becomes the one whose words follow it.
        """
        self._script = script
        path = program()
        assert path
        command_read, self._write = os.pipe()
        self._read, answer_write = os.pipe()

        def as_three_and_four() -> None:
            # Both are moved out of the way first: one of them may be 3 or 4 itself.
            high = os.dup2(command_read, 103), os.dup2(answer_write, 104)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self._process = subprocess.Popen(
            [*within, path, *FLAGS, *flags, f'--user-data-dir={profile}', 'about:blank'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=as_three_and_four)
        os.close(command_read)
        os.close(answer_write)
        self._rest = b''
        self._number = 0
        self._session: str | None = None
        self.problems: deque[str] = deque(maxlen=100)
        """What pages complained of: exceptions, violations of their policy, failed requests."""
        self._open(url)

    def _open(self, url: str) -> None:
        self._session = None
        target = self.send('Target.createTarget', url='about:blank')['targetId']
        self._session = self.send('Target.attachToTarget', targetId=target,
                                  flatten=True)['sessionId']
        self.send('Page.enable')
        self.send('Runtime.enable')
        self.send('Log.enable')
        if self._script:
            self.send('Page.setBypassCSP', enabled=True)
            self.send('Page.addScriptToEvaluateOnNewDocument', source=self._script)
        self.send('Page.navigate', url=url)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message: dict[str, Any] = {'id': self._number, 'method': method, 'params': parameters}
        if self._session:
            message['sessionId'] = self._session
        os.write(self._write, json.dumps(message).encode() + b'\0')
        while True:
            while b'\0' not in self._rest:
                data = os.read(self._read, 1 << 20)
                if not data:
                    raise ConnectionError('the browser has gone')
                self._rest += data
            text, self._rest = self._rest.split(b'\0', 1)
            answer = json.loads(text)
            if answer.get('method') in PROBLEMS:
                self.problems.append(text.decode())
            if answer.get('id') == self._number:
                if 'error' in answer:
                    raise RuntimeError(answer['error'])
                return dict(answer['result'])

    def evaluate(self, expression: str, *, gesture: bool = True) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        return self._evaluate(expression, userGesture=gesture)

    def evaluate_in(self, frame: str, expression: str) -> Any:
        """Return the value of an expression in a frame whose address has `frame`, or None."""
        tree = self.send('Page.getFrameTree')['frameTree']
        names = [each['frame']['id'] for each in tree.get('childFrames', [])
                 if frame in each['frame']['url']]
        if not names:
            return None
        world = self.send('Page.createIsolatedWorld', frameId=names[0])['executionContextId']
        return self._evaluate(expression, contextId=world)

    def _evaluate(self, expression: str, **options: Any) -> Any:
        answer = self.send('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True, **options)
        if 'exceptionDetails' in answer:
            raise RuntimeError(answer['exceptionDetails'])
        return answer['result'].get('value')

    def before_each_page(self, script: str) -> None:
        """Run a script in every page from now on, before its own."""
        self.send('Page.addScriptToEvaluateOnNewDocument', source=script)

    def navigate(self, url: str) -> None:
        """Leave the page for another."""
        self.send('Page.navigate', url=url)

    def resize(self, width: int, height: int, *, scale: float = 1, touch: bool = False) -> None:
        """Give the page a window of this size, of a phone where it is for `touch`."""
        self.send('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=scale, mobile=touch)
        self.send('Emulation.setTouchEmulationEnabled', enabled=touch)

    def prefer(self, **features: str) -> None:
        """Set what the user prefers, by media feature: color_scheme='dark'."""
        self.send('Emulation.setEmulatedMedia', features=[
            {'name': f'prefers-{name.replace("_", "-")}', 'value': value}
            for name, value in features.items()])

    def click(self, selector: str) -> None:
        """Click the middle of an element as a hand does."""
        x, y = self.evaluate(
            f'(box => [box.x + box.width / 2, box.y + box.height / 2])'
            f'(document.querySelector({json.dumps(selector)}).getBoundingClientRect())',
            gesture=False)
        for kind in ('mousePressed', 'mouseReleased'):
            self.send('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def write(self, text: str) -> None:
        """Write into what has the focus."""
        self.send('Input.insertText', text=text)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press and let go of a key, by its name in the DOM."""
        code = {'Enter': 13, 'Escape': 27, 'Tab': 9, ' ': 32}.get(key, ord(key[0].upper()))
        printed = {'Enter': '\r'}.get(key, key if len(key) == 1 else '')
        common = {'key': key, 'windowsVirtualKeyCode': code, 'modifiers': 8 if shift else 0}
        self.send('Input.dispatchKeyEvent', type='keyDown', **common,
                  **({'text': printed} if printed else {}))
        self.send('Input.dispatchKeyEvent', type='keyUp', **common)

    def screenshot(self, file: pathlib.Path) -> None:
        """Save what is seen as a PNG."""
        file.write_bytes(base64.b64decode(self.send('Page.captureScreenshot')['data']))

    def __enter__(self) -> Page:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End the browser."""
        os.close(self._write)
        self._process.terminate()
        self._process.wait(30)
        os.close(self._read)
