"""A call between two machines whose path loses, each end at its page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from pathlib import Path
import re

from bad_path import BadPath
import cv2
from graph_harness import eventually
from hearing import words
from machine_process import MachineProcess
import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.bench.rig.chromium import Page, program
from txt2vid_ros.bench.rig.machines import ADDRESSES, Machines
from txt2vid_ros.link import keys

pytestmark = [
    pytest.mark.skipif(program() is None, reason='there is no Chromium; install chromium')]

BAD = BadPath(loss=0.2, duplication=0.05, delay=0.15, jitter=0.05)
PORT = 5710
WIDTH, HEIGHT = 320, 240
CALL = ('-m', 'txt2vid_ros.cli.main', 'call', '--http', '127.0.0.1:0', '--tts', 'clap',
        '--share-face', '--face-budget', '5000', '--width', str(WIDTH), '--height', str(HEIGHT),
        '--fps', '5')
PORTRAITS = Path(__file__).parents[1] / 'portraits'
MIDDLE_COLOUR = f"""(([width, height]) => {{
  const canvas = Object.assign(document.createElement('canvas'), {{ width, height }});
  const context = canvas.getContext('2d');
  context.drawImage(document.getElementById('face'), 0, 0, width, height);
  const {{ data }} = context.getImageData(width / 2 - 60, 60, 120, height - 120);
  return [2, 1, 0].map(part => data.filter((_, at) => at % 4 === part)
    .reduce((sum, value) => sum + value, 0) / (data.length / 4));
}})([{WIDTH}, {HEIGHT}])"""
"""Blue, green and red of what is played, in the middle of the face."""


class Person:
    """Somebody at one end: the call, and its page in a browser on the same machine."""

    def __init__(self, running: contextlib.ExitStack, machine: str, folder: Path, domain: int,
                 *options: str) -> None:
        folder.mkdir()
        self._state = folder / 'state'
        self._running, self._machine, self._folder = running, machine, folder
        self.call = MachineProcess(
            machine, folder, domain, *CALL, '--namespace', f'/end{domain}', *options,
            environment={'XDG_STATE_HOME': str(self._state)})
        running.callback(lambda: print('\n'.join(self.call.lines)))
        running.callback(self.call.close)

    def open(self) -> None:  # noqa: A003
        """Open the page in a browser."""
        self.call.wait_line('watch in a browser')
        url = next(found[1] for line in self.call.lines
                   if (found := re.search(r'watch in a browser: (http://\S+)/', line)))
        self.page = self._running.enter_context(Page(
            f'{url}/call', self._folder / 'profile', ('--mute-audio',),
            within=Machines.within(self._machine)))
        self._running.callback(lambda: print(self.page.evaluate(
            "document.querySelector('#transcript').textContent", gesture=False)))

    def shows(self, selector: str, text: str) -> bool:
        """Return whether an element that is to be seen has a text, as words."""
        seen = str(self.page.evaluate(
            "(element => element?.checkVisibility() ? element.innerText : '')"
            f'(document.querySelector({selector!r}))', gesture=False))
        return ' '.join(words(text)) in ' '.join(words(seen))

    def type(self, text: str) -> None:  # noqa: A003
        """Type a text into the page."""
        self.page.click('#text')
        self.page.write(text)
        self.page.press('Enter')

    def shows_face_of_peer(self) -> bool:
        """Return whether the page plays the face that has come with the peer's card."""
        kept = [cv2.imread(str(file)) for file in self._state.rglob('face.jpg')]
        return any(np.abs(_middle(face) - self.page.evaluate(MIDDLE_COLOUR)).max() < 8
                   for face in kept)


def _middle(face: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean colour of what is shown where the stream of pages has its middle."""
    width = HEIGHT * face.shape[1] // face.shape[0]
    shown = cv2.resize(face, (width, HEIGHT))[60:HEIGHT - 60, width // 2 - 60:width // 2 + 60]
    return np.asarray(shown.mean(axis=(0, 1)))


@pytest.fixture
def people(machines: Machines, tmp_path: Path) -> Iterator[tuple[Person, Person]]:
    """Return who waits and who calls, over a path that loses a fifth."""
    key = tmp_path / 'call.key'
    keys.generate(key)
    there, here = machines.names
    with contextlib.ExitStack() as running:
        port = running.enter_context(BAD.between(machines, there, PORT))
        waits = Person(running, there, tmp_path / 'waits', 43, '--listen',
                       f'{ADDRESSES[0]}:{PORT}', '--key', str(key), '--name', 'Anna', '--me',
                       str(PORTRAITS / 'turned.jpg'), '--voice', 'clap:clap')
        calls = Person(running, here, tmp_path / 'calls', 44, '--peer', f'{ADDRESSES[0]}:{port}',
                       '--key', str(key), '--name', 'Bert', '--me',
                       str(PORTRAITS / 'beard.jpg'), '--voice', 'clap:clap')
        for person in (waits, calls):
            person.open()
        yield waits, calls


def test_two_people_talk_from_page_to_page(people: tuple[Person, Person]) -> None:
    anna, bert = people
    for person, peer in ((anna, 'Bert'), (bert, 'Anna')):
        eventually(lambda person=person: person.shows('#state-text', 'Connected'), 'the call')
        eventually(lambda person=person, peer=peer: person.shows('#peer-name', peer), 'the name')
    # What is typed at one end is read at the other while it is said there.
    for person, peer, text in ((anna, bert, 'Yes'), (bert, anna, 'No')):
        person.type(text)
        eventually(lambda peer=peer, text=text: peer.shows('#said', text), f'what {text} says')
    for person in people:
        eventually(person.shows_face_of_peer, 'the face of the other one')
    # Either is told that the call is over.
    bert.page.click('#hang-up')
    bert.page.click('#go')
    eventually(lambda: bert.shows('#ended', 'The call has ended'), 'the end for who hangs up')
    eventually(lambda: anna.shows('#state-text', 'The other end has hung up'), 'the end')
    assert bert.call.process.wait(60) == 0
    for person in people:
        assert not [each for each in person.page.problems if 'exceptionDetails' in each]
