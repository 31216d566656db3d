"""The launch files in somebody else's launch, with the real `ros2` (see tools/ros_tools.sh)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import textwrap
import threading
import time

import pytest

pytestmark = pytest.mark.skipif(not shutil.which('ros2'), reason='needs the ros2 command')

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TIMEOUT = 60.0
FAST = ('engine:=flash', 'tts:=clap', 'width:=160', 'web:=false')


class Ros2:
    """A `ros2` command whose output is followed."""

    def __init__(self, environment: dict[str, str], *words: str) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            ['ros2', *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, stdin=subprocess.DEVNULL, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        return '\n'.join(self.lines)

    def wait_for(self, good: Callable[[str], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: good(self.text), TIMEOUT), self.text

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        try:
            status = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f'it does not end:\n{self.text}') from None
        self._reader.join(TIMEOUT)
        return status

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip('\n'))
                self._changed.notify_all()


@pytest.fixture
def environment(ros_domain: int, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, 'ROS_DOMAIN_ID': str(ros_domain), 'ROS_LOG_DIR': str(tmp_path / 'log'),
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
            'XDG_CACHE_HOME': str(tmp_path / 'cache'), 'PYTHONUNBUFFERED': '1'}


Launch = Callable[..., Ros2]


@pytest.fixture
def launch(environment: dict[str, str]) -> Iterator[Launch]:
    begun: list[Ros2] = []

    def start(*words: str) -> Ros2:
        begun.append(Ros2(environment, 'launch', *words))
        return begun[-1]

    yield start
    for each in begun:
        each.end()


def ros2(environment: dict[str, str], *words: str) -> str:
    """Return what a command prints; it is repeated until it has discovered the node."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        done = subprocess.run(['ros2', *words], env=environment, capture_output=True, text=True,
                              timeout=TIMEOUT, check=False)
        if done.returncode == 0 and 'not found' not in done.stderr:
            return done.stdout
        assert time.monotonic() < deadline, done.stderr


def topics(environment: dict[str, str], good: Callable[[set[str]], bool]) -> set[str]:
    """Return the topics of the domain once they are `good`."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        found = set(ros2(environment, 'topic', 'list', '--no-daemon').split())
        if good(found):
            return found
        assert time.monotonic() < deadline, found


def including(folder: Path, *actions: str) -> str:
    """Return a launch file that executes `actions`, of which FACE includes the talking head."""
    file = folder / 'robot.launch.py'
    arguments = {word.partition(':=')[0]: word.partition(':=')[2] for word in FAST}
    lines = textwrap.indent(',\n'.join(actions), ' ' * 8)
    file.write_text(
        'from launch import LaunchDescription\n'
        'from launch.actions import *\n'
        'from launch.substitutions import LaunchConfiguration\n'
        'from launch_ros.actions import *\n\n\n'
        'def FACE(**more):\n'
        f'    return IncludeLaunchDescription({str(ROOT / "launch" / "live.launch.py")!r},\n'
        f'        launch_arguments={{**{arguments!r}, "http": "127.0.0.1:0", **more}}.items())\n'
        '\n\n'
        f'def generate_launch_description():\n    return LaunchDescription([\n{lines}])\n')
    return str(file)


@pytest.fixture
def taken() -> Iterator[str]:
    """Yield an address that somebody else listens on."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        yield f'127.0.0.1:{server.getsockname()[1]}'


def node_pid(name: str, run: Ros2) -> int:
    """Return the process of a node of a launch, by name or by its remaps."""
    for child in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            words = child.read_bytes().decode(errors='replace').split('\0')
            parent = int((child.parent / 'stat').read_text().rpartition(')')[2].split()[1])
        except OSError:
            continue
        if parent == run.process.pid and all(word in words for word in name.split()):
            return int(child.parent.name)
    raise AssertionError(f'no process of {name}')


def test_two_robots_have_a_face_each(launch: Launch, environment: dict[str, str]) -> None:
    run = launch(str(HERE / 'two_robots.launch.py'))
    run.wait_for(lambda text: text.count('ready to speak') == 3)
    wanted = {'/dialogue', '/bert/txt2vid/text', '/text', '/anna/txt2vid/voice/audio',
              '/anna/txt2vid/face/image_raw', '/bert/txt2vid/face/image_raw'}
    found = topics(environment, lambda found: wanted <= found)
    assert not [topic for topic in found if topic.startswith('/txt2vid')]
    # Not of ours, and so without the values of our launch file.
    assert '2.0' not in ros2(environment, 'param', 'get', '--no-daemon', '/own', 'speed')
    os.kill(node_pid('__node:=tts __ns:=/anna/txt2vid', run), signal.SIGKILL)
    run.wait_for(lambda text: text.count('ready to speak') == 4)
    # Started again in its group: the remap, the namespace and the parameter are there.
    again = node_pid('__node:=tts __ns:=/anna/txt2vid', run)
    words = Path(f'/proc/{again}/cmdline').read_bytes().decode().split('\0')
    assert {'text:=/dialogue', 'robot_model:=spot'} <= set(words)
    assert "no parameter 'robot_model'" in run.text
    assert run.end() == 0


