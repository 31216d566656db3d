"""
A real Ray cluster of three nodes on this machine, for all tests of this folder.

`make test-ray` installs Ray and runs them; `make test` skips them where Ray is not installed.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import socket
import sys
from typing import Any

from command_line import ROOT
import pytest

# What starts a graph lies with the tests of graphs.
sys.path.append(str(ROOT / 'test' / 'graph'))
# This process's own participants, as those of the nodes: this machine only.
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'

# Those of a running cluster are set before Ray is loaded.
ENVIRONMENT = {'RAY_USAGE_STATS_ENABLED': '0', 'RAY_worker_niceness': '0',
               'RAY_raylet_start_wait_time_s': '200', 'RAY_DASHBOARD_STARTUP_TIMEOUT_S': '200',
               'PYTHONPATH': f'{ROOT}:{Path(__file__).parent}',
               'RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S': '120',
               'RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S': '60'}


@pytest.fixture(scope='session')
def cluster() -> Iterator[Any]:
    """Return it; its head has no processors, the two others one each."""
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    import ray
    from ray.cluster_utils import Cluster
    # A node's ports are of its own; a socket's name has at most 107 bytes.
    made = Cluster(initialize_head=True, head_node_args={
        'num_cpus': 0, 'include_dashboard': False, 'object_store_memory': 100_000_000})
    for _ in range(2):
        made.add_node(num_cpus=1, object_store_memory=100_000_000)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope='session')
def port(cluster: Any) -> Iterator[int]:
    """Start Ray Serve without any deployment; return the port of its HTTP."""
    from ray import serve
    with socket.create_server(('127.0.0.1', 0)) as free:
        number: int = free.getsockname()[1]
    serve.start(proxy_location='HeadOnly', http_options={'host': '127.0.0.1', 'port': number})
    yield number
    serve.shutdown()
