"""What sound_play does with speech, by its action and by its topic `robotsound`."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Duration
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.goals.goal import Outcome, SpeechGoal, SpeechOrder
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.skills.interfaces import interface
from txt2vid_ros.ros.skills.speech_action import RunningGoal, SpeechAction, SpeechOrders


def _no_feedback(words: str, share: float) -> None:
    """Tell nobody: a topic has no feedback."""


class SoundAction(SpeechAction):
    """
    SoundRequest of sound_play, action and message: SAY once, and PLAY_STOP of what was said.

    A goal takes the place of another of the same priority; requests on the topic wait their turn.
    PLAY_STOP ends what came through these two: all of it with ALL or without a text, else what
    has that text.
    """

    PACKAGES = ('sound_play_msgs', 'sound_play')
    TYPE = 'SoundRequest'

    def __init__(self, node: ManagedNode, name: str, orders: SpeechOrders, kind: Any) -> None:
        """Serve the action as `name`; the topic from listen() on."""
        super().__init__(node, name, orders, kind)
        self.message = interface(self.PACKAGES, 'msg', self.TYPE)
        self._said: dict[SpeechGoal, str] = {}

    def listen(self) -> None:
        """Follow `robotsound` until the node is deactivated."""
        self._node.create_subscription(self.message, 'robotsound', self._on_request, 10)

    def order(self, request: Any) -> SpeechOrder:
        """Return the text, and the voice where it is known: many clients name one of festival."""
        sound = request.sound_request
        voice = sound.arg2 if self._orders.knows(sound.arg2) else ''
        return SpeechOrder(sound.arg, voice)

    def refused(self, request: Any) -> str:
        """Return why a goal is rejected, or ''."""
        sound = request.sound_request
        return self._unplayable(sound) or (
            '' if sound.command == sound.PLAY_STOP else super().refused(request))

    def begin(self, running: RunningGoal) -> None:
        """Say it, or stop what was said."""
        sound = running.handle.request.sound_request
        if sound.command == sound.PLAY_STOP:
            self._stop(sound)
            self.finish(running, Outcome.HEARD)
            return
        self._note(sound)
        super().begin(running)
        if running.goal is not None:
            self._remember(running.goal, sound.arg)

    def feedback(self, running: RunningGoal, words: str, share: float) -> Any:
        """Return that it is playing, and for how long."""
        return self.kind.Feedback(playing=True, stamp=_duration(running.seconds))

    def result(self, running: RunningGoal, outcome: Outcome, words: str) -> Any:
        """Return for how long it was played."""
        if words:
            self._node.get_logger().info(f'{self.name}: a goal has ended: {words}')
        return self.kind.Result(playing=False, stamp=_duration(running.seconds))

    def _on_request(self, sound: Any) -> None:
        reason = self._unplayable(sound)
        if reason:
            self._node.get_logger().warning(f'robotsound: {reason}', throttle_duration_sec=5.0)
        elif sound.command == sound.PLAY_STOP:
            self._stop(sound)
        else:
            self._note(sound)
            goal = self._orders.take(self.order(self.kind.Goal(sound_request=sound)),
                                     _no_feedback, self._told, queued=True)
            if goal is not None:
                self._remember(goal, sound.arg)

    def _told(self, outcome: Outcome, words: str) -> None:
        if outcome not in (Outcome.HEARD, Outcome.CANCELLED):
            self._node.get_logger().warning(f'robotsound: a text was not said: {words}')

    def _unplayable(self, sound: Any) -> str:
        """Return what of a request cannot be done, or ''."""
        if sound.command == sound.PLAY_STOP and sound.sound in (sound.SAY, sound.ALL):
            return ''
        if sound.sound != sound.SAY:
            return (f'sound {sound.sound} with command {sound.command} is not played: a face only '
                    'speaks. Send SAY, or PLAY_STOP with SAY or ALL')
        if sound.command != sound.PLAY_ONCE:
            return ('a text is not said over and over (PLAY_START). Send PLAY_ONCE as often as it '
                    'is to be said')
        return ''

    def _note(self, sound: Any) -> None:
        log = self._node.get_logger()
        if sound.volume not in (0.0, 1.0):
            log.info(f'{self.name}: a volume is not applied; set that of the loudspeaker',
                     once=True)
        if sound.arg2 and not self._orders.knows(sound.arg2):
            log.info(f'{self.name}: no speaker or voice is called {sound.arg2[:40]!r}; the '
                     'default one speaks', once=True)

    def _remember(self, goal: SpeechGoal, text: str) -> None:
        while len(self._said) >= 1000:
            self._said.pop(next(iter(self._said)))
        self._said[goal] = text

    def _stop(self, sound: Any) -> None:
        every = sound.sound == sound.ALL or not sound.arg
        for goal, text in list(self._said.items()):
            if every or text == sound.arg:
                # Those that have been heard are not there any more to be cancelled.
                self._orders.cancel(goal)
                del self._said[goal]


def _duration(seconds: float) -> Duration:
    whole, part = divmod(round(seconds * SECOND), SECOND)
    return Duration(sec=whole, nanosec=part)
