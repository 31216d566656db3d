"""The window node: shows the face on a screen of this machine."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import threading
from typing import Any

from txt2vid_ros.media.screen.presenter import Presenter
from txt2vid_ros.media.screen.window import SdlWindow
from txt2vid_ros.ros.middleware.transports import Pictures
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.pictures.picture_input import PictureInput
from txt2vid_ros.ros.running import end_process, run

OPENING_SECONDS = 20.0
TITLE = 'txt2vid: synthetic face and voice'


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the window node."""

    full_screen: bool = parameter(True, 'whether the face fills the screen, without a cursor')
    screen: int = parameter(0, 'number of the screen, from 0', minimum=0, maximum=63)
    latency: float = parameter(0.0, 'seconds that the screen itself takes from getting a picture '
                               'to showing it: it gets each that much before its time',
                               minimum=0.0, maximum=0.5)


class WindowNode(ManagedNode):
    """Maps face/image_raw to a Presenter; closing its window ends it."""

    NAME = 'window'
    RATE_OF = 'shown'
    Parameters = Parameters
    PICTURES = Pictures(received=True)

    def configure(self) -> None:
        """Prepare to take pictures; the window opens once the node is active."""
        self._pictures = PictureInput(
            self, self.parameters.latency, lambda stamp, frame: self._presenter.push(stamp, frame))

    def start(self) -> None:
        """Open the window. Raises UserError where that cannot be."""
        table = self.parameters
        self._presenter = Presenter(
            self.ros_clock, lambda: SdlWindow(TITLE, table.full_screen, table.screen),
            table.latency)
        self.work('window', self._show)
        self._presenter.wait_opened(OPENING_SECONDS)
        self._pictures.listen()
        self.get_logger().info('the window is open; Escape or q closes it')

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return how many pictures were shown, and how late."""
        return 'ok', 'closed by the user' if self._presenter.closed else 'showing', {
            'shown': self._presenter.shown,
            **self._presenter.lateness.figures('lateness_ms'),
            'frame_lead_wanted_ms': self._pictures.lead * 1000}

    def _show(self, stop: threading.Event) -> None:
        self._presenter.run(stop)
        if self._presenter.closed:
            self.get_logger().info('the window was closed; this node ends, the others go on')
            self.end()


def main() -> int:
    """Run the node."""
    return run(WindowNode)


if __name__ == '__main__':
    end_process(main())
