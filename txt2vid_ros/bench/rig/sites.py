"""Two sites on one machine: network namespaces, and a router that passes no multicast."""

from __future__ import annotations

import json
import subprocess

from txt2vid_ros.bench.rig.machines import CABLE, ip, Machines
from txt2vid_ros.core.errors import UserError

SITES = ('10.78.1.1', '10.78.2.1')
"""The addresses of the machines; each has the router in a network of its own."""
_GATEWAYS = ('10.78.1.254', '10.78.2.254')
_FORWARD = '/proc/sys/net/ipv4/ip_forward'


class Sites(Machines):
    """A machine at each of two sites, which reach each other's address and nothing else."""

    def _connect(self) -> None:
        router = f'{self.names[0]}r'
        for name in (*self.names, router):
            self._make(name)
        for number, (name, address, gateway) in enumerate(
                zip(self.names, SITES, _GATEWAYS, strict=True)):
            port = f'{CABLE}{number}'
            ip('link', 'add', CABLE, 'netns', name, 'type', 'veth', 'peer', 'name', port,
               'netns', router)
            self._attach(name, CABLE, address)
            self._attach(router, port, gateway)
            self._route(name)
        done = subprocess.run([*self.within(router), 'sh', '-c', f'echo 1 > {_FORWARD}'],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(f'no router here: {done.stderr.strip()}',
                            'Run this as root, on a kernel that forwards packets.')

    def _route(self, name: str) -> None:
        gateway = _GATEWAYS[self.names.index(name)]
        ip('-n', name, 'route', 'replace', 'default', 'via', gateway, 'dev', CABLE)

    def carried(self) -> int:
        """Return how many bytes the first site has sent and received so far, Ethernet counted."""
        stats = json.loads(ip('-n', self.names[0], '-s', '-j', 'link', 'show', CABLE))
        return sum(int(stats[0]['stats64'][way]['bytes']) for way in ('rx', 'tx'))
