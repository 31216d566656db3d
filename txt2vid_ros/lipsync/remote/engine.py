"""The engine `ray://HOST[:PORT]`: Wav2Lip elsewhere, and an engine here while it is away."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.address import HostPort
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.mouth import MouthTrack, SHAPES
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
from txt2vid_ros.lipsync.remote.client import MouthClient, ReplicaAway
from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipEngine, Wav2LipSession
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Generator, Mouth
from txt2vid_ros.lipsync.wav2lip.locate import locate
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from txt2vid_ros.media.speech_timeline import SpeechTimeline


@dataclasses.dataclass(frozen=True)
class RayOptions:
    """What a user may set about mouths from other machines; how they look is Wav2Lip's."""

    deadline_ms: float = parameter(
        200.0, 'milliseconds that a mouth may take; after one that took longer the engine here '
        'makes them, until the others answer in time again', minimum=10.0, maximum=1000.0)
    fallback: str = parameter(
        'auto', 'engine here while the others are away; auto: wav2lip where its weights are, else '
        'viseme', choices=('auto', 'wav2lip', 'viseme'))

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        check_fields(self)


class _RemoteGenerator(Generator[Crop, Crop]):
    """The network as Wav2Lip's session uses it."""

    name: ClassVar[str] = 'ray'

    def __init__(self, client: MouthClient) -> None:
        self._client = client

    def encode(self, crop: Crop) -> Crop:
        return crop

    def features(self, encoded: Crop) -> Crop:
        return encoded

    def mouths(self, windows: NDArray[np.float32], features: Sequence[Crop]) -> list[Mouth]:
        return self._client.mouths(windows, features)

    def size_of(self, encoded: Crop) -> int:
        return encoded.nbytes


class RaySession(LipSyncSession):
    """One face, with mouths from elsewhere where they come in time, else from here."""

    def __init__(self, remote: LipSyncSession, local: LipSyncSession, client: MouthClient
                 ) -> None:
        """Close both with this session; `client` tells whether it is worth asking."""
        self.notices = tuple(dict.fromkeys(remote.notices + local.notices))
        self.batch_size = remote.batch_size
        self._remote = remote
        self._local = local
        self._client = client

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """Return the picture to be shown at `time`, based on driving frame `driving_index`."""
        return self.render_batch([time], [driving_index], speech)[0]

    def render_batch(self, times: Sequence[float], driving_indices: Sequence[int],
                     speech: SpeechView) -> list[Frame]:
        """Return several pictures, all from one of the two."""
        if self._client.present:
            try:
                frames = self._remote.render_batch(times, driving_indices, speech)
            except ReplicaAway:
                pass        # the client has said so, and looks for its return
            else:
                self.mouth_moved = self._remote.mouth_moved
                return frames
        frames = self._local.render_batch(times, driving_indices, speech)
        self.mouth_moved = self._local.mouth_moved
        return frames

    def between(self, blended: Frame, time: float, around: tuple[float, float],
                speech: SpeechView) -> Frame:
        """Have the engine here mend the blend, if it made both pictures; it knows whether."""
        return self._local.between(blended, time, around, speech)

    @property
    def trouble(self) -> str:
        """Return why mouths are made here; '' while they come from elsewhere."""
        return '' if self._client.present else f'mouths are made here: {self._client.why_away}'

    def express(self, expressions: ExpressionTimeline) -> bool:
        """Show them where the engine here can, while it shows the face; else they are not."""
        self._local.express(expressions)
        return False

    def close(self) -> None:
        """Release both; may be called twice."""
        self._remote.close()
        self._local.close()


class RayEngine(LipSyncEngine):
    """
    Wav2Lip on other machines, reached over HTTP, with an engine of this machine beside it.

    The face is found and the mouth pasted here, where the pictures are; the network alone runs
    elsewhere, and needs no Ray here.
    """

    name: ClassVar[str] = 'ray'
    Options: ClassVar[type[Any] | None] = RayOptions
    look_ahead: ClassVar[float] = Wav2LipEngine.look_ahead

    def __init__(self, address: HostPort, options: RayOptions, wav2lip: Wav2LipOptions,
                 fallback: LipSyncEngine) -> None:
        """Load nothing yet. Raises UserError."""
        if wav2lip.rest == 'closed':
            raise UserError('wav2lip.rest closed does not work with ray://',
                            'Use a face whose mouth is closed, or wav2lip.rest=driving.')
        # Either may make the next picture.
        vars(self)['look_ahead'] = max(self.look_ahead, fallback.look_ahead)
        self._wav2lip = wav2lip
        self._fallback = fallback
        self._finder = Wav2LipEngine(wav2lip)
        self._client = MouthClient(address, options.deadline_ms / 1000)
        self._queue: MouthQueue[Crop, Crop] = MouthQueue(_RemoteGenerator(self._client))

    def load(self) -> None:
        """Load the engine of this machine; that of the others may be away. Raises UserError."""
        self._fallback.load()
        self._client.start()

    def quarter_turns(self, frame: Frame) -> int:
        """Return how many quarter turns clockwise bring the face in a frame upright."""
        return self._finder.quarter_turns(frame)

    def open(self, driving: DrivingMedia) -> RaySession:  # noqa: A003
        """Find the face of `driving`. Raises UserError."""
        local = self._fallback.open(driving)
        try:
            # The first picture takes longer than others, and is then needed at once.
            local.render(0.0, 0, _somebody_speaking())
            remote = Wav2LipSession(driving, locate(driving, self._wav2lip),
                                    self._queue, self._wav2lip)
        except BaseException:
            local.close()
            raise
        session = RaySession(remote, local, self._client)
        if not self._client.present:
            session.notices += (f'the mouths are made here for now: {self._client.why_away}',)
        return session

    def close(self) -> None:
        """Hang up and release the engine of this machine; may be called twice."""
        self._queue.close()
        self._client.close()
        self._fallback.close()


def _somebody_speaking() -> SpeechTimeline:
    """Return half a second of a tone, with a mouth that is open."""
    speech = SpeechTimeline()
    tone = np.sin(np.arange(SPEECH_RATE // 2) * 0.2).astype(np.float32)
    speech.push('', 0, tone, SPEECH_RATE)
    speech.push_mouth('', MouthTrack(np.array([-1.0, 1.0]), np.ones((2, len(SHAPES)), np.float32)))
    return speech
