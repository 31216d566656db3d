"""A client that lives through all kills: it asks each node, and sends texts along each way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import threading
import time
from typing import Any

from txt2vid_ros.bench.reach.graphs import CALLER, FACE, Process
from txt2vid_ros.core.monitoring.node_states import NodeStates
from txt2vid_ros.core.monitoring.stage_mark import marks_of

WAYS = {'tts': (FACE, 'heard'), 'responder': (FACE, 'speech'), 'link': (CALLER, 'speech')}
"""What a text passes last before tts, and the namespace and topic on which it begins its way."""
ACCEPTED = 'text', 'queued'


class OldClient:
    """All is counted by numbers that are never used twice. Use as a context manager."""

    def __init__(self, root: str, processes: Sequence[Process]) -> None:
        """Join; nothing of ours but messages is used to ask and to send."""
        from diagnostic_msgs.msg import DiagnosticArray
        from hri_msgs.msg import LiveSpeech
        from rcl_interfaces.srv import GetParameters
        from txt2vid_ros.ros import qos
        from txt2vid_ros.ros.side.side_node import SideNode
        self._states = {each.namespace: NodeStates() for each in processes}
        self.changed = threading.Condition()
        self._answered: set[tuple[str, int]] = set()
        self._arrived: set[str] = set()
        self._number = 0
        self._side = SideNode('old_client', root)
        node = self._side.node
        self._clients = {each: node.create_client(
            GetParameters, f'{each.namespace}/{each.node}/get_parameters') for each in processes}
        self._request = GetParameters.Request(names=['autostart'])
        self._texts = {way: node.create_publisher(
            LiveSpeech, f'{root}/{namespace}/{topic}', qos.SPEECH)
            for way, (namespace, topic) in WAYS.items()}
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 100)
        node.create_subscription(
            DiagnosticArray, f'{root}/{FACE}/trace', self._on_trace, qos.TRACE)
        self._side.spin()

    def close(self) -> None:
        """Leave."""
        self._side.close()

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something that was heard makes a condition true; False after `seconds`."""
        with self.changed:
            return self.changed.wait_for(condition, seconds)

    def back_at(self, process: Process, pid: int, killed: float) -> float:
        """Return when the successor of `pid` told first that it works, 0 where it has not yet."""
        state = self._states[process.namespace].nodes().get(process.node)
        if (state is None or state.at < killed or state.loading
                or int(state.figures.get('pid', pid)) == pid):
            return 0.0
        return state.at

    def pid(self, process: Process) -> int:
        """Return the process id that a node told last, 0 where it did not."""
        state = self._states[process.namespace].nodes().get(process.node)
        return 0 if state is None or state.loading else int(state.figures.get('pid', 0))

    def memory(self, process: Process) -> float:
        """Return the resident MB that a node told last."""
        state = self._states[process.namespace].nodes().get(process.node)
        return 0.0 if state is None else state.figures.get('memory_mb', 0.0)

    def ask(self, process: Process) -> tuple[str, int]:
        """Ask a node for a parameter; return what answered() takes."""
        self._number += 1
        asked = process.label, self._number
        self._clients[process].call_async(self._request).add_done_callback(
            lambda _: self._note(self._answered, asked))
        return asked

    def send(self, way: str) -> str:
        """Send a text along a way; return what arrived() takes."""
        from txt2vid_ros.ros import messages
        self._number += 1
        text = f'{way}{self._number}'
        self._texts[way].publish(messages.to_speech(way, time.time_ns(), 'en', 1.0, final=text))
        return text

    def answered(self, asked: tuple[str, int]) -> bool:
        """Return whether a node has answered."""
        return asked in self._answered

    def arrived(self, text: str) -> bool:
        """Return whether tts has accepted a text."""
        return text in self._arrived

    def _note(self, where: set[Any], what: Any) -> None:
        with self.changed:
            where.add(what)
            self.changed.notify_all()

    def _on_diagnostics(self, message: Any) -> None:
        from txt2vid_ros.ros import messages
        with self.changed:
            for namespace, states in self._states.items():
                for told in messages.from_diagnostics(message, namespace):
                    states.observe(told.node, told.level, told.line, told.values)
            self.changed.notify_all()

    def _on_trace(self, message: Any) -> None:
        for mark in marks_of(message):
            if mark.node_name == 'tts' and mark.stage in ACCEPTED:
                self._note(self._arrived, mark.text)