def test_by_itself_it_fails_where_the_face_cannot_be_shown(launch: Launch, taken: str) -> None:
    run = launch('txt2vid_ros', 'live.launch.py', *FAST, f'http:={taken}')
    assert run.wait() == 1
    assert 'Did you mean' not in run.text
    assert f'{taken}' in run.text
    assert 'stream ended with status 2' in run.text


def test_included_it_leaves_the_robot_alone(launch: Launch, taken: str, tmp_path: Path) -> None:
    own = ('Node(package="txt2vid_ros", executable="tts", name="own", '
           'parameters=[{"provider": "clap"}])')
    run = launch(including(tmp_path, f'FACE(http={taken!r}, use_sim_time="False")', own))
    run.wait_for(lambda text: 'stream ended with status 2' in text and text.count(
        'ready to speak') == 2 and 'go on without it' in text)
    assert sum('[stream-' in line and 'process started' in line for line in run.lines) == 1
    assert run.process.poll() is None
    assert run.end() == 0


def test_it_ends_the_robots_launch_only_where_it_is_told_to(
        launch: Launch, taken: str, tmp_path: Path) -> None:
    run = launch(including(tmp_path, f'FACE(http={taken!r}, on_failure="shutdown")'))
    assert run.wait() == 1
    assert 'stream ended with status 2' in run.text


def test_nothing_of_ours_reaches_what_comes_after(launch: Launch, tmp_path: Path) -> None:
    names = ('use_sim_time', 'namespace', 'params_file', 'log_level', 'autostart', 'face')
    shown = [f'LogInfo(msg=["after: {name}=", LaunchConfiguration("{name}", default="unset")])'
             for name in names]
    variables = ('ExecuteProcess(cmd=["sh", "-c", "echo after: ${OMP_NUM_THREADS-unset}"], '
                 'output="screen")')
    run = launch(including(tmp_path, 'FACE()', *shown, variables))
    run.wait_for(lambda text: text.count('after: ') == len(names) + 1)
    said = [line.partition('after: ')[2] for line in run.lines if 'after: ' in line]
    assert sorted(said) == sorted([*(f'{name}=unset' for name in names), 'unset'])


def test_a_parameter_file_is_laid_over_ours(
        launch: Launch, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / 'mine.yaml').write_text(
        '/**: {ros__parameters: {robot_model: spot, queue: 7}}\n'
        '/**/tts: {ros__parameters: {voice: on}}\n')
    run = launch('txt2vid_ros', 'live.launch.py', *FAST, 'http:=127.0.0.1:0',
                 f'params_file:={tmp_path / "mine.yaml"}', 'namespace:=head')
    run.wait_for(lambda text: 'ready to speak' in text)

    def value(name: str) -> str:
        return ros2(environment, 'param', 'get', '--no-daemon', '/head/tts', name)

    assert value('queue').split()[-1] == '7'
    assert value('voice').split()[-1] == 'on'
    # As in the file that is installed.
    assert 'lipsync' in value('listeners')


def test_without_autostart_a_manager_takes_a_node_through_its_states(
        launch: Launch, environment: dict[str, str]) -> None:
    run = launch('txt2vid_ros', 'live.launch.py', *FAST, 'http:=127.0.0.1:0', 'autostart:=False')
    topics(environment, lambda found: '/txt2vid/tts/transition_event' in found)

    def lifecycle(*words: str) -> str:
        return ros2(environment, 'lifecycle', words[0], '--no-daemon', '/txt2vid/tts', *words[1:])

    assert lifecycle('get').startswith('unconfigured')
    assert 'ready to speak' not in run.text
    for transition, state in (('configure', 'inactive'), ('activate', 'active'),
                              ('deactivate', 'inactive'), ('cleanup', 'unconfigured')):
        assert 'successful' in lifecycle('set', transition)
        assert lifecycle('get').startswith(state)
    assert run.end() == 0


SKILLS = (
    ('/skill/say', 'communication_skills/action/Say',
     '{input: Hello there., meta: {priority: 128}}', ('data_str: there.', 'error_code: 0')),
    ('/tts_engine/tts', 'tts_msgs/action/TTS', '{input: Hello there., locale: en_GB}',
     ('word: there.', "error_msg: ''")),
    ('/sound_play', 'sound_play_msgs/action/SoundRequest',
     '{sound_request: {sound: -3, command: 1, arg: Hello there.}}', ('playing: true',)),
)


def test_a_dialogue_manager_calls_the_skills_by_their_absolute_names(
        launch: Launch, environment: dict[str, str], tmp_path: Path) -> None:
    remaps = [f'SetRemap({name[1:]!r}, {name!r})' for name, *_ in SKILLS]
    run = launch(including(tmp_path, (
        f'GroupAction([PushRosNamespace("robot1"), {", ".join(remaps)}, '
        'SetRemap("voice/speaking", "/robot_speaking"), FACE(tts="hibari")])')))
    run.wait_for(lambda text: 'ready to speak' in text and 'taking goals' in text)
    for name, kind, goal, told in SKILLS:
        text = ros2(environment, 'action', 'send_goal', '--feedback', name, kind, goal)
        assert 'Goal finished with status: SUCCEEDED' in text
        for each in told:
            assert each in text
    topics(environment, lambda found: '/robot_speaking' in found
           and '/robot1/txt2vid/voice/audio' in found)
    assert run.end() == 0
