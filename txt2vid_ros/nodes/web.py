"""The web node: the page, the streams, WebRTC and events for browsers, on one address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
from typing import Any, TYPE_CHECKING

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from hri_msgs.msg import LiveSpeech
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Bool, Float64, String
from std_srvs.srv import Trigger
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import BROWSER
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.core.registry import not_installed, WEB_PACKAGES
from txt2vid_ros.core.storage.last_port import LastPort, port_file
from txt2vid_ros.media.output.http_address import http_url, is_plain_url, ways_to_watch
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.nodes.parts.call_topics import CallTopics
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.monitoring.statement import Statement
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.speech_input import SpeechInput

if TYPE_CHECKING:
    from txt2vid_ros.web.face_media import FaceMedia

IMPORTED_LATER = ('txt2vid_ros.web.server.server', 'txt2vid_ros.web.face_media')
"""Who only wants its help or its name need not wait for that; a process from which it is forked
imports it before (core/process/forking/)."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the web node."""

    http: str = parameter('127.0.0.1:8080', 'HOST:PORT for viewers')
    token: str = parameter('', 'secret that viewers have to give, once as ?token= and from then '
                           'on by a cookie; on an address that other machines reach, this, '
                           'token_file or insecure has to be set')
    token_file: str = parameter('', 'file that holds it: other users see parameters, not this')
    insecure: bool = parameter(False, 'whether everybody who reaches the address may watch and '
                               'speak')
    tls_cert: str = parameter('', 'certificate (PEM) to serve https; without, browsers give no '
                              'microphone to pages of other machines')
    tls_key: str = parameter('', 'its key (PEM); empty where tls_cert holds both')
    allowed_origins: tuple[str, ...] = parameter(
        (), 'origins, as https://example.org, whose pages may frame and use the face')
    allowed_hosts: tuple[str, ...] = parameter(
        (), 'names, besides the address itself, under which browsers may reach it')
    max_viewers: int = parameter(50, 'viewers at a time, of each way to watch, and pages',
                                 minimum=1, maximum=1000)
    max_connections: int = parameter(400, 'connections at a time', minimum=8, maximum=100_000)
    ice_servers: tuple[str, ...] = parameter(
        (), 'STUN and TURN servers for WebRTC: stun:HOST:PORT, USER:PASSWORD@turn:HOST:PORT')
    push: str = parameter('', 'whip://HOST/PATH (https: whips://) to send the face to; several '
                          'separated by spaces')


