"""A node follows its life cycle, reports problems and ends with the right exit status."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import os
import signal
import threading
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import pytest
import rclpy
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import String
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import run


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """One parameter."""

    sound: str = parameter('hum', 'what it does')


class Humming(ManagedNode):
    """A node whose work is given to it."""

    NAME = 'humming'
    Parameters = Parameters

    def __init__(self, work: Any = None, fault: Exception | None = None) -> None:
        super().__init__(enable_rosout=False)
        self.steps: list[str] = []
        self._work = work or (lambda stop: stop.wait())
        self.fault = fault

    def configure(self) -> None:
        self.steps.append('configure')
        self.until_cleanup(lambda: self.steps.append('close'))
        self.hum = self.publisher(String, 'humming', qos.TEXT)
        if self.fault:
            raise self.fault

    def start(self) -> None:
        self.steps.append('start')
        self.until_deactivate(lambda: self.steps.append('stop'))
        self.create_subscription(String, 'hum', lambda message: None, 1)
        self.work('humming', self._work)


@pytest.fixture
def ros(ros_domain: int) -> Iterator[None]:
    """Keep this process's default context and signal handlers for the other tests."""
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in handlers.items():
        signal.signal(each, handler)
    rclpy.try_shutdown()


@pytest.fixture
def node(ros: None) -> Iterator[Humming]:
    rclpy.init()
    node = Humming()
    yield node
    node.halt()
    node.destroy_node()


def test_it_can_be_stopped_and_started_again(node: Humming) -> None:
    good = TransitionCallbackReturn.SUCCESS
    assert node.trigger_configure() == good
    for _ in range(2):
        assert node.trigger_activate() == good
        # What start() subscribes to is there once, however often it starts.
        assert [each.topic_name for each in node.subscriptions].count('/hum') == 1
        assert node.trigger_deactivate() == good
    assert node.trigger_cleanup() == good
    assert node.trigger_configure() == good
    assert not node.finished.is_set()
    assert node.trigger_shutdown() == good
    assert node.steps == ['configure', 'start', 'stop', 'start', 'stop', 'close', 'configure',
                          'close']
    # A node that is finalized could do nothing but stay in memory.
    assert node.finished.is_set()
    assert node.exit_status == 0


def test_it_is_silent_while_it_is_not_active(node: Humming) -> None:
    heard: list[String] = []
    listener = rclpy.create_node('listener', enable_rosout=False)
    listener.create_subscription(String, 'humming', heard.append, qos.TEXT)
    executor = rclpy.executors.SingleThreadedExecutor()
    executor.add_node(listener)
    node.trigger_configure()
    while not node.hum.get_subscription_count():
        executor.spin_once(timeout_sec=0.1)
    node.hum.publish(String(data='too early'))
    node.trigger_activate()
    node.hum.publish(String(data='in time'))
    while not heard:
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    listener.destroy_node()
    assert [message.data for message in heard] == ['in time']


def test_under_a_manager_it_stays_unconfigured_where_it_cannot_be_configured(
        node: Humming, capfd: pytest.CaptureFixture[str]) -> None:
    node.autostart = False
    before = node._entities()
    node.fault = UserError('no model', 'Fetch it.')
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert 'no model. Fetch it.' in capfd.readouterr().err
    assert not node.finished.is_set()
    # What it had loaded by then is released, and what it had created is gone.
    assert node.steps == ['configure', 'close']
    assert node._entities() == before
    node.fault = None
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS


def test_parameters_change_while_it_is_unconfigured(node: Humming) -> None:
    def set_to(value: str) -> bool:
        return bool(node.set_parameters([Parameter('sound', value=value)])[0].successful)

    assert set_to('whistle')
    assert node.parameters.sound == 'whistle'
    node.trigger_configure()
    assert not set_to('growl')
    # As `ros2 param load` does with all that a node has.
    assert set_to('whistle')
    node.trigger_cleanup()
    assert set_to('growl')
    assert node.parameters.sound == 'growl'


def test_a_problem_is_said_once_and_reported_until_it_is_solved(
        node: Humming, capfd: pytest.CaptureFixture[str]) -> None:
    node.trigger_configure()
    assert node.status()[:2] == ('warn', 'loading')
    node.trigger_activate()
    for _ in range(2):
        node.set_problem('hum', 'hum is off key')
    node.set_problem('disk', 'the disk is full')
    assert node.status()[:2] == ('error', 'hum is off key the disk is full')
    node.set_problem('hum', '')
    assert node.status()[:2] == ('error', 'the disk is full')
    node.set_problem('disk', '')
    assert node.status()[:2] == ('ok', 'running')
    assert capfd.readouterr().err.count('hum is off key') == 1


def test_a_lasting_fault_is_in_every_diagnostic(node: Humming) -> None:
    heard: list[DiagnosticArray] = []
    got = threading.Event()
    node.create_subscription(DiagnosticArray, '/diagnostics',
                             lambda message: (heard.append(message), got.set()), 10)
    node.trigger_configure()
    node.add_problem('the disk is full')
    executor = rclpy.executors.SingleThreadedExecutor()
    executor.add_node(node)
    while not got.is_set():
        executor.spin_once(timeout_sec=1.0)
    executor.shutdown()
    status = heard[0].status[0]
    assert status.level == DiagnosticStatus.ERROR
    assert status.message == 'the disk is full'
    assert status.name == '/humming: humming'


def test_a_signal_ends_it_well(ros: None) -> None:
    made: list[Humming] = []

    def work(stop: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        stop.wait()

    def make() -> Humming:
        made.append(Humming(work))
        return made[0]

    assert run(make) == 0
    assert made[0].steps[:3] == ['configure', 'start', 'stop']


@pytest.mark.parametrize(('fault', 'status'), [
    (UserError('the file is gone', 'Bring it back.'), 2), (ValueError('a slip'), 1)])
def test_what_ends_its_work_gives_the_status(
        ros: None, fault: Exception, status: int, capfd: pytest.CaptureFixture[str]) -> None:
    def work(stop: threading.Event) -> None:
        raise fault

    assert run(lambda: Humming(work)) == status
    assert str(fault) in capfd.readouterr().err


def test_it_does_not_start_with_what_cannot_be_loaded(
        ros: None, capfd: pytest.CaptureFixture[str]) -> None:
    made: list[Humming] = []

    def make() -> Humming:
        made.append(Humming(fault=UserError('no model', 'Fetch it.')))
        return made[0]

    assert run(make) == 2
    assert 'no model. Fetch it.' in capfd.readouterr().err
    assert 'start' not in made[0].steps


def test_a_fault_while_it_loads_keeps_its_traceback(
        ros: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(lambda: Humming(fault=ValueError('a slip'))) == 1
    said = capfd.readouterr().err
    assert 'Traceback' in said and 'ValueError: a slip' in said


def test_a_fault_while_it_is_made_is_one_line(
        ros: None, capfd: pytest.CaptureFixture[str]) -> None:
    def make() -> Humming:
        raise UserError('humming.sound is 3', 'It has to be a text.')

    assert run(make) == 2
    assert capfd.readouterr().err == 'FATAL: humming.sound is 3. It has to be a text.\n'


def test_a_signal_while_it_is_made_ends_it(ros: None) -> None:
    def make() -> Humming:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError('the signal was lost')

    assert run(make) == 0
