"""The face node: stamped speech in, stamped pictures of a speaking face out."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory
from txt2vid_ros.core.options import made, OptionTables
from txt2vid_ros.core.people import People
from txt2vid_ros.lipsync.choice import engine_options
from txt2vid_ros.lipsync.engine import Frame
from txt2vid_ros.lipsync.face_set import FACE, FaceFile, FaceSet, FaceSettings
from txt2vid_ros.lipsync.render_loop import RenderLoop
from txt2vid_ros.media.driving.driving_media import face_file
from txt2vid_ros.media.driving.framing import USUAL_PIXELS
from txt2vid_ros.media.driving.options import DrivingOptions
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.expression_input import ExpressionInput
from txt2vid_ros.ros.live_loader import LiveLoader
from txt2vid_ros.ros.middleware.transports import Pictures
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.monitoring.trace_publisher import TracePublisher
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import Declared, parameter
from txt2vid_ros.ros.pictures.picture_output import PictureOutput
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.lead_request import LeadRequest
from txt2vid_ros.ros.sound.speech_input import SpeechInput

OF_FACES = ('engine', 'people', 'width', 'height', 'max_pixels', 'fps')
"""The parameters that the faces are made of, besides all options."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the lipsync node."""

    engine: str = parameter('auto', 'lip-sync engine; auto: wav2lip where its weights are '
                            'verified, else viseme', live=True)
    people: str = parameter('', 'file that maps speaker ids to voices and faces', live=True)
    width: int = parameter(0, 'pixels; 0: it follows from the height, or both are those of the '
                           "default speaker's picture or video", minimum=0, maximum=3840,
                           live=True)
    height: int = parameter(0, 'pixels; as width', minimum=0, maximum=3840, live=True)
    max_pixels: int = parameter(
        USUAL_PIXELS, 'width times height at most, where both are 0: above, the picture or video '
        'is made smaller and keeps its shape', minimum=4096, maximum=3840 * 2160, live=True)
    fps: float = parameter(25.0, 'frames a second', minimum=1.0, maximum=120.0, live=True)
    frame_id: str = parameter('', 'tf frame of the pictures; empty: NAMESPACE/face')
    lead: float = parameter(0.06, 'seconds from publishing a frame to its being seen, until '
                            'who shows them has requested a lead', minimum=0.0, maximum=2.0)
    lead_max: float = parameter(0.25, 'seconds that the lead never exceeds',
                                minimum=0.0, maximum=2.0)
    expressions: bool = parameter(True, 'whether face/expression and face/look_at move the face',
                                  live=True)
    jpeg_quality: int = parameter(85, 'of face/image_raw/compressed', minimum=1, maximum=100,
                                  live=True)