class WebNode(ManagedNode):
    """Maps topics to a WebServer and its RtcService, and what pages ask for to topics."""

    NAME = 'web'
    RATE_OF = 'pictures'
    Parameters = Parameters

    def configure(self) -> None:
        """Bind the address and begin to serve. Raises UserError."""
        if missing := not_installed(*WEB_PACKAGES):
            raise UserError(f'the node web needs the Python package {" and ".join(missing)}',
                            'Run: pip install "txt2vid_ros[web]", or leave it out: web:=false')
        # Not for those who only want its help or its name.
        from txt2vid_ros.web.server.events.captions import CaptionEvents
        from txt2vid_ros.web.server.server import WebServer
        from txt2vid_ros.web.server.settings import WebSettings
        self._speech = SpeechTimeline()
        self._captions = CaptionEvents()
        self._speakers: list[dict[str, str]] = []
        self._hello: dict[str, Any] = {}
        self._listening = False
        self._media: FaceMedia | None = None
        self._text = self.publisher(String, 'text', qos.TEXT)
        self._heard = self.publisher(LiveSpeech, 'heard', qos.SPEECH)
        self._mic = self.publisher(AudioDataStamped, 'mic/audio', qos.AUDIO)
        self._mic_info = Statement(self, AudioInfo, 'mic/audio_info', self._is_only_microphone)
        self._lead_request = self.publisher(Float64, 'voice/lead', qos.LEAD)
        given = {name: value for name, value in dataclasses.asdict(self.parameters).items()
                 if name in {field.name for field in dataclasses.fields(WebSettings)}}
        self._call = CallTopics(
            self, lambda event: self._server.parts.hub.post(event),
            lambda: self._server.parts.health.nodes().get('link'))
        place = self.context.get_domain_id(), self.get_namespace()
        kept = port_file(*place)
        self._server = WebServer(WebSettings(**given, port_file=kept), self, self._make_media,
                                 self._call)
        self.until_cleanup(self._server.close)
        self._server.start()
        # Viewers who come back after a crash of this node need not wait for stream/url.
        if stream := LastPort(port_file(*place, 'stream')).read():
            self._server.stream_at(http_url('127.0.0.1', stream))

    def start(self) -> None:
        """Begin to follow the graph."""
        self._interrupt = self.create_client(Trigger, 'tts/interrupt')
        self._input = SpeechInput(self, self._speech, cut=self._cut)
        post = self._server.parts.hub.post
        for kind, topic, take, profile in (
                (LiveSpeech, 'voice/caption', self._on_caption, qos.CAPTION),
                (LiveSpeech, 'speech', self._on_heard, qos.SPEECH),
                (Bool, 'voice/speaking', lambda message: post(
                    {'type': 'speaking', 'value': message.data}), qos.SPEAKING),
                (Bool, 'is_speaking', lambda message: post(
                    {'type': 'listening', 'value': message.data}), qos.SPEAKING),
                (String, 'stream/url', self._on_stream, qos.INFO),
                (DiagnosticArray, 'voice/speakers', self._on_speakers, qos.INFO),
                (DiagnosticArray, '/diagnostics', self._on_diagnostics, qos.TEXT)):
            self.create_subscription(kind, topic, take, profile,
                                     qos_overriding_options=qos.overridable())
        self._call.listen()
        self.create_timer(1.0, self._each_second)
        self._mic_info.state(messages.audio_info(SPEECH_RATE))
        self._listening = True
        self.until_deactivate(self._stop_listening)
        self._tell_hello()
        for line in self._ways_to_watch():
            self.get_logger().info(line)

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return who uses it, and what went wrong, by kind."""
        parts = self._server.parts
        figures = parts.figures()
        errors = parts.counters.figures()
        wrong = [each for each in (
            '' if parts.relay.url else 'waiting for the stream', parts.budget.shortage()) if each]
        return ('warn' if wrong else 'ok',
                '; '.join(wrong) or f'{figures["viewers"]:.0f} viewers',
                {**figures, **errors, **parts.health.measured_lately(),
                 'drops': errors['slow_viewers'] + errors['slow_pages']})

    # What pages ask for, in the server's loop ---------------------------------------------------

    def say(self, text: str, speaker: str) -> str:
        """Have a text spoken; return '' or why not."""
        if not self._can_say():
            return 'nothing speaks here at present'
        if speaker in ('', DEFAULT):
            self._text.publish(String(data=text))
        else:
            self._heard.publish(messages.to_speech(
                speaker, self.ros_clock.now(), '', 1.0, final=text))
        return ''

    def interrupt(self, answer: Callable[[str], None]) -> None:
        """Silence the face; `answer` gets '' or why not."""
        if not self._listening or not self._interrupt.service_is_ready():
            answer('nothing speaks here at present')
            return
        future = self._interrupt.call_async(Trigger.Request())
        future.add_done_callback(lambda done: answer(
            '' if done.result() is not None and done.result().success else 'it was not silenced'))

    def measured(self, figures: dict[str, float]) -> None:
        """Take what a page measured of its own playing."""
        self._server.parts.health.measured(figures)

    def now(self) -> int:
        """Return the present ROS time in nanoseconds."""
        return self.ros_clock.now()

    # WebRTC -------------------------------------------------------------------------------------

    def _make_media(self) -> FaceMedia:
        from txt2vid_ros.web.face_media import FaceMedia, RtcSettings
        table = self.parameters
        self._media = FaceMedia(
            RtcSettings(self._server.host, table.ice_servers, table.push.split(),
                        table.max_viewers),
            self._speech, self.ros_clock, self._hear, self.add_problem,
            self._server.is_allowed_origin, self._server.parts.budget)
        return self._media

    def _hear(self, stamp: int, samples: NDArray[np.float32]) -> None:
        """Publish what the microphone of a browser has captured."""
        self._mic.publish(messages.to_audio(BROWSER, stamp, samples))

    def _cut(self, stamp: int) -> int:
        """Return where an utterance ends that is to end at `stamp`: after what has been coded."""
        return stamp if self._media is None else max(stamp, self._media.heard_until)

    # From the topics ----------------------------------------------------------------------------

    def _on_stream(self, message: String) -> None:
        if is_plain_url(message.data):
            self._server.stream_at(message.data)
        else:
            self.report_refusal(f'stream/url {message.data[:100]!r} is no http://HOST:PORT and is '
                                'not used')

    def _on_caption(self, message: LiveSpeech) -> None:
        self._server.parts.hub.post(self._captions.event(
            message.header.frame_id or DEFAULT, messages.from_time(message.header.stamp),
            message.incremental, message.final, self.ros_clock.now()))

    def _on_heard(self, message: LiveSpeech) -> None:
        from txt2vid_ros.web.server.events.captions import heard_event
        if message.incremental or message.final:
            self._server.parts.hub.post(heard_event(
                message.header.frame_id or DEFAULT, messages.from_time(message.header.stamp),
                message.incremental, message.final))

    def _on_speakers(self, message: DiagnosticArray) -> None:
        self._speakers = [{'id': speaker, 'name': speaker.replace('_', ' ').title()}
                          for speaker, _, _ in messages.from_speakers(message)]
        self._tell_hello()

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for told in messages.from_diagnostics(message, self.get_namespace()):
            self._server.parts.health.observe(
                told.node, told.level, told.line, told.values)

    # Every second -------------------------------------------------------------------------------

    def _each_second(self) -> None:
        self._speech.forget(self.ros_clock.now() / SECOND)
        if self._media is not None:
            self._lead_request.publish(Float64(
                data=self._media.lead_seconds + self._input.delay.lead_time))
        self._mic_info.uphold()
        self._tell_hello()
        self._call.tell()
        parts = self._server.parts
        parts.hub.post({
            'type': 'state', 'level': parts.health.level(),
            'nodes': {name: state.shown for name, state in parts.health.nodes().items()},
            'figures': {**parts.health.figures(), **parts.figures()}})

    def _tell_hello(self) -> None:
        """Tell pages who speaks and what they can do, where that has changed."""
        hello = {
            'type': 'hello', 'version': 1, 'synthetic': True, 'speaker': DEFAULT,
            'speakers': self._speakers, 'can': {
                'say': self._can_say(), 'talk': self._can_talk(), 'secure': self._server.secure},
            'ice_servers': self._media.ice_servers if self._media is not None else []}
        if hello != self._hello:
            self._hello = hello
            self._server.parts.hub.post(hello)

    def _can_say(self) -> bool:
        return self._listening and self._text.get_subscription_count() > 0

    def _can_talk(self) -> bool:
        """Return whether somebody listens to mic/audio, and no microphone of this machine."""
        return (self._listening and self._media is not None
                and self._mic.get_subscription_count() > 0
                and self._is_only_microphone())

    def _is_only_microphone(self) -> bool:
        return bool(self.count_publishers('mic/audio') < 2)

    def _stop_listening(self) -> None:
        self._listening = False
        self._tell_hello()

    def _ways_to_watch(self) -> list[str]:
        lines = ways_to_watch(self._server.url, '?token=...' if self._server.needs_token else '')
        if self._server.needs_token:
            lines.append('the token is what web.token or web.token_file says')
        elif self._server.open_to_all:
            lines.append(f'everybody who reaches {self.parameters.http} may watch and speak '
                         '(web.insecure)')
        return lines


def main() -> int:
    """Run the node."""
    return run(WebNode)


if __name__ == '__main__':
    end_process(main())
