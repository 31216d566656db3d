"""The face node: stamped speech in, stamped pictures of a speaking face out."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

import cv2
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory

from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.core.options import made, OptionTables
from txt2vid_ros.core.people import DEFAULT, People, speaker_of
from txt2vid_ros.lipsync.choice import engine_options, make_engine
from txt2vid_ros.lipsync.engine import Frame
from txt2vid_ros.lipsync.render_loop import AnimatedFace, RenderLoop
from txt2vid_ros.media.driving.driving_media import load_driving
from txt2vid_ros.media.driving.options import DrivingOptions
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.lead_request import LeadRequest
from txt2vid_ros.ros.sound.speech_input import SpeechInput
from txt2vid_ros.ros.transports import prepare_for_pictures

FACE = 'face'
"""The prefix of the parameters of the face."""


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The parameters of the lipsync node."""

    engine: str = parameter('auto', 'lip-sync engine; auto: wav2lip where its weights are '
                            'verified, else viseme')
    people: str = parameter('', 'file that maps speaker ids to voices and faces')
    width: int = parameter(640, 'pixels', minimum=16, maximum=3840)
    height: int = parameter(480, 'pixels', minimum=16, maximum=2160)
    fps: float = parameter(25.0, 'frames a second', minimum=1.0, maximum=120.0)
    frame_id: str = parameter('', 'tf frame of the pictures; empty: NAMESPACE/face')
    lead: float = parameter(0.06, 'seconds from publishing a frame to its being seen, until '
                            'who shows them has requested a lead', minimum=0.0, maximum=2.0)
    lead_max: float = parameter(0.25, 'seconds that the lead never exceeds',
                                minimum=0.0, maximum=2.0)
    jpeg_quality: int = parameter(85, 'of face/image_raw/compressed', minimum=1, maximum=100,
                                  live=True)


@dataclasses.dataclass(frozen=True)
class FaceFile:
    """The face itself; its parameters have the prefix face. like those of DrivingOptions."""

    file: str = parameter('', 'picture or video of the speaker; empty for the built-in portrait')


class LipsyncNode(ManagedNode):
    """Maps topics to a RenderLoop and its frames to topics."""

    NAME = 'lipsync'
    Parameters = Parameters

    def option_tables(self, table: Any) -> OptionTables:
        """Return the options of the engine and of the face."""
        engines = engine_options(table.engine, 'lipsync.engine')
        return OptionTables(
            {**engines.tables, FACE: [FaceFile, DrivingOptions]}, engines.unused,
            {'engine_options': [*engines.tables], 'face_options': [FACE]},
            {'face': f'{FACE}.file'})

    def configure(self) -> None:
        """Load the engine and prepare the faces of all speakers."""
        table = self.parameters
        self._people = People.load(table.people)
        self._engine, why = make_engine(table.engine, self.options, 'lipsync.engine')
        self.get_logger().info(why)
        self.until_cleanup(self._engine.close)
        self._engine.load()
        self._grid = FrameGrid.at(table.fps)
        self._speech = SpeechTimeline()
        self._face = made(FaceFile, FACE, self.options).file
        self._faces: dict[str, AnimatedFace] = {}
        for person in self._people:
            self._open(person.face or self._face)
        self._render_loop = RenderLoop(
            self._grid, self._faces, self._face_of, self._speech, self.ros_clock, self._publish,
            lambda: self._lead.seconds)
        self._raw = self.publisher(Image, 'face/image_raw', qos.IMAGE)
        # Where the pictures are remapped to, these go too, as viewers look for them there.
        raw = self._raw.topic_name
        self._compressed = self.publisher(CompressedImage, f'{raw}/compressed', qos.IMAGE)
        self._camera_info = self.publisher(
            CameraInfo, f'{raw.rpartition("/")[0]}/camera_info', qos.IMAGE)
        self._frame_id = table.frame_id or f'{self.get_namespace().strip("/")}/face'.strip('/')
        self._lead_request = self.publisher(Float64, 'voice/lead', qos.LEAD)

    def start(self) -> None:
        """Start to listen and to show the face."""
        self._input = SpeechInput(self, self._speech, ended=self._ended)
        self.create_subscription(JointTrajectory, 'voice/mouth', self._input.on_mouth, qos.MOUTH,
                                 qos_overriding_options=qos.overridable())
        self._lead = LeadRequest(self, self.parameters.lead, self.parameters.lead_max, 'face/lead')
        self.create_timer(1.0, self._request_lead)
        self.work('render loop', self._render_loop.run)
        self._request_lead()
        self.get_logger().info('showing the face')

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, leads and the time a frame takes."""
        statistics = self._render_loop.statistics
        slow = ' '.join(filter(None, (
            face.rate_control.status() for face in self._faces.values())))
        return 'warn' if slow else 'ok', slow or f'engine {self._engine.name}', {
            'frames': statistics.frames, 'skipped': statistics.skipped,
            'render_ms_p98': self._render_loop.render_time.lead_time * 1000,
            'frame_lead_ms': self._lead.seconds * 1000,
            'voice_lead_ms': self._voice_lead() * 1000}

    def _open(self, file: str) -> None:
        if file in self._faces:
            return
        table = self.parameters
        options = made(DrivingOptions, FACE, self.options)
        driving = load_driving(file, width=table.width, height=table.height, options=options,
                               upright=self._engine.quarter_turns)
        session = self._engine.open(driving)
        self.until_cleanup(session.close)
        for line in dict.fromkeys(driving.notices + session.notices):
            self.get_logger().warning(line)
        self._faces[file] = AnimatedFace(driving, session, self._speech, self._grid)

    def _face_of(self, utterance: str | None) -> str:
        # tts warns of a speaker without a profile.
        person = self._people.get(DEFAULT if utterance is None else speaker_of(utterance),
                                  warn=False)
        return str(person.face or self._face)

    def _ended(self, stamp: int) -> None:
        # Frames rendered ahead with speech that is now cut off are rendered again.
        self._render_loop.rewind(stamp)

    def _voice_lead(self) -> float:
        """Return how many seconds before it is heard a first sample has to arrive here."""
        look_ahead, timed = self._engine.look_ahead, self._engine.timed_look_ahead
        if timed is not None and self._input.timed:
            look_ahead = timed
        paced = max(face.rate_control.look_ahead for face in self._faces.values())
        return float(self._lead.seconds + self._render_loop.render_time.lead_time + look_ahead
                     + paced + self._input.delay.lead_time)

    def _request_lead(self) -> None:
        self._lead_request.publish(Float64(data=self._voice_lead()))

    def _publish(self, place: int, frame: Frame) -> None:
        stamp = self._grid.stamp(place)
        frame_id = self._frame_id
        self._raw.publish(messages.to_image(frame, stamp, frame_id))
        if self._compressed.get_subscription_count():
            _, jpeg = cv2.imencode('.jpg', frame, (cv2.IMWRITE_JPEG_QUALITY,
                                                   self.parameters.jpeg_quality))
            self._compressed.publish(messages.to_compressed(jpeg, stamp, frame_id))
        if self._camera_info.get_subscription_count():
            info = CameraInfo(height=frame.shape[0], width=frame.shape[1])
            info.header.stamp = messages.to_time(stamp)
            info.header.frame_id = frame_id
            self._camera_info.publish(info)


def main() -> int:
    """Run the node."""
    prepare_for_pictures()
    return run(LipsyncNode)


if __name__ == '__main__':
    end_process(main())
