"""A terminal on which what one types is spoken, and which tells what is being spoken."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from rig import TIMEOUT_SECONDS, until
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros.side import terminal
from txt2vid_ros.ros.side.terminal import TypingSession


class FakeClient:
    """A talking head that begins and ends what the test lets it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.begun: dict[str, int] = {}
        self.ended: set[str] = set()
        self.interrupted = 0
        self.silent = False

    def say(self, text: str, speaker: str = '') -> str:
        self.said.append(text)
        return f'{speaker}#{len(self.said)}'

    def wait_begun(self, utterance: str, timeout: float) -> int | None:
        if utterance not in self.begun:
            time.sleep(min(timeout, 0.01))
        return self.begun.get(utterance)

    def wait_ended(self, utterance: str, timeout: float) -> bool:
        if utterance not in self.ended:
            time.sleep(min(timeout, 0.01))
        return utterance in self.ended

    def interrupt(self) -> str:
        if self.silent:
            raise UserError('no tts node answers', 'Start it.')
        self.interrupted += 1
        return '1 utterance ended'


class Shown(list):  # type: ignore[type-arg]
    def has(self, part: str) -> None:
        until(lambda: any(part in line for line in self), part)


def test_what_is_spoken_is_shown_as_it_begins_and_in_order() -> None:
    client, shown = FakeClient(), Shown()
    session = TypingSession(client, 'anna', shown.append)  # type: ignore[arg-type]
    assert session.take('First.') and session.take('  ') and session.take('Second ' + 'x' * 100)
    assert not shown
    client.begun['anna#1'] = time.time_ns()
    shown.has('speaking: First.')
    client.ended.add('anna#1')
    client.begun['anna#2'] = time.time_ns()
    shown.has('...')
    assert len(shown[-1]) < 80
    client.ended.add('anna#2')
    session.wait()
    session.close()
    assert client.said == ['First.', 'Second ' + 'x' * 100]


def test_commands_are_not_spoken() -> None:
    client, shown = FakeClient(), Shown()
    session = TypingSession(client, '', shown.append)  # type: ignore[arg-type]
    assert session.take('/interrupt')
    assert session.take('/help') and session.take('/frobnicate now')
    client.silent = True
    assert session.take('/INTERRUPT')
    assert not session.take('/quit')
    session.close()
    assert client.said == [] and client.interrupted == 1
    for part in ('1 utterance ended', 'Type what', 'there is no /frobnicate', 'no tts node'):
        shown.has(part)


def test_what_is_interrupted_before_its_turn_is_said_not_to_be_spoken() -> None:
    client, shown = FakeClient(), Shown()
    session = TypingSession(client, '', shown.append)  # type: ignore[arg-type]
    session.take('Never heard.')
    client.ended.add('#1')
    shown.has('not spoken: Never heard.')
    session.close()


def test_a_graph_that_has_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, 'TIME_TO_BEGIN', 0.1)
    client, shown = FakeClient(), Shown()
    session = TypingSession(client, '', shown.append)  # type: ignore[arg-type]
    session.take('Is anybody there?')
    shown.has('no answer to: Is anybody there?')
    session.wait()
    session.close()


