"""The QoS of every topic (REP-2003); users can override each through qos_overrides."""

from __future__ import annotations

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.qos_overriding_options import QoSOverridingOptions


def _reliable(depth: int, latched: bool = False) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE)


TEXT = _reliable(10)
SPEECH = _reliable(50)
AUDIO = _reliable(32)
"""Chunks of 20 to 40 ms: about a second."""
VOICE = _reliable(300)
"""The same for six seconds and more: a node that stands still so long, on a machine that is too
busy, still writes all sound (media/output/overload/lateness.py)."""
CAPTURED = _reliable(1024)
"""For those who must not lose a word though they may be busy: half a minute of a microphone, eight
seconds of a file at four times its speed."""
MOUTH = _reliable(50)
DATA = _reliable(64)
"""As many as a link lets wait."""
CAPTION = _reliable(50)
EXPRESSION = _reliable(10)
SPEAKING = _reliable(1, latched=True)
INFO = _reliable(1, latched=True)
LEAD = _reliable(1, latched=True)
ENDED = _reliable(1, latched=True)
"""So that a runner that was not matched yet learns of a call that was over as soon as it began."""
IMAGE = _reliable(5)
TRACE = _reliable(100, latched=True)
"""So that who asks afterwards learns of the last dozens of utterances."""


def overridable() -> QoSOverridingOptions:
    """Return the option that lets users override a topic's QoS by parameters."""
    # Durability is not among the policies that rclpy lets users override by default: a setting
    # for it would be ignored silently.
    return QoSOverridingOptions((QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH,
                                 QoSPolicyKind.RELIABILITY, QoSPolicyKind.DURABILITY))
