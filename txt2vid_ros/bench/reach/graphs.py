"""The processes that are killed: a face with all that it can have, who calls it, a playout."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import io
import os
from pathlib import Path
import threading

from txt2vid_ros import graph
from txt2vid_ros.bench.reach.machine import CARD
from txt2vid_ros.bench.rig.running_graph import free_port
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.supervisor import Supervisor

FACE, CALLER, SPEAKER = 'face', 'caller', 'audio'
"""The namespaces, below that of the test."""
AGAIN = Backoff(first=0.5, largest=0.5)
NEVER = 1 << 30
SILENCE = 'mic.source=silence'
SMALL: Mapping[str, str] = {'tts': 'clap', 'engine': 'flash', 'width': '160', 'height': '120'}


@dataclasses.dataclass(frozen=True)
class Process:
    """A node of one of the graphs."""

    namespace: str
    node: str
    command: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return what it is called in the figures."""
        part = self.namespace.rpartition('/')[2]
        return self.node if part == FACE else f'{self.node} of {part}'


def processes(root: str, folder: Path, *, loudspeaker: bool, window: bool) -> list[Process]:
    """Return all of them, in namespaces below `root`; what they keep goes into `folder`."""
    port = free_port()
    face = {**SMALL, 'mic': 'true', 'responder': 'echo', 'link': 'udp',
            'link_address': f'127.0.0.1:{port}', 'http': f'127.0.0.1:{free_port()}',
            'loudspeaker_device': CARD if loudspeaker else '', 'window': str(window).lower()}
    link = {'link': 'udp', 'link_address': f'127.0.0.1:{port}'}
    return [
        *_of('live', face, f'{root}/{FACE}', [
            SILENCE, 'tts.interrupt_on_new_text=true', 'stt.mute_while_speaking=false',
            f'link.state_file={folder / "face.state"}']),
        *_of('sender', link, f'{root}/{CALLER}', [
            SILENCE, f'link.state_file={folder / "caller.state"}']),
        *[each for each in _of('receiver', {'mode': 'audio'}, f'{root}/{SPEAKER}', [])
          if each.node == 'playout']]


def _of(name: str, arguments: Mapping[str, str], namespace: str, settings: list[str]
        ) -> list[Process]:
    specs = graph.with_parameters(graph.nodes(name, arguments, namespace), settings)
    return [Process(namespace, spec.name, tuple(graph.command(spec, name))) for spec in specs]


class Running:
    """The processes under a supervisor that never gives one up; use as a context manager."""

    def __init__(self, chosen: list[Process], environment: Mapping[str, str]) -> None:
        """Start them."""
        self._said = io.StringIO()
        self._supervisor = Supervisor(
            {each.label: each.command for each in chosen},
            {**graph.ENVIRONMENT, **os.environ, **environment}, self._said,
            restarts=lambda: RestartPolicy(NEVER, backoff=AGAIN))
        self._thread = threading.Thread(target=self._supervisor.run, name='supervisor')
        self._thread.start()

    @property
    def log(self) -> str:
        """Return what they have printed."""
        return self._said.getvalue()

    @property
    def alive(self) -> bool:
        """Return whether they are looked after: one whose settings are wrong ends all."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End them."""
        self._supervisor.stop()
        self._thread.join()
