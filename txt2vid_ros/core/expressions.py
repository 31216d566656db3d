"""
The vocabulary of expressions: their names, and what they do to brows, lids and mouth.

The names are those of hri_msgs/Expression, and `thinking`; valence and arousal are the two
dimensions of Russell's circumplex model of affect (1980).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class FacePose(NamedTuple):
    """How far each part of a face is from rest, -1 to 1 each."""

    brows: float = 0.0
    """Of both brows: up is positive."""
    inner_brows: float = 0.0
    """Of the ends by the nose, besides that: up as in sorrow, down as in anger."""
    lids: float = 0.0
    """1 is shut, -1 as wide as in fright."""
    corners: float = 0.0
    """Of the mouth: up as in a smile."""
    right: float = 0.0
    """Of the eyes: to the right of who looks at the face."""
    up: float = 0.0
    """Of the eyes."""


REST = FacePose()

EXPRESSIONS: Mapping[str, FacePose] = {
    'neutral': REST,
    'angry': FacePose(-0.7, -0.9, -0.15, -0.5),
    'sad': FacePose(-0.1, 0.8, 0.3, -0.8),
    'happy': FacePose(0.25, 0.0, 0.12, 0.9),
    'surprised': FacePose(1.0, 0.0, -1.0, 0.0),
    'disgusted': FacePose(-0.6, -0.5, 0.35, -0.6),
    'scared': FacePose(0.7, 0.6, -0.9, -0.4),
    'pleading': FacePose(0.3, 1.0, -0.3, -0.3),
    'vulnerable': FacePose(0.1, 0.8, 0.0, -0.4),
    'despaired': FacePose(0.0, 1.0, 0.2, -1.0),
    'guilty': FacePose(-0.1, 0.6, 0.4, -0.5),
    'disappointed': FacePose(-0.2, 0.4, 0.3, -0.6),
    'embarrassed': FacePose(0.2, 0.5, 0.3, 0.3),
    'horrified': FacePose(0.8, 0.7, -1.0, -0.7),
    'skeptical': FacePose(0.2, -0.3, 0.25, -0.2),
    'annoyed': FacePose(-0.5, -0.5, 0.2, -0.4),
    'furious': FacePose(-0.9, -1.0, -0.4, -0.8),
    'suspicious': FacePose(-0.4, -0.4, 0.4, -0.2),
    'rejected': FacePose(-0.2, 0.7, 0.35, -0.7),
    'bored': FacePose(-0.2, 0.0, 0.5, -0.2),
    'tired': FacePose(-0.1, 0.2, 0.6, -0.2),
    'asleep': FacePose(-0.1, 0.0, 1.0, 0.0),
    'confused': FacePose(0.2, -0.5, 0.1, -0.2),
    'amazed': FacePose(0.9, 0.1, -0.8, 0.5),
    'excited': FacePose(0.6, 0.0, -0.4, 1.0),
    'thinking': FacePose(0.15, -0.35, 0.15, -0.15, right=-0.5, up=0.55),
}


def of_affect(valence: float, arousal: float) -> FacePose:
    """Return the pose of a feeling: pleasant or not, calm or excited, each -1 to 1."""
    valence, arousal = (min(max(value, -1.0), 1.0) for value in (valence, arousal))
    unpleasant = max(-valence, 0.0)
    # What is unpleasant excites to anger, or weighs down to sorrow.
    return FacePose(brows=0.8 * arousal * (1 - 1.5 * unpleasant) if arousal > 0 else 0.2 * arousal,
                    inner_brows=-0.9 * unpleasant * arousal if arousal > 0
                    else 0.8 * unpleasant * min(1.0, 0.5 - arousal),
                    lids=-0.6 * arousal, corners=valence)
