"""A node that comes back is reached by those who were there before, and visitors harm nobody."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re
import signal

from graph_harness import Command, eventually, FAST, TalkingHead
import pytest

NODES = 'tts', 'lipsync', 'stream', 'say', 'web'
KILLS = int(os.environ.get('TXT2VID_KILLS', '1'))
"""How often each node is killed; docs/ros.md has the figures for 50."""
VISITORS = int(os.environ.get('TXT2VID_VISITORS', '4'))
IN_A_ROW = 10
"""Messages after its return of which none may be lost."""


class PlainClient(Command):
    """A process with nothing but rclpy, in the domain of a talking head."""

    def __init__(self, head: TalkingHead, *words: str) -> None:
        super().__init__(head.folder, *words, module='plain_client', domain=head.domain,
                         environment={'PYTHONPATH': str(Path(__file__).parent)})

    def numbers(self, kind: str, name: str = '', after: int = 0) -> list[int]:
        """Return the numbers on its lines of a kind about a node, from line `after` on."""
        pattern = re.compile(f'{kind} {name} ?(\\d+)' if name else f'{kind} (\\d+)')
        return [int(found[1]) for line in self.lines[after:]
                if (found := pattern.fullmatch(line.strip()))]


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    options = [word for word in FAST if word not in ('--web', 'false')]
    with TalkingHead(tmp_path_factory.mktemp('reach'), *options, '--skills', 'true', '--web',
                     'true', '--param', 'tts.max_characters=5', '--param',
                     'tts.interrupt_on_new_text=true') as head:
        yield head.ready()


def heard(head: TalkingHead) -> set[int]:
    """Return the lengths of the texts that tts has received, which it cuts."""
    return {int(each) for each in re.findall(r'a text of (\d+) characters is cut', head.text)}


def assert_nothing_is_lost(head: TalkingHead, client: PlainClient, pids: dict[str, int]) -> None:
    """Wait until each node is reached; then assert that it gets and answers all that is sent."""
    begin = len(client.lines)
    for name, pid in pids.items():
        eventually(lambda name=name: client.numbers('answer', name, begin), f'an answer of {name}')
        eventually(lambda name=name, pid=pid: any(
            each not in (0, pid) for each in client.numbers('pid', name, begin)),
            f'the diagnostics of {name}')
    eventually(lambda: heard(head) & {*client.numbers('text', after=begin)}, 'a text is heard')
    begin = len(client.lines)
    eventually(lambda: len(client.numbers('text', after=begin)) >= IN_A_ROW, 'texts')
    texts = client.numbers('text', after=begin)[:IN_A_ROW]
    eventually(lambda: {*texts} <= heard(head), f'all of {texts}')
    for name in pids:
        eventually(lambda name=name: {*texts} <= {*client.numbers('answer', name)},
                   f'all answers of {name}')


def test_a_node_that_was_killed_is_reached_by_a_client_that_was_there_before(
        head: TalkingHead) -> None:
    with PlainClient(head, 'live', head.namespace, *NODES) as client:
        assert_nothing_is_lost(head, client, dict.fromkeys(NODES, 0))
        for _ in range(KILLS):
            head.remember()
            pids = {name: head.node_pid(name) for name in NODES}
            for pid in pids.values():
                os.kill(pid, signal.SIGKILL)
            assert_nothing_is_lost(head, client, pids)


def test_after_many_visitors_who_was_there_is_still_heard(head: TalkingHead) -> None:
    with PlainClient(head, 'live', head.namespace, *NODES) as client:
        with PlainClient(head, 'visit', head.namespace, '5000', str(5000 + VISITORS)) as visitors:
            assert visitors.wait(60.0 + 3 * VISITORS) == 0, visitors.text
        eventually(lambda: {*range(5000, 5000 + VISITORS)} <= heard(head), 'all visitors')
        assert_nothing_is_lost(head, client, dict.fromkeys(NODES, 0))


def test_nothing_of_those_that_were_killed_is_left(head: TalkingHead) -> None:
    assert head.stop() == 0