def test_a_line_that_is_being_typed_survives_what_is_shown() -> None:
    """On a real terminal: half a line is typed, something is shown, the line is finished."""
    leader, follower = pty.openpty()
    cue, given = os.pipe()
    script = (
        'import os, threading\n'
        'from txt2vid_ros.ros.side.terminal import Terminal\n'
        'terminal = Terminal()\n'
        'assert terminal.interactive\n'
        f'show = lambda: (os.read({cue}, 1), terminal.show("speaking: one"))\n'
        'threading.Thread(target=show, daemon=True).start()\n'
        'print("got", terminal.read())\n'
        'print("end", terminal.read())\n')
    with subprocess.Popen([sys.executable, '-c', script], stdin=follower, stdout=follower,
                          stderr=follower, start_new_session=True, pass_fds=[cue]) as child:
        os.close(follower)
        seen = ''

        def read_until(pattern: str) -> None:
            nonlocal seen
            while not (found := re.search(pattern, seen)):
                ready, _, _ = select.select([leader], [], [], TIMEOUT_SECONDS)
                assert ready, f'{pattern} not in {seen!r}'
                seen += os.read(leader, 1000).decode()
            seen = seen[found.end():]

        # Each step waits for the terminal to be ready for it.
        read_until('> ')
        os.write(leader, b'hello ')
        read_until('hello ')
        os.write(given, b'.')
        read_until('speaking: one')
        read_until('> hello ')
        os.write(leader, b'there\n')
        read_until('got hello there')
        read_until('> ')
        os.write(leader, b'\x04')
        read_until('end None')
        assert child.wait(TIMEOUT_SECONDS) == 0
    for file in (leader, cue, given):
        os.close(file)


PIPED = (
    'from txt2vid_ros.core.errors import UserError\n'
    'from txt2vid_ros.ros.side.terminal import Terminal\n'
    'terminal = Terminal()\n'
    'assert not terminal.interactive\n'
    'try:\n'
    '    while (line := terminal.read()) is not None:\n'
    '        print("got", ascii(line), flush=True)\n'
    'except UserError as error:\n'
    '    print("refused", error)\n')


def piped(data: bytes) -> list[str]:
    """Return what a terminal reads, and shows, of piped input."""
    return subprocess.run([sys.executable, '-c', PIPED], input=data, capture_output=True,
                          check=True, timeout=TIMEOUT_SECONDS).stdout.decode().splitlines()


def test_piped_lines_are_read_in_any_encoding_and_a_bad_one_costs_no_other() -> None:
    assert piped('One.\r\nK\xf6ln\rdon\x92t\n\0\1\2\3\nLast'.encode('latin-1')) == [
        "got 'One.'", 'line 2 is not in UTF-8 and was read as Windows-1252', "got 'K\\xf6ln'",
        "got 'don\\u2019t'", 'line 4 holds control characters, which are no text, and is left '
        'out', "got 'Last'"]
    assert piped('Grüße.\r\n'.encode('utf-16')) == ["got 'Gr\\xfc\\xdfe.'"]
    assert piped(b'') == []
    assert piped(b'\x89PNG\r\n\x1a\n') == [
        'refused standard input is a PNG picture, not a text. Give plain text, best in UTF-8.']


def test_a_piped_line_is_read_as_soon_as_it_has_ended() -> None:
    with subprocess.Popen([sys.executable, '-c', PIPED], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        assert child.stdin and child.stdout
        for line in (b'One.\r', b'\nTwo.\r', b'Three.\n'):
            child.stdin.write(line)
            child.stdin.flush()
            assert child.stdout.readline() == b"got '%b'\n" % line.strip()
        child.stdin.close()
        assert child.wait(TIMEOUT_SECONDS) == 0


def test_a_typed_line_that_is_no_utf_8_is_read_too() -> None:
    leader, follower = pty.openpty()
    script = ('from txt2vid_ros.ros.side.terminal import Terminal\n'
              'terminal = Terminal()\n'
              'terminal.interactive = True\n'
              'print("got", ascii(terminal.read()), ascii(terminal.read()))\n')
    with subprocess.Popen([sys.executable, '-c', script], stdin=follower, stdout=subprocess.PIPE,
                          env={**os.environ, 'PYTHONUTF8': '1'}) as child:
        os.close(follower)
        os.write(leader, b'caf\xe9\nau lait\n')
        assert child.stdout
        shown = child.stdout.read().decode()
        assert child.wait(TIMEOUT_SECONDS) == 0
    os.close(leader)
    assert 'was read as Windows-1252' in shown
    assert "got 'caf\\xe9' 'au lait'" in shown
