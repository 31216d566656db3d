"""The actions that dialogue managers call: the skill `say` of the draft REP, and tts_msgs/TTS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from txt2vid_ros.media.goals.goal import Outcome, SpeechOrder
from txt2vid_ros.ros.skills.speech_action import RunningGoal, SpeechAction

ERROR_CODES: Mapping[Outcome, str] = {
    Outcome.HEARD: 'ROS_ENOERR', Outcome.CANCELLED: 'ROS_ECANCELED',
    Outcome.REPLACED: 'ROS_EINTR', Outcome.INTERRUPTED: 'ROS_EINTR',
    Outcome.EMPTY: 'ROS_EBADMSG', Outcome.UNSUPPORTED: 'ROS_ENOTSUP'}
"""The constant of std_skills/Result for each outcome; ROS_EOTHER for all others."""


class SayAction(SpeechAction):
    """communication_skills/Say, "ROS Skill Definitions" (a draft REP of March 2026)."""

    PACKAGES = ('communication_skills',)
    TYPE = 'Say'

    def order(self, request: Any) -> SpeechOrder:
        """Return the text and its priority; whom it is said to makes no difference here."""
        return SpeechOrder(request.input, priority=int(request.meta.priority))

    def feedback(self, running: RunningGoal, words: str, share: float) -> Any:
        """Return the words that are being heard, and the share of the text with them."""
        made = self.kind.Feedback()
        made.feedback.data_str = words
        made.feedback.data_float = share
        return made

    def result(self, running: RunningGoal, outcome: Outcome, words: str) -> Any:
        """Return the error code and the reason."""
        made = self.kind.Result()
        made.result.error_code = getattr(made.result, ERROR_CODES.get(outcome, 'ROS_EOTHER'))
        made.result.error_msg = words
        return made


class TtsAction(SpeechAction):
    """tts_msgs/TTS, as rqt_chat and PAL's robots know it."""

    PACKAGES = ('tts_msgs',)
    TYPE = 'TTS'

    def order(self, request: Any) -> SpeechOrder:
        """Return the text, and the language and the voice that are wanted."""
        return SpeechOrder(request.input, request.voice, request.locale)

    def feedback(self, running: RunningGoal, words: str, share: float) -> Any:
        """Return the words that are being heard."""
        return self.kind.Feedback(word=words)

    def result(self, running: RunningGoal, outcome: Outcome, words: str) -> Any:
        """Return the reason where it was not heard to its end."""
        return self.kind.Result(error_msg=words)