class LipsyncNode(ManagedNode):
    """Maps topics to a RenderLoop and its frames to topics."""

    NAME = 'lipsync'
    Parameters = Parameters
    OPTIONS_BY = ('engine',)
    RATE_OF = 'frames'
    PICTURES = Pictures(sent=True)

    def option_tables(self, table: Any) -> OptionTables:
        """Return the options of the engine and of the face."""
        engines = engine_options(table.engine, 'lipsync.engine')
        return OptionTables(
            {**engines.tables, FACE: [FaceFile, DrivingOptions]}, engines.unused,
            {'engine_options': [*engines.tables], 'face_options': [FACE]},
            {'face': f'{FACE}.file'}, live=True)

    def configure(self) -> None:
        """Load the engine and prepare the faces of all speakers."""
        table = self.parameters
        self._speech, self._expressions = SpeechTimeline(), ExpressionTimeline()
        self._loaded: list[FaceSet] = []
        """The set of faces that is shown, and those that were loaded since."""
        self.until_cleanup(self._close_faces)
        self._shown = self._load(self.declared)
        self._loaded.append(self._shown)
        self._render_loop = RenderLoop(
            self._shown.grid, self._shown.faces, self._shown.face_of, self._speech, self.ros_clock,
            self._publish, lambda: self._lead.seconds)
        self._loader = LiveLoader(self, 'the face', OF_FACES, self._load, self._show, self._drop)
        self.until_cleanup(self._loader.close)
        self._frame_id = table.frame_id or f'{self.get_namespace().strip("/")}/face'.strip('/')
        self._pictures = PictureOutput(self, self._frame_id)
        self._trace = TracePublisher(self, 'frame')
        self._lead_request = self.publisher(Float64, 'voice/lead', qos.LEAD)
        self._expression_input: ExpressionInput | None = None

    def check_parameters(self, declared: Declared[Any]) -> None:
        """Refuse face files that are not there. Raises UserError."""
        face, people = made(FaceFile, FACE, declared.options).file, declared.table.people
        if (face, people) != (made(FaceFile, FACE, self.options).file, self.parameters.people):
            for file in {person.face or face for person in People.load(people)}:
                face_file(file)

    def parameters_changed(self) -> None:
        """Load what is to be shown now beside what is shown."""
        self._loader.follow()
        if self._expression_input is not None:
            self._expression_input.switch(self.parameters.expressions)

    def start(self) -> None:
        """Start to listen and to show the face."""
        self._input = SpeechInput(self, self._speech, ended=self._ended, trace=self._trace)
        self.create_subscription(JointTrajectory, 'voice/mouth', self._input.on_mouth, qos.MOUTH,
                                 qos_overriding_options=qos.overridable())
        self._lead = LeadRequest(self, self.parameters.lead, self.parameters.lead_max, 'face/lead')
        self._expression_input = ExpressionInput(
            self, self._expressions, self._frame_id, lambda: self._shown.expressive)
        self._expression_input.switch(self.parameters.expressions)
        self.create_timer(1.0, self._request_lead)
        self.work('render loop', self._render_loop.run)
        self._request_lead()
        self.get_logger().info('showing the face')

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, leads and the time a frame takes."""
        statistics = self._render_loop.statistics
        slow = ' '.join(filter(None, (
            said for face in self._shown.faces.values()
            for said in (face.rate_control.status(), face.session.trouble))))
        return 'warn' if slow else 'ok', slow or f'engine {self._shown.engine.name}', {
            'frames': statistics.frames, 'drops': statistics.skipped,
            'mouth_every': max(face.rate_control.divisor for face in self._shown.faces.values()),
            **self._render_loop.render_time.delays.figures('render_ms'),
            **self._input.delay.delays.figures('sound_delay_ms'),
            'frame_lead_ms': self._lead.seconds * 1000,
            'voice_lead_ms': self._voice_lead() * 1000}

    def _load(self, declared: Declared[Any]) -> FaceSet:
        table = declared.table
        before = self._loaded[-1] if self._loaded else None
        faces = FaceSet(FaceSettings(
            engine=table.engine, people=table.people, width=table.width, height=table.height,
            max_pixels=table.max_pixels, fps=table.fps, options=dict(declared.options)),
            self._speech, self._expressions, before, self.shared)
        if before is None or before.engine is not faces.engine:
            self.get_logger().info(faces.why)
        for line in faces.notices:
            self.get_logger().warning(line)
        return faces

    def _show(self, faces: FaceSet) -> None:
        self._loaded.append(faces)
        self._render_loop.show(faces.grid, faces.faces, faces.face_of,
                               lambda: self._keep_only(faces))

    def _drop(self, faces: FaceSet) -> None:
        faces.close(*self._loaded)

    def _close_faces(self) -> None:
        for faces in self._loaded:
            faces.close()

    def _keep_only(self, shown: FaceSet) -> None:
        """Release the faces that were shown before these."""
        self._shown = shown
        old = self._loaded[:self._loaded.index(shown)]
        del self._loaded[:len(old)]
        for faces in old:
            faces.close(*self._loaded)

    def _ended(self, stamp: int) -> None:
        # Frames rendered ahead with speech that is now cut off are rendered again.
        self._render_loop.rewind(stamp)

    def _voice_lead(self) -> float:
        """Return how many seconds before it is heard a first sample has to arrive here."""
        engine = self._shown.engine
        look_ahead, timed = engine.look_ahead, engine.timed_look_ahead
        if timed is not None and self._input.timed:
            look_ahead = timed
        paced = max(face.rate_control.look_ahead for face in self._shown.faces.values())
        return float(self._lead.seconds + self._render_loop.render_time.lead_time + look_ahead
                     + paced + self._input.delay.lead_time)

    def _request_lead(self) -> None:
        self._lead_request.publish(Float64(data=self._voice_lead()))

    def _publish(self, place: int, frame: Frame) -> None:
        stamp = self._render_loop.grid.stamp(place)
        made = self.ros_clock.now()
        self._pictures.publish(frame, stamp, self.parameters.jpeg_quality)
        self._trace.reached('frame', stamp, made)


def main() -> int:
    """Run the node."""
    return run(LipsyncNode)


if __name__ == '__main__':
    end_process(main())
