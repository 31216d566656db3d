"""What the tests with real processes share."""

from __future__ import annotations

from collections.abc import Iterator
import os

from audio_common_msgs.msg import AudioDataStamped
from graph_harness import TalkingHead
import pytest
from ros_observer import Observer, Recording

# The tests' own participants, as those of the nodes: this machine only.
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


@pytest.fixture(scope='module')
def observer(head: TalkingHead) -> Iterator[Observer]:
    """Join the graph that the module's fixture `head` has started."""
    with Observer(head) as observer:
        yield observer


@pytest.fixture(scope='module')
def audio(observer: Observer) -> Recording:
    """Record what the voice publishes."""
    return observer.record(AudioDataStamped, 'voice/audio')
